#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "relayna/dialect/dialect.hpp"

#include "dialect/usage/counts.hpp"
#include "dialect/usage/gemini_counts.hpp"

namespace relayna::dialect {

/// Estimates the tokens of a stream nobody has reported usage for, without reading its text: a frame with
/// content holds at least one token, and what it is longer than the shortest of them is text, at three bytes
/// a token.
class ContentMeter {
 public:
  void add(std::size_t frame_bytes) noexcept {
    ++frames_;
    bytes_ += frame_bytes;
    shortest_ = std::min(shortest_, frame_bytes);
  }
  [[nodiscard]] std::int64_t tokens() const noexcept {
    return frames_ == 0 ? 0 : static_cast<std::int64_t>(frames_ + (bytes_ - frames_ * shortest_ + 2) / 3);
  }

 private:
  std::size_t frames_ = 0;
  std::size_t bytes_ = 0;
  std::size_t shortest_ = SIZE_MAX;
};

/// What the frames of a stream have told so far.
struct StreamWatch {
  Usage usage;
  MessageCounts message_counts;
  GeminiCounts gemini_counts;
  ContentMeter meter;
  bool content = false;
  bool finished = false;
  bool error = false;
  std::int64_t events = 0;  // Responses only: the next sequence_number
  std::string joined;       // where an event's data of several lines is put together
};

/// Chat completions and completions: chunks without event names, `[DONE]` at the end.
void watch_chat(std::string_view frame, StreamWatch& watch);
/// The Messages API: named events from message_start to message_stop.
void watch_messages(std::string_view frame, StreamWatch& watch);
/// The Responses API: named events from response.created to response.completed, .incomplete or .failed.
void watch_responses(std::string_view frame, StreamWatch& watch);

/// Gemini: whole answers as chunks without names, each with the usage so far; no last event but a
/// `finishReason`.
void watch_gemini(std::string_view frame, StreamWatch& watch);

}  // namespace relayna::dialect
