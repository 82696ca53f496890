#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace relayna::dialect {

/// The longest prefix of at most `bytes` bytes that ends between two code points of UTF-8.
inline std::string_view utf8_prefix(std::string_view text, std::size_t bytes) noexcept {
  if (bytes >= text.size()) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) --bytes;
  return text.substr(0, bytes);
}

/// `text` in pieces of about `bytes` bytes, at least one code point each; none of an empty text.
inline std::vector<std::string_view> utf8_pieces(std::string_view text, std::size_t bytes) {
  std::vector<std::string_view> pieces;
  while (!text.empty()) {
    std::string_view piece = utf8_prefix(text, bytes);
    for (std::size_t more = bytes + 1; piece.empty(); ++more) piece = utf8_prefix(text, more);
    pieces.push_back(piece);
    text.remove_prefix(piece.size());
  }
  return pieces;
}

}  // namespace relayna::dialect
