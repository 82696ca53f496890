#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

// Character classes and comparison for protocol text: ASCII only, inlined
// because every field passes here.
namespace relayna::http {

inline char ascii_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

/// Compares without regard to case. Differing lengths and first letters, the
/// usual case, end it at once.
inline bool same_text(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && ascii_lower(a[i]) != ascii_lower(b[i])) return false;
  }
  return true;
}

inline bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

inline bool is_alnum(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// RFC 9110 `tchar`.
inline bool is_token_char(char c) noexcept {
  return is_alnum(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

inline int hex_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Bytes that must not appear inside a line of a head. A head we wrote has two for each of its lines, CR and
/// LF; any more, and a value smuggled in a line of its own. One pass over finished text.
inline std::ptrdiff_t count_controls(std::string_view s) noexcept {
  std::ptrdiff_t total = 0;
  while (!s.empty()) {
    const std::string_view piece = s.substr(0, UINT8_MAX);
    std::uint8_t count = 0;  // a byte, so that the compiler counts sixteen at a time
    for (const char c : piece) {
      count = static_cast<std::uint8_t>(count + (static_cast<unsigned char>(c) < 0x20 && c != '\t' ? 1 : 0));
    }
    total += count;
    s.remove_prefix(piece.size());
  }
  return total;
}

/// Without the optional white space (SP, HTAB) at both ends.
inline std::string_view trim_ows(std::string_view s) noexcept {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

/// Takes the next element off a comma-separated list; elements may be empty.
/// False when there is none left.
inline bool next_element(std::string_view& list, std::string_view& element) noexcept {
  if (list.data() == nullptr) return false;
  const std::size_t comma = list.find(',');
  element = trim_ows(list.substr(0, comma));
  list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  return true;
}

}  // namespace relayna::http
