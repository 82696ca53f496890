#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "relayna/dialect/dialect.hpp"

#include "dialect/usage/content_meter.hpp"
#include "dialect/usage/counts.hpp"
#include "dialect/usage/gemini_counts.hpp"

namespace relayna::dialect {

/// What the frames of a stream have told so far.
struct StreamWatch {
  Usage usage;
  MessageCounts message_counts;
  GeminiCounts gemini_counts;
  ContentMeter meter;
  bool content = false;
  bool usage_is_final = false;  ///< usage was told when the answer had been said
  bool finished = false;
  bool error = false;
  std::int64_t events = 0;  // Responses only: the next sequence_number
  std::string joined;       // where an event's data of several lines is put together

  /// A frame of the answer's text, which these members hold.
  void saw_text(std::string_view frame, std::initializer_list<std::string_view> members) noexcept {
    if (meter.add(frame, members)) usage_is_final = false;
  }
  /// After each frame: what the provider counted goes before what is estimated.
  void count_output() noexcept {
    if (usage.output.value_or(0) <= counted_) return;
    counted_ = *usage.output;
    estimated_then_ = meter.tokens();
    least_then_ = meter.least_tokens();
  }
  /// About how many tokens of output have passed: what the provider said last, and what is estimated of the
  /// rest.
  [[nodiscard]] std::int64_t output_so_far() const noexcept {
    return counted_ + meter.tokens() - estimated_then_;
  }
  /// The same, by the least it can be.
  [[nodiscard]] std::int64_t least_output() const noexcept {
    return counted_ + meter.least_tokens() - least_then_;
  }

 private:
  std::int64_t counted_ = 0;
  std::int64_t estimated_then_ = 0;
  std::int64_t least_then_ = 0;
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
