#include "relayna/http/sse.hpp"

#include <algorithm>
#include <cstring>

namespace relayna::http {

namespace {

constexpr std::string_view kBom = "\xEF\xBB\xBF";

/// The first CR or LF at or after `from`, npos when there is none.
std::size_t find_line_end(std::string_view s, std::size_t from) noexcept {
  if (from >= s.size()) return std::string_view::npos;
  const std::string_view rest = s.substr(from);
  const std::size_t lf = rest.find('\n');
  const std::size_t cr = rest.substr(0, lf).find('\r');
  const std::size_t first = std::min(lf, cr);
  return first == std::string_view::npos ? first : from + first;
}

/// Behind the line end at `at`: CRLF counts as one.
std::size_t after_line_end(std::string_view s, std::size_t at) noexcept {
  return s[at] == '\r' && at + 1 < s.size() && s[at + 1] == '\n' ? at + 2 : at + 1;
}

/// `name: value` or `name:value`; a line without a colon is a name with an
/// empty value.
struct Line {
  std::string_view name;
  std::string_view value;
};

Line split_line(std::string_view line) noexcept {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return {line, {}};
  std::string_view value = line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  return {line.substr(0, colon), value};
}

}  // namespace

bool SseParser::feed(std::string_view bytes, const std::function<void(const SseEvent&)>& on_event) {
  if (bytes.empty()) return true;
  if (pending_cr_) {
    // The last frame was dispatched at its CR without waiting for the LF that
    // may follow. That LF is passed on alone, so that the raw bytes of all
    // frames together are still the stream.
    pending_cr_ = false;
    if (bytes.front() == '\n') {
      on_event(SseEvent{.type = {}, .data = {}, .raw = bytes.substr(0, 1)});
      bytes.remove_prefix(1);
    }
  }
  // Whole frames are read where they are; only an unfinished one is kept.
  if (!frame_.empty()) frame_.append(bytes);
  const std::string_view all = frame_.empty() ? bytes : std::string_view(frame_);
  std::size_t begin = 0;
  std::size_t end;
  while ((end = find_line_end(all, scanned_)) != std::string_view::npos) {
    const bool blank =
        end == line_start_ || (first_ && line_start_ == 0 && begin == 0 && all.substr(0, end) == kBom);
    // A CR as the last byte may be half of a CRLF. After a line of a frame that
    // can be left open; a blank line cannot, or the event would be late until
    // the next byte.
    const bool cut = all[end] == '\r' && end + 1 == all.size();
    if (cut && !blank) break;
    line_start_ = after_line_end(all, end);
    scanned_ = line_start_;
    if (!blank) continue;
    if (line_start_ - begin > max_) return false;
    pending_cr_ = cut;
    dispatch(all.substr(begin, line_start_ - begin), on_event);
    begin = line_start_;
  }
  scanned_ = std::max(begin, end == std::string_view::npos ? all.size() : end) - begin;
  line_start_ -= begin;
  if (frame_.empty()) {
    frame_.assign(all.substr(begin));
  } else {
    frame_.erase(0, begin);
  }
  return frame_.size() <= max_;
}

void SseParser::dispatch(std::string_view raw, const std::function<void(const SseEvent&)>& on_event) {
  SseEvent event{.type = {}, .data = {}, .raw = raw};
  std::string_view rest = raw;
  if (first_ && rest.starts_with(kBom)) rest.remove_prefix(kBom.size());
  first_ = false;
  std::size_t data_lines = 0;
  for (std::size_t end; (end = find_line_end(rest, 0)) != std::string_view::npos;) {
    const Line line = split_line(rest.substr(0, end));
    rest.remove_prefix(after_line_end(rest, end));
    if (line.name == "event") {
      event.type = line.value;
    } else if (line.name == "data") {
      // The usual single line is a view into the frame; only several are
      // joined.
      if (++data_lines == 1) {
        event.data = line.value;
      } else {
        if (data_lines == 2) data_.assign(event.data);
        data_.append(1, '\n').append(line.value);
      }
    }
  }
  if (data_lines > 1) event.data = data_;
  on_event(event);
}

void append_sse(std::string& out, std::string_view type, std::string_view data) {
  if (!type.empty()) out.append("event: ").append(type).append(1, '\n');
  // A line break inside the data begins another data line; the reader joins
  // them again by LF.
  for (;;) {
    const std::size_t end = find_line_end(data, 0);
    out.append("data: ").append(data.substr(0, end)).append(1, '\n');
    if (end == std::string_view::npos) break;
    data.remove_prefix(after_line_end(data, end));
  }
  out.append(1, '\n');
}

}  // namespace relayna::http
