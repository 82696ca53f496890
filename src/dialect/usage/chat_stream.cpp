#include "dialect/sse/byte_scan.hpp"
#include "dialect/sse/frames.hpp"
#include "dialect/usage/event_data.hpp"
#include "dialect/usage/reported_cost.hpp"
#include "dialect/usage/stream_watch.hpp"

namespace relayna::dialect {

namespace {

constexpr std::size_t kLongestDoneFrame = 64;

void meter_text(std::string_view frame, StreamWatch& watch) {
  watch.saw_text(frame,
                 {"content", "reasoning_content", "reasoning", "refusal", "arguments", "text", "transcript"});
}

bool holds_text(json::Value value) {
  const auto text = value.string();
  return text && !text->empty();
}

bool carries_content(json::Value choice) {
  if (holds_text(choice["text"])) return true;  // legacy completions
  const json::Value delta = choice["delta"];
  for (const std::string_view name : {"content", "reasoning_content", "reasoning", "refusal"}) {
    if (holds_text(delta[name])) return true;
  }
  const auto calls = delta["tool_calls"].array();
  return (calls && !calls->empty()) || delta["function_call"].object() || delta["audio"].object();
}

bool carries_content(const EventData& chunk) {
  if (chunk.is_long()) return true;
  const auto choices = chunk.at({"choices"}).array();
  if (!choices) return false;
  for (const json::Value choice : *choices) {
    if (carries_content(choice)) return true;
  }
  return false;
}

}  // namespace

void watch_chat(std::string_view frame, StreamWatch& watch) {
  // Almost every frame ends here: a delta after the first one.
  if (watch.content && frame.size() > kLongestDoneFrame) {
    const sse::Mentions mentions = sse::find_mentions(frame);
    if (!mentions.usage && !mentions.error) return meter_text(frame, watch);
  }
  const sse::Fields fields = sse::parse_fields(frame, watch.joined);
  if (fields.data.empty()) return;
  if (fields.data.starts_with("[DONE]")) {
    watch.finished = true;
    return;
  }
  const EventData chunk(fields.data);
  meter_text(frame, watch);
  if (const json::Value usage = chunk.at({"usage"}); usage.object()) {
    take_chat_usage(usage, watch.usage);
    // Some tell their counts with every chunk; the last of them has nothing else to say.
    watch.usage_is_final = !carries_content(chunk);
    if (tells_cost(usage)) take_reported_cost(usage, chunk.text_at({"usage"}), watch.usage);
  }
  if (!watch.usage.model) {
    if (const json::Value model = chunk.at({"model"}); holds_text(model)) watch.usage.model = *model.string();
  }
  if (fields.event == "error" || !chunk.at({"error"}).is_null()) watch.error = true;
  if (!watch.content) watch.content = carries_content(chunk);
}

}  // namespace relayna::dialect
