#pragma once

#include <cstddef>
#include <expected>
#include <string_view>
#include <vector>

#include "relayna/core/result.hpp"
#include "relayna/json/scan.hpp"

namespace relayna::json {

/// What one bit per open bracket has room for; a larger limit is cut to this.
inline constexpr std::size_t kDeepest = 1024;

/// Where and why a scan stopped; `reason` is null when the text is well-formed.
struct ScanError {
  std::size_t offset = 0;
  const char* reason = nullptr;

  [[nodiscard]] bool ok() const noexcept { return reason == nullptr; }
  /// The same as invalid_json, naming the offset.
  [[nodiscard]] std::unexpected<core::Error> failure() const;
};

/// Checks the grammar of all of `text` (RFC 8259, nothing more lenient) but not its UTF-8, in one pass
/// without recursion or memory of its own. With `parts` it notes the members of a top-level object or, with
/// empty keys, the elements of a top-level array.
ScanError scan(std::string_view text, std::size_t max_depth, std::vector<Member>* parts);

/// The value of a string literal that `scan` accepted, without its quotes. Lone surrogate escapes become
/// U+FFFD.
std::string decode(std::string_view body);

}  // namespace relayna::json
