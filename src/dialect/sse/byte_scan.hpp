#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

// Searches that every relayed byte goes through, sixteen bytes at a time. Compiler vectors rather than
// intrinsics, so that x86 and ARM share them.

namespace relayna::dialect::sse {

namespace block {

using Bytes = unsigned char __attribute__((vector_size(16)));
using Mask = decltype(Bytes{} == Bytes{});
constexpr std::size_t kSize = sizeof(Bytes);

inline Bytes load(const char* from) noexcept {
  Bytes bytes;
  std::memcpy(&bytes, from, kSize);
  return bytes;
}

inline Bytes all(char c) noexcept {
  return Bytes{} + static_cast<unsigned char>(c);
}

inline bool any(Mask mask) noexcept {
  unsigned long long halves[2];
  std::memcpy(halves, &mask, sizeof halves);
  return (halves[0] | halves[1]) != 0;
}

}  // namespace block

/// The first CR or LF at or after `from`, or the size of `text`.
inline std::size_t find_line_end(std::string_view text, std::size_t from) noexcept {
  const block::Bytes cr = block::all('\r');
  const block::Bytes lf = block::all('\n');
  std::size_t i = from;
  for (; i + block::kSize <= text.size(); i += block::kSize) {
    const block::Bytes bytes = block::load(text.data() + i);
    if (block::any((bytes == cr) | (bytes == lf))) break;
  }
  while (i < text.size() && text[i] != '\r' && text[i] != '\n') ++i;
  return i;
}

/// Which of the two members that decide whether a frame is worth parsing appear in it with a value other than
/// null, at any depth.
struct Mentions {
  bool usage = false;
  bool error = false;
};

/// Quotes inside a JSON string are escaped, so the eight bytes `"usage":` (give or take white space) are a
/// member's name wherever they stand. Names spelt with \u escapes are not found; no provider writes them.
Mentions find_mentions(std::string_view text) noexcept;

}  // namespace relayna::dialect::sse
