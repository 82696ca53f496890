#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "relayna/core/time.hpp"

#include "control/api/problems.hpp"

namespace relayna::control {

/// The parameters of a query string, decoded (`+` is a blank). One that is given twice is a problem. Which
/// there may be, and what they may say, `check_query` has judged before a handler looks.
class Query {
 public:
  static Query parse(std::string_view text, Problems& problems);

  /// nullopt: not given, or given empty.
  [[nodiscard]] std::optional<std::string> take(std::string_view name) const;
  /// A whole number from `min` to `max`; `otherwise` when not given.
  std::int64_t take_number(std::string_view name, std::int64_t min, std::int64_t max, std::int64_t otherwise,
                           Problems& problems) const;
  /// One of `among`; nullopt when not given, or something else, which is a problem.
  std::optional<std::string> take_choice(std::string_view name, std::span<const std::string_view> among,
                                         Problems& problems) const;
  /// A moment in RFC 3339, whose offset may have lost its `+` to a blank, or a date, which is its midnight in
  /// UTC. nullopt when not given, or something else, which is a problem.
  std::optional<core::SystemTime> take_moment(std::string_view name, Problems& problems) const;
  /// Names and values, in their order: for records of what was asked.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> given() const;
  /// Leaves out the parameters of which `problem` tells something, and reports that.
  using Judge = std::function<std::optional<std::string>(const std::string& name, const std::string& value)>;
  void refuse(const Judge& problem, Problems& problems);

 private:
  struct Parameter {
    std::string name;
    std::string value;
  };
  std::vector<Parameter> parameters_;
};

}  // namespace relayna::control
