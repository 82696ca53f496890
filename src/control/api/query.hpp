#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/api/problems.hpp"

namespace relayna::control {

/// The parameters of a query string, decoded (`+` is a blank). One that is given twice, or that nobody asked
/// for, is a problem: a filter that is silently ignored would show what was not asked for.
class Query {
 public:
  static Query parse(std::string_view text, Problems& problems);

  /// nullopt: not given, or given empty. Marks it as known.
  std::optional<std::string> take(std::string_view name);
  /// A whole number from `min` to `max`; `otherwise` when not given.
  std::int64_t take_number(std::string_view name, std::int64_t min, std::int64_t max, std::int64_t otherwise,
                           Problems& problems);
  /// One of `among`; nullopt when not given, or something else, which is a problem.
  std::optional<std::string> take_choice(std::string_view name, std::span<const std::string_view> among,
                                         Problems& problems);
  /// Names and values, in their order: for records of what was asked.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> given() const;
  /// Reports what nobody has taken.
  void finish(Problems& problems) const;

 private:
  struct Parameter {
    std::string name;
    std::string value;
    bool taken = false;
  };
  std::vector<Parameter> parameters_;
};

}  // namespace relayna::control
