#include "dialect/usage/json_watch.hpp"

#include "dialect/usage/counts.hpp"
#include "dialect/usage/event_data.hpp"
#include "dialect/usage/reported_cost.hpp"

namespace relayna::dialect {

namespace {

std::string_view usage_member(Operation operation) {
  switch (operation) {
    case Operation::count_tokens:
      return "input_tokens";
    case Operation::generate_content:
      return "usageMetadata";
    default:
      return "usage";
  }
}

std::string_view model_member(Operation operation) {
  return operation == Operation::generate_content ? "modelVersion" : "model";
}

json::StreamingCapture capture_for(Operation operation) {
  return json::StreamingCapture({std::string(usage_member(operation)), std::string(model_member(operation))});
}

}  // namespace

JsonWatch::JsonWatch(Operation operation) : operation_(operation), capture_(capture_for(operation)) {}

void JsonWatch::feed(std::string_view bytes, Usage& usage) {
  if (!begun_) {
    const std::size_t first = bytes.find_first_not_of(" \t\r\n");
    if (first == bytes.npos) return;
    begun_ = true;
    array_ = operation_ == Operation::generate_content && bytes[first] == '[';
    bytes.remove_prefix(array_ ? first + 1 : first);
  }
  array_ ? feed_array(bytes, usage) : feed_answer(bytes, usage);
}

void JsonWatch::feed_answer(std::string_view bytes, Usage& usage) {
  capture_.feed(bytes);
  if (const auto value = changed(usage_member(operation_), seen_usage_)) take(*value, usage);
  if (operation_ == Operation::count_tokens) return;
  if (const auto value = changed(model_member(operation_), seen_model_)) {
    const auto model = value->string();
    usage.model = model && !model->empty() ? std::optional<std::string>(*model) : std::nullopt;
  }
}

void JsonWatch::feed_array(std::string_view bytes, Usage& usage) {
  std::size_t begin = 0;  // of the bytes that belong to the current element and have not been fed
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
      }
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      if (depth_++ == 0) {
        begin_answer();
        begin = i;
      }
    } else if ((c == '}' || c == ']') && depth_ > 0) {
      --depth_;
      if (depth_ == 0) feed_answer(bytes.substr(begin, i + 1 - begin), usage);
    } else if (c == ']') {
      ended_ = true;
    }
  }
  if (depth_ > 0) capture_.feed(bytes.substr(begin));  // looked at when whole, as a frame is
}

void JsonWatch::begin_answer() {
  capture_ = capture_for(operation_);
  seen_usage_.reset();
  seen_model_.reset();
}

/// The captured value when it is another than last time. It can change once it was there: a later member of
/// the same name takes its place.
std::optional<json::Value> JsonWatch::changed(std::string_view key, std::optional<std::string>& seen) {
  const auto text = capture_.value(key);
  if (text == seen) return std::nullopt;
  seen = text;
  return text ? EventData(*text).at({}) : json::Value();
}

void JsonWatch::take(json::Value value, Usage& usage) {
  if (operation_ == Operation::count_tokens) {
    usage.input = count(value);
    return;
  }
  if (!array_) {
    usage = Usage{.model = std::move(usage.model)};
    gemini_counts_ = {};
  }
  MessageCounts counts;
  switch (operation_) {
    case Operation::generate_content:
      gemini_counts_.take(value);
      return gemini_counts_.apply(usage);
    case Operation::messages:
      take_messages_usage(value, counts, usage);
      break;
    case Operation::responses:
      take_responses_usage(value, usage);
      break;
    default:
      take_chat_usage(value, usage);
      break;
  }
  if (tells_cost(value)) take_reported_cost(value, seen_usage_.value_or(""), usage);
}

}  // namespace relayna::dialect
