#include "dialect/sse/frames.hpp"
#include "dialect/usage/event_data.hpp"
#include "dialect/usage/reported_cost.hpp"
#include "dialect/usage/stream_watch.hpp"

namespace relayna::dialect {

namespace {

void meter_text(std::string_view frame, StreamWatch& watch) {
  watch.saw_text(frame, {"text", "partial_json", "thinking"});
}

bool carries_content(const EventData& delta_event) {
  if (delta_event.is_long()) return true;
  for (const std::string_view name : {"text", "partial_json", "thinking"}) {
    const auto text = delta_event.at({"delta", name}).string();
    if (text && !text->empty()) return true;
  }
  return false;
}

// A tool's name comes with the start of its block; text and thinking start empty.
bool opens_with_content(const EventData& start_event) {
  const auto type = start_event.at({"content_block", "type"}).string();
  return type && *type != "text" && *type != "thinking";
}

}  // namespace

void watch_messages(std::string_view frame, StreamWatch& watch) {
  if (watch.content && sse::leading_event(frame) == "content_block_delta") return meter_text(frame, watch);
  const sse::Fields fields = sse::parse_fields(frame, watch.joined);
  if (fields.data.empty()) return;
  const EventData event(fields.data);
  std::string_view type = fields.event;
  if (type.empty()) type = event.at({"type"}).string().value_or("");

  if (type == "content_block_delta") {
    if (!watch.content) watch.content = carries_content(event);
    meter_text(frame, watch);
  } else if (type == "content_block_start") {
    if (!watch.content) watch.content = opens_with_content(event);
  } else if (type == "message_start") {
    take_messages_usage(event.at({"message", "usage"}), watch.message_counts, watch.usage);
    if (const auto model = event.at({"message", "model"}).string(); model && !model->empty()) {
      watch.usage.model = *model;
    }
  } else if (type == "message_delta") {
    const json::Value usage = event.at({"usage"});
    take_messages_usage(usage, watch.message_counts, watch.usage);
    watch.usage_is_final = watch.usage.output.has_value();
    if (tells_cost(usage)) take_reported_cost(usage, event.text_at({"usage"}), watch.usage);
  } else if (type == "message_stop") {
    watch.finished = true;
  } else if (type == "error") {
    watch.error = true;
  }
}

}  // namespace relayna::dialect
