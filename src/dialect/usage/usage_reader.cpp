#include <optional>
#include <string>

#include "relayna/dialect/dialect.hpp"
#include "relayna/json/scan.hpp"

#include "dialect/sse/frames.hpp"
#include "dialect/usage/event_data.hpp"
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
    case Operation::chat_completions:
    case Operation::completions:
    case Operation::embeddings:
    case Operation::models:
    case Operation::other:
      break;
  }
  return watch_chat;
}

/// The members of a JSON answer that tell its usage.
class JsonWatch {
 public:
  explicit JsonWatch(Operation operation)
      : operation_(operation),
        capture_(operation == Operation::count_tokens ? std::vector<std::string>{"input_tokens"}
                                                      : std::vector<std::string>{"usage", "model"}) {}

  void feed(std::string_view bytes, Usage& usage) {
    capture_.feed(bytes);
    if (operation_ == Operation::count_tokens) {
      if (const auto value = changed("input_tokens", seen_usage_)) usage.input = count(*value);
      return;
    }
    if (const auto value = changed("usage", seen_usage_)) take(*value, usage);
    if (const auto value = changed("model", seen_model_)) {
      const auto model = value->string();
      usage.model = model && !model->empty() ? std::optional<std::string>(*model) : std::nullopt;
    }
  }

 private:
  /// The captured value when it is another than last time. It can change once it was there: a later member of
  /// the same name takes its place.
  std::optional<json::Value> changed(std::string_view key, std::optional<std::string>& seen) {
    const auto text = capture_.value(key);
    if (text == seen) return std::nullopt;
    seen = text;
    return text ? EventData(*text).at({}) : json::Value();
  }

  void take(json::Value value, Usage& usage) {
    usage = Usage{.model = std::move(usage.model)};
    MessageCounts counts;
    switch (operation_) {
      case Operation::messages:
        return take_messages_usage(value, counts, usage);
      case Operation::responses:
        return take_responses_usage(value, usage);
      default:
        return take_chat_usage(value, usage);
    }
  }

  Operation operation_;
  json::StreamingCapture capture_;
  std::optional<std::string> seen_usage_;
  std::optional<std::string> seen_model_;
};

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
  while (state_->frames.next(bytes, frame)) state_->watch_frame(frame, state_->watch);
}

const Usage& UsageReader::usage() const noexcept {
  return state_->watch.usage;
}
bool UsageReader::saw_content() const noexcept {
  return state_->watch.content;
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
