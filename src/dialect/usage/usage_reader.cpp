#include <optional>
#include <string_view>

#include "relayna/dialect/dialect.hpp"

#include "dialect/sse/frames.hpp"
#include "dialect/usage/json_watch.hpp"
#include "dialect/usage/stream_watch.hpp"

namespace relayna::dialect {

namespace {

using Watch = void (*)(std::string_view, StreamWatch&);

Watch watch_of(Operation operation) {
  switch (operation) {
    case Operation::messages:
    case Operation::count_tokens:
      return watch_messages;
    case Operation::responses:
      return watch_responses;
    case Operation::generate_content:
      return watch_gemini;
    case Operation::chat_completions:
    case Operation::completions:
    case Operation::embeddings:
    case Operation::models:
    case Operation::other:
      break;
  }
  return watch_chat;
}

}  // namespace

struct UsageReader::State {
  State(Operation operation, bool sse, std::size_t max_event_bytes)
      : watch_frame(watch_of(operation)), frames(max_event_bytes) {
    if (!sse) json.emplace(operation);
  }
  Watch watch_frame;
  sse::FrameSplitter frames;
  StreamWatch watch;
  std::optional<JsonWatch> json;
};

UsageReader::UsageReader(Operation operation, bool sse, std::size_t max_event_bytes)
    : state_(std::make_unique<State>(operation, sse, max_event_bytes)) {}
UsageReader::~UsageReader() = default;
UsageReader::UsageReader(UsageReader&&) noexcept = default;
UsageReader& UsageReader::operator=(UsageReader&&) noexcept = default;

void UsageReader::feed(std::string_view bytes) {
  if (state_->json) return state_->json->feed(bytes, state_->watch.usage);
  std::string_view frame;
  while (state_->frames.next(bytes, frame)) {
    state_->watch_frame(frame, state_->watch);
    state_->watch.count_output();
  }
}

const Usage& UsageReader::usage() const noexcept {
  return state_->watch.usage;
}
bool UsageReader::saw_content() const noexcept {
  return state_->watch.content;
}
std::int64_t UsageReader::estimated_output_tokens() const noexcept {
  return state_->watch.output_so_far();
}
std::int64_t UsageReader::least_output_tokens() const noexcept {
  return state_->watch.least_output();
}
bool UsageReader::usage_is_final() const noexcept {
  if (state_->json) return state_->json->whole();
  return state_->watch.usage_is_final || state_->watch.finished;
}
bool UsageReader::finished() const noexcept {
  return state_->watch.finished;
}
bool UsageReader::at_boundary() const noexcept {
  return !state_->json && state_->frames.at_boundary();
}
bool UsageReader::saw_error() const noexcept {
  return state_->watch.error || state_->frames.outgrown();
}
std::size_t UsageReader::largest_event() const noexcept {
  return state_->frames.largest();
}
std::int64_t UsageReader::next_sequence_number() const noexcept {
  return state_->watch.events;
}

}  // namespace relayna::dialect
