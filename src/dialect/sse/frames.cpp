#include "dialect/sse/frames.hpp"

#include <algorithm>
#include <utility>

#include "dialect/sse/byte_scan.hpp"

namespace relayna::dialect::sse {

namespace {

constexpr std::size_t kKeepCapacity = 4096;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view value_of(std::string_view line, std::size_t colon) noexcept {
  if (colon == std::string_view::npos) return {};
  line.remove_prefix(colon + 1);
  if (line.starts_with(' ')) line.remove_prefix(1);
  return line;
}

}  // namespace

std::size_t FrameScanner::scan(std::string_view bytes) noexcept {
  std::size_t i = 0;
  if (!bytes.empty()) at_boundary_ = false;
  while (i < bytes.size()) {
    if (after_cr_) {
      after_cr_ = false;
      if (bytes[i] == '\n') {
        ++i;
        continue;
      }
    }
    const std::size_t end = find_line_end(bytes, i);
    if (end == bytes.size()) {
      line_empty_ = false;
      return kNone;
    }
    const bool blank = line_empty_ && end == i;
    line_empty_ = true;
    i = end + 1;
    if (bytes[end] == '\r') {
      if (i == bytes.size()) {
        (blank ? late_lf_ : after_cr_) = true;
      } else if (bytes[i] == '\n') {
        ++i;
      }
    }
    if (blank) {
      at_boundary_ = true;
      return i;
    }
  }
  return kNone;
}

bool FrameScanner::take_late_lf(std::string_view bytes) noexcept {
  if (!late_lf_ || bytes.empty()) return false;
  late_lf_ = false;
  return bytes.front() == '\n';
}

bool FrameSplitter::next(std::string_view& bytes, std::string_view& frame) {
  if (delivered_) {
    delivered_ = false;
    held_.clear();
    if (held_.capacity() > kKeepCapacity) held_.shrink_to_fit();
  }
  while (!bytes.empty()) {
    if (scanner_.take_late_lf(bytes)) {
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t length = scanner_.scan(bytes);
    const bool whole = length != FrameScanner::kNone;
    const std::string_view piece = whole ? bytes.substr(0, length) : bytes;
    bytes.remove_prefix(piece.size());
    // The LF of a frame's last CRLF may come late and is then not ours to count, so it never is.
    size_ += piece.size() - (whole && piece.ends_with("\r\n") ? 1 : 0);
    largest_ = std::max(largest_, size_);
    if (size_ > max_) {
      outgrown_ = true;
      skipping_ = true;
      held_ = {};
    }
    if (!whole) {
      if (!skipping_) held_ += piece;
      return false;
    }
    size_ = 0;
    if (std::exchange(skipping_, false)) continue;
    if (held_.empty()) {
      frame = piece;
    } else {
      held_ += piece;
      frame = held_;
      delivered_ = true;
    }
    return true;
  }
  return false;
}

Fields parse_fields(std::string_view frame, std::string& joined) {
  Fields fields;
  bool first = true;
  if (frame.starts_with(kByteOrderMark)) frame.remove_prefix(kByteOrderMark.size());
  while (!frame.empty()) {
    const std::size_t end = find_line_end(frame, 0);
    const std::string_view line = frame.substr(0, end);
    frame.remove_prefix(std::min(end + 1, frame.size()));
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    if (name == "event") {
      fields.event = value_of(line, colon);
    } else if (name == "data") {
      if (first) {
        fields.data = value_of(line, colon);
        first = false;
      } else {
        if (fields.data.data() != joined.data()) joined = fields.data;
        joined += '\n';
        joined += value_of(line, colon);
        fields.data = joined;
      }
    }
  }
  return fields;
}

std::string_view leading_event(std::string_view frame) noexcept {
  constexpr std::string_view kName = "event:";
  if (!frame.starts_with(kName)) return {};
  return value_of(frame.substr(0, find_line_end(frame, 0)), kName.size() - 1);
}

}  // namespace relayna::dialect::sse
