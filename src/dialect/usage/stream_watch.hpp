#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "relayna/dialect/dialect.hpp"

#include "dialect/usage/counts.hpp"
#include "dialect/usage/gemini_counts.hpp"

namespace relayna::dialect {

/// What the frames of a stream have told so far.
struct StreamWatch {
  Usage usage;
  MessageCounts message_counts;
  GeminiCounts gemini_counts;
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
