#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "relayna/json/document.hpp"

namespace relayna::domain {

/// Reads the members of a saved setting's object and remembers what is wrong with them, a line
/// `field: what is wrong` each. What is absent or null stays as it is.
class SettingsReader {
 public:
  explicit SettingsReader(const json::Document& from) : from_(from) {}

  void flag(const char* name, bool& value) {
    const auto* given = take(name);
    if (given == nullptr) return;
    if (!given->is_boolean()) return wrong(name, "must be true or false");
    value = given->get<bool>();
  }
  void number(const char* name, std::int64_t least, std::int64_t most, std::int64_t& value) {
    const auto* given = take(name);
    if (given == nullptr) return;
    if (!given->is_number_integer() || *given < least || *given > most) {
      return wrong(name, fmt::format("must be a whole number from {} to {}", least, most));
    }
    value = given->get<std::int64_t>();
  }
  /// `right` judges each text; `rule` says what is right.
  template <class Right>
  void texts(const char* name, std::size_t most, Right right, std::string_view rule,
             std::vector<std::string>& value) {
    const auto* given = take(name);
    if (given == nullptr) return;
    const bool list = given->is_array() && !given->empty() && given->size() <= most;
    if (!list) return wrong(name, fmt::format("must be a list of 1 to {} texts", most));
    std::vector<std::string> read;
    for (const auto& item : *given) {
      if (!item.is_string() || !right(item.get_ref<const std::string&>())) return wrong(name, rule);
      read.push_back(item.get<std::string>());
    }
    value = std::move(read);
  }
  /// After everything was taken.
  void finish() {
    for (const auto& [name, value] : from_.items()) {
      if (std::ranges::find(known_, name) == known_.end()) wrong(name, "is unknown");
    }
  }
  [[nodiscard]] const std::string& problems() const noexcept { return problems_; }

 private:
  const json::Document* take(const char* name) {
    known_.emplace_back(name);
    const auto found = from_.find(name);
    return found == from_.end() || found->is_null() ? nullptr : &*found;
  }
  void wrong(std::string_view name, std::string_view what) {
    if (!problems_.empty()) problems_ += '\n';
    problems_ += fmt::format("{}: {}", name, what);
  }

  const json::Document& from_;
  std::vector<std::string> known_;
  std::string problems_;
};

}  // namespace relayna::domain
