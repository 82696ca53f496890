#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace relayna::http {

/// Looks at the raw bytes of a message head before any parser does: where it
/// ends, how many lines it has, and the shapes that Beast would repair
/// silently. Resumes where it stopped, so a head that arrives byte by byte is
/// read once. No I/O.
class HeadScanner {
 public:
  enum class Status : std::uint8_t {
    need_more,
    complete,
    bare_line_feed,  ///< a line that does not end in CRLF
    folded_line,     ///< a line that begins with white space (obs-fold)
    not_http,        ///< the first byte cannot begin a message (TLS on a plain port,
                     ///< noise)
  };

  /// `bytes` is everything received of this message so far; it must begin with
  /// what earlier calls saw.
  Status scan(std::string_view bytes) noexcept;
  /// Where the head begins: one empty line before it is skipped (RFC 9112
  /// §2.2).
  [[nodiscard]] std::size_t begin() const noexcept { return begin_; }
  /// One past the blank line that ends the head. Only when complete.
  [[nodiscard]] std::size_t end() const noexcept { return line_; }
  /// Fields, roughly: lines without the first and the blank one.
  [[nodiscard]] std::size_t field_lines() const noexcept { return lines_ > 0 ? lines_ - 1 : 0; }

 private:
  std::size_t begin_ = 0;
  std::size_t line_ = 0;     // where the current line begins
  std::size_t scanned_ = 0;  // no LF before this
  std::size_t lines_ = 0;
};

}  // namespace relayna::http
