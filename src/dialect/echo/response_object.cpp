#include "dialect/echo/response_object.hpp"

namespace relayna::dialect::echoing {

namespace {

void given_or_null(JsonWriter& out, std::string_view name, json::Value body) {
  out.field(name, body[name]);
}

template <class T>
void given_or(JsonWriter& out, std::string_view name, json::Value body, const T& otherwise) {
  out.key(name);
  const json::Value given = body[name];
  given.is_null() ? out.value(otherwise) : out.value(given);
}

/// All members of an object of the request, then those of `names` it leaves out, as null.
void completed(JsonWriter& out, json::Value object, std::initializer_list<std::string_view> names) {
  out.begin_object();
  for (const json::Field member : object.members()) out.field(member.key, member.value);
  for (const std::string_view name : names) {
    if (!object[name].exists()) out.field(name, nullptr);
  }
  out.end_object();
}

// The API shows a function tool with all its members, `strict` on unless it was switched off.
void write_tool(JsonWriter& out, json::Value tool) {
  if (tool["type"].string() != "function") return void(out.value(tool));
  out.begin_object();
  for (const json::Field member : tool.members()) {
    if (member.key == "strict" && member.value.is_null()) continue;
    out.field(member.key, member.value);
  }
  for (const std::string_view name : {"description", "parameters"}) {
    if (!tool[name].exists()) out.field(name, nullptr);
  }
  if (tool["strict"].is_null()) out.field("strict", true);
  out.end_object();
}

void write_text(JsonWriter& out, json::Value text) {
  out.begin_object().key("format");
  const json::Value format = text["format"];
  format.is_null() ? out.begin_object().field("type", "text").end_object() : out.value(format);
  given_or(out, "verbosity", text, "medium");
  out.end_object();
}

void write_conversation(JsonWriter& out, json::Value conversation) {
  out.key("conversation");
  const auto id = conversation.string();
  id ? out.begin_object().field("id", *id).end_object() : out.value(conversation);
}

std::string repeat_request(const Context& context, std::optional<std::int64_t> max_output_tokens,
                           bool parallel_tool_calls) {
  const json::Value body = context.body;
  JsonWriter out;
  given_or(out, "background", body, false);
  write_conversation(out, body["conversation"]);
  given_or_null(out, "instructions", body);
  out.key("max_output_tokens");
  max_output_tokens ? out.value(*max_output_tokens) : out.value(nullptr);
  given_or_null(out, "max_tool_calls", body);
  out.field("model", context.model).field("parallel_tool_calls", parallel_tool_calls);
  for (const std::string_view name :
       {"previous_response_id", "prompt", "prompt_cache_key", "prompt_cache_retention"}) {
    given_or_null(out, name, body);
  }
  out.key("reasoning");
  completed(out, body["reasoning"], {"effort", "summary"});
  given_or_null(out, "safety_identifier", body);
  out.field("service_tier", "default");
  given_or(out, "store", body, true);
  given_or(out, "temperature", body, 1.0);
  out.key("text");
  write_text(out, body["text"]);
  given_or(out, "tool_choice", body, "auto");
  out.key("tools").begin_array();
  for (const json::Value tool : body["tools"].elements()) write_tool(out, tool);
  out.end_array();
  given_or(out, "top_logprobs", body, 0);
  given_or(out, "top_p", body, 1.0);
  given_or(out, "truncation", body, "disabled");
  given_or_null(out, "user", body);
  out.key("metadata");
  completed(out, body["metadata"], {});
  return out.take();
}

}  // namespace

ResponseObject::ResponseObject(Context& context, std::optional<std::int64_t> max_output_tokens,
                               bool parallel_tool_calls)
    : echo_(repeat_request(context, max_output_tokens, parallel_tool_calls)),
      created_(context.request.created) {
  JsonWriter head;
  head.begin_object().field("id", context.ids.hex("resp_", 48)).field("object", "response");
  head_ = head.field("created_at", created_).take();
}

std::string ResponseObject::render(std::string_view status, std::string_view output,
                                   std::optional<Counts> counts) const {
  JsonWriter out = JsonWriter::continuing(head_);
  out.field("status", status).key("completed_at");
  status == "completed" ? out.value(created_) : out.value(nullptr);
  out.field("error", nullptr).key("incomplete_details");
  if (status == "incomplete") {
    out.begin_object().field("reason", "max_output_tokens").end_object();
  } else {
    out.value(nullptr);
  }
  out.raw(echo_).raw_field("output", output).key("usage");
  if (!counts) return out.value(nullptr).end_object().take();
  out.begin_object().field("input_tokens", counts->input).key("input_tokens_details").begin_object();
  out.field("cached_tokens", 0).field("cache_write_tokens", 0).end_object();
  out.field("output_tokens", counts->output).key("output_tokens_details").begin_object();
  out.field("reasoning_tokens", 0).end_object().field("total_tokens", counts->input + counts->output);
  return out.end_object().end_object().take();
}

std::vector<Tool> response_tools(json::Value body) {
  std::vector<Tool> tools;
  for (const json::Value tool : body["tools"].elements()) {
    const auto name = tool["name"].string();
    if (name && tool["type"].string() == "function") tools.push_back({*name, tool["parameters"]});
  }
  return tools;
}

}  // namespace relayna::dialect::echoing
