#pragma once

#include <string>
#include <string_view>

#include "relayna/core/result.hpp"

namespace relayna::http {

/// A request target taken apart. Matching is exact and case-sensitive on `path`.
struct Target {
  std::string path;  ///< percent-decoded once, unreserved characters only changed; always begins with `/`
  std::string_view raw_path;  ///< as received, for forwarding
  std::string_view query;     ///< as received, without `?`
};

/// Refused with invalid_path: not origin-form, an encoded slash or backslash, a NUL or control character, a
/// bad escape, invalid UTF-8, and dot segments or empty segments that normalisation would change. `target`
/// must outlive the result.
core::Result<Target> parse_target(std::string_view target);

}  // namespace relayna::http
