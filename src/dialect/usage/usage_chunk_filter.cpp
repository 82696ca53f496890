#include <string>

#include "relayna/dialect/dialect.hpp"

#include "dialect/sse/byte_scan.hpp"
#include "dialect/sse/frames.hpp"
#include "dialect/usage/event_data.hpp"

namespace relayna::dialect {

namespace {

/// A usage chunk has a few hundred bytes; whatever is longer than this is none.
constexpr std::size_t kLongestUsageChunk = 16'384;
constexpr std::size_t kKeepCapacity = 4096;

bool says_nothing(json::Value value) {
  if (value.is_null() || value.string() == "") return true;
  if (const auto elements = value.array()) return elements->empty();
  if (!value.object()) return false;
  for (const json::Field member : value.members()) {
    if (!says_nothing(member.value)) return false;
  }
  return true;
}

// OpenAI sends no choices with the usage; LiteLLM sends choices that say nothing.
bool says_nothing_but_its_index(json::Value choice) {
  for (const json::Field member : choice.members()) {
    if (member.key != "index" && !says_nothing(member.value)) return false;
  }
  return choice.object().has_value();
}

bool is_usage_chunk(std::string_view frame) {
  if (frame.size() > kLongestUsageChunk || !sse::find_mentions(frame).usage) return false;
  std::string joined;
  const EventData chunk(sse::parse_fields(frame, joined).data);
  const json::Value choices = chunk.at({"choices"});
  if (!choices.array() || !chunk.at({"usage"}).object()) return false;
  for (const json::Value choice : choices.elements()) {
    if (!says_nothing_but_its_index(choice)) return false;
  }
  return true;
}

}  // namespace

struct UsageChunkFilter::State {
  sse::FrameScanner scanner;
  std::string out;
  std::string held;      // of the unfinished frame
  bool passing = false;  // the current frame is too long to be held
  bool dropped = false;  // the last frame

  void take(std::string_view piece);
  void end_frame(std::string_view last_piece);
};

UsageChunkFilter::UsageChunkFilter() : state_(std::make_unique<State>()) {}
UsageChunkFilter::~UsageChunkFilter() = default;
UsageChunkFilter::UsageChunkFilter(UsageChunkFilter&&) noexcept = default;
UsageChunkFilter& UsageChunkFilter::operator=(UsageChunkFilter&&) noexcept = default;

void UsageChunkFilter::State::take(std::string_view piece) {
  if (passing) {
    out += piece;
    return;
  }
  held += piece;
  if (held.size() > kLongestUsageChunk) {
    out += held;
    held = {};
    passing = true;
  }
}

void UsageChunkFilter::State::end_frame(std::string_view last_piece) {
  dropped = false;
  if (passing) {
    out += last_piece;
    passing = false;
    return;
  }
  std::string_view frame = last_piece;
  if (!held.empty()) {
    held += last_piece;
    frame = held;
  }
  dropped = is_usage_chunk(frame);
  if (!dropped) out += frame;
  held.clear();
  if (held.capacity() > kKeepCapacity) held.shrink_to_fit();
}

std::string_view UsageChunkFilter::feed(std::string_view bytes) {
  State& state = *state_;
  state.out.clear();
  while (!bytes.empty()) {
    if (state.scanner.take_late_lf(bytes)) {
      if (!state.dropped) state.out += bytes.front();
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t length = state.scanner.scan(bytes);
    if (length == sse::FrameScanner::kNone) {
      state.take(bytes);
      break;
    }
    state.end_frame(bytes.substr(0, length));
    bytes.remove_prefix(length);
  }
  return state.out;
}

std::string_view UsageChunkFilter::flush() {
  state_->out = std::move(state_->held);
  state_->held.clear();
  return state_->out;
}

}  // namespace relayna::dialect
