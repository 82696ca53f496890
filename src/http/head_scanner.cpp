#include "http/head_scanner.hpp"

#include "http/ascii.hpp"

namespace relayna::http {

HeadScanner::Status HeadScanner::scan(std::string_view bytes) noexcept {
  if (line_ == 0 && !bytes.empty()) {
    if (bytes.front() == '\r') {
      if (bytes.size() < 2) return Status::need_more;
      if (bytes[1] != '\n') return Status::not_http;
      begin_ = line_ = scanned_ = 2;
    } else if (!is_token_char(bytes.front())) {
      return bytes.front() == '\n' ? Status::bare_line_feed : Status::not_http;
    }
  }
  if (line_ == begin_ && bytes.size() > begin_ && !is_token_char(bytes[begin_])) return Status::not_http;
  std::size_t at;
  while ((at = bytes.find('\n', scanned_)) != std::string_view::npos) {
    if (at == line_ || bytes[at - 1] != '\r') return Status::bare_line_feed;
    const bool blank = at == line_ + 1;
    if (lines_ > 0 && (bytes[line_] == ' ' || bytes[line_] == '\t')) return Status::folded_line;
    line_ = scanned_ = at + 1;
    if (blank) return Status::complete;
    ++lines_;
  }
  scanned_ = bytes.size();
  return Status::need_more;
}

}  // namespace relayna::http
