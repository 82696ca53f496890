#pragma once

#include <cstddef>
#include <initializer_list>
#include <string_view>

#include "relayna/json/reader.hpp"

namespace relayna::dialect {

/// The JSON of one event, looked into member by member. Short ones are parsed at once; of long ones (a last
/// event that repeats a whole prompt, an image) only the member asked for is, so memory stays small. Uses one
/// parser per thread: values live until the next EventData or the next `at`.
class EventData {
 public:
  static constexpr std::size_t kShort = 65'536;
  explicit EventData(std::string_view json);
  /// The value at the end of the path; nothing when it is absent, or longer than kShort itself.
  [[nodiscard]] json::Value at(std::initializer_list<std::string_view> path) const;
  /// Where the same is written, whatever its length; empty when absent. Scans the text anew.
  [[nodiscard]] std::string_view text_at(std::initializer_list<std::string_view> path) const {
    return member(json_, path);
  }
  /// The text of a member of any JSON object.
  [[nodiscard]] static std::string_view member(std::string_view json,
                                               std::initializer_list<std::string_view> path);
  [[nodiscard]] std::string_view text() const noexcept { return json_; }
  [[nodiscard]] bool is_long() const noexcept { return json_.size() > kShort; }

 private:
  std::string_view json_;
  json::Value root_;
};

}  // namespace relayna::dialect
