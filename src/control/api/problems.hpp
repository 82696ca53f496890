#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "relayna/core/error.hpp"

namespace relayna::control {

/// One thing wrong with a body or a query: `path` is dotted (`policy.rpm_limit`), `message` says what is
/// right.
struct Problem {
  std::string path;
  std::string message;
};

/// Everything wrong with a request, reported at once.
class Problems {
 public:
  void add(std::string path, std::string message) { all_.push_back({std::move(path), std::move(message)}); }
  /// Lines of `path: message`, as the domain's readers report them, below `prefix` (empty: at the top).
  void add_lines(std::string_view prefix, std::string_view lines);
  /// Takes over what `others` say of paths that nothing is said of here.
  void add_missing(const Problems& others);
  /// Whether something is said of `field` or of a part of it.
  [[nodiscard]] bool concern(std::string_view field) const noexcept;
  [[nodiscard]] bool empty() const noexcept { return all_.empty(); }
  [[nodiscard]] const std::vector<Problem>& all() const noexcept { return all_; }
  /// invalid_request; the fields themselves are read from here when the answer is written.
  [[nodiscard]] core::Error error() const;

 private:
  std::vector<Problem> all_;
};

}  // namespace relayna::control
