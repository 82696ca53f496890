#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace relayna::http {

/// One event as the WHATWG algorithm dispatches it, plus where its bytes were.
struct SseEvent {
  std::string_view type;  ///< the `event:` field, empty when absent
  std::string_view data;  ///< `data:` lines joined by LF
  std::string_view raw;   ///< the frame's bytes as received, blank line included
};

/// Splits a byte stream into server-sent events, however it is cut: CR, LF or CRLF, with or without the space
/// after the colon, a leading BOM, comments. No I/O. Memory is bounded by `max_event_bytes`.
class SseParser {
 public:
  explicit SseParser(std::size_t max_event_bytes = 1 << 20) : max_(max_event_bytes) {}
  /// Calls `on_event` for every event completed by `bytes`; views are valid during the call. Frames without
  /// data (comments, blank lines) are reported with empty data so that a filter can pass them on: the `raw`
  /// of all frames joined is the stream. A frame that ends in CR at the end of `bytes` is dispatched at once;
  /// if an LF follows it is reported alone. False when an event outgrew the limit; the parser is then
  /// unusable.
  bool feed(std::string_view bytes, const std::function<void(const SseEvent&)>& on_event);
  /// True between two frames: a keep-alive comment may be written here.
  [[nodiscard]] bool at_boundary() const noexcept { return frame_.empty(); }
  /// What has been received of an unfinished frame.
  [[nodiscard]] std::string_view pending() const noexcept { return frame_; }

 private:
  void dispatch(std::string_view raw, const std::function<void(const SseEvent&)>& on_event);
  std::size_t max_;
  std::string frame_;           // the unfinished frame
  std::string data_;            // joined data lines of the event being dispatched
  std::size_t line_start_ = 0;  // of the unfinished line, within the frame
  std::size_t scanned_ = 0;     // no line ends before this, within the frame
  bool pending_cr_ = false;     // a frame was dispatched at a CR that was the last byte seen
  bool first_ = true;           // a BOM may still come
};

/// `event: <type>\ndata: <data>\n\n`, without the event line when `type` is empty.
void append_sse(std::string& out, std::string_view type, std::string_view data);

}  // namespace relayna::http
