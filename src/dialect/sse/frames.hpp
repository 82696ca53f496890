#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Server-sent events as the providers' streams carry them: frames of lines that end at a blank line, with LF,
// CR or CRLF, cut anywhere. Only what reading usage needs; relaying is http's business.

namespace relayna::dialect::sse {

/// Finds where frames end. Holds no bytes.
class FrameScanner {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  /// The length of the prefix of `bytes` that completes the current frame, blank line included, or kNone when
  /// all of `bytes` belongs to it.
  std::size_t scan(std::string_view bytes) noexcept;
  /// True when the first of `bytes` is the LF of a CRLF whose CR already ended a frame: it goes where that
  /// frame went. Call before `scan`.
  bool take_late_lf(std::string_view bytes) noexcept;
  /// Between two frames.
  [[nodiscard]] bool at_boundary() const noexcept { return at_boundary_; }

 private:
  bool line_empty_ = true;
  bool after_cr_ = false;
  bool late_lf_ = false;
  bool at_boundary_ = true;
};

/// Hands out whole frames. Memory: one unfinished frame, at most `max_bytes`.
class FrameSplitter {
 public:
  explicit FrameSplitter(std::size_t max_bytes) : max_(max_bytes) {}
  /// Takes the next whole frame off `bytes`; false when they hold no further one (what is left of them has
  /// then been kept). `frame` lives until the next call. A frame over the limit is dropped and its size
  /// counted.
  bool next(std::string_view& bytes, std::string_view& frame);
  [[nodiscard]] bool at_boundary() const noexcept { return scanner_.at_boundary(); }
  [[nodiscard]] bool outgrown() const noexcept { return outgrown_; }
  /// Of the longest frame so far, the unfinished one included.
  [[nodiscard]] std::size_t largest() const noexcept { return largest_; }

 private:
  std::size_t max_;
  FrameScanner scanner_;
  std::string held_;
  bool delivered_ = false;  // held_ is the frame handed out last
  bool skipping_ = false;   // the current frame is over the limit
  bool outgrown_ = false;
  std::size_t size_ = 0;  // of the current frame
  std::size_t largest_ = 0;
};

struct Fields {
  std::string_view event;  ///< empty when absent
  std::string_view data;   ///< `data:` lines joined by LF
};

/// `joined` is where data of more than one line is put together. Views point into `frame` or `joined`.
Fields parse_fields(std::string_view frame, std::string& joined);

/// The event's name when it is the frame's first line, as the providers write it; empty otherwise.
std::string_view leading_event(std::string_view frame) noexcept;

}  // namespace relayna::dialect::sse
