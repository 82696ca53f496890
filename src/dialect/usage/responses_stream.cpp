#include "dialect/sse/frames.hpp"
#include "dialect/usage/event_data.hpp"
#include "dialect/usage/reported_cost.hpp"
#include "dialect/usage/stream_watch.hpp"

namespace relayna::dialect {

namespace {

/// The type of an event without a name; nearly every implementation puts it first.
std::string type_of(std::string_view data) {
  constexpr std::string_view kStart = "{\"type\":\"";
  if (data.starts_with(kStart)) {
    data.remove_prefix(kStart.size());
    return std::string(data.substr(0, data.find('"')));
  }
  return std::string(EventData(data).at({"type"}).string().value_or(""));
}

bool opens_with_content(const EventData& added_event) {
  const auto type = added_event.at({"item", "type"}).string();
  return type && type->ends_with("_call");  // a tool's name
}

void take_model(const EventData& event, Usage& usage) {
  const auto model = event.at({"response", "model"}).string();
  if (model && !model->empty()) usage.model = *model;
}

void take_last(const EventData& event, std::string_view type, StreamWatch& watch) {
  watch.finished = true;
  watch.usage_is_final = true;
  if (type == "response.failed") watch.error = true;
  const json::Value usage = event.at({"response", "usage"});
  take_responses_usage(usage, watch.usage);
  if (tells_cost(usage)) take_reported_cost(usage, event.text_at({"response", "usage"}), watch.usage);
  take_model(event, watch.usage);
}

}  // namespace

void watch_responses(std::string_view frame, StreamWatch& watch) {
  sse::Fields fields;
  std::string found_type;
  std::string_view type = sse::leading_event(frame);
  if (type.empty()) {
    fields = sse::parse_fields(frame, watch.joined);
    if (fields.data.empty()) return;  // a comment
    if (fields.event.empty()) found_type = type_of(fields.data);
    type = fields.event.empty() ? std::string_view(found_type) : fields.event;
  }
  ++watch.events;
  if (type.ends_with(".delta")) {
    watch.content = true;
    if (type.ends_with("audio.delta")) return watch.meter.add_frame();
    return watch.saw_text(frame, {"delta"});
  }
  if (fields.data.empty()) fields = sse::parse_fields(frame, watch.joined);

  const bool last =
      type == "response.completed" || type == "response.incomplete" || type == "response.failed";
  const bool first = type == "response.created" && !watch.usage.model;
  const bool opening = type == "response.output_item.added" && !watch.content;
  if (type == "error") watch.error = true;
  if (!last && !first && !opening) return;

  const EventData event(fields.data);
  if (last) {
    take_last(event, type, watch);
  } else if (first) {
    take_model(event, watch.usage);
  } else if (opening) {
    watch.content = opens_with_content(event);
  }
}

}  // namespace relayna::dialect
