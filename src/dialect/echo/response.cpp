#include "dialect/echo/answer.hpp"
#include "dialect/echo/check.hpp"
#include "dialect/echo/context.hpp"
#include "dialect/echo/prompt.hpp"
#include "dialect/echo/response_object.hpp"
#include "dialect/text/json_writer.hpp"
#include "dialect/text/utf8.hpp"

namespace relayna::dialect::echoing {

namespace {

/// One entry of `output`: the message, or a function call.
struct Item {
  std::string id;
  std::string call_id;             ///< of a function call
  const ToolCall* call = nullptr;  ///< null for the message
};

struct Prepared {
  ResponseObject object;
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  Answer answer;
  std::vector<ToolCall> calls;
  std::vector<Item> items;
  std::size_t piece_bytes = 16;

  [[nodiscard]] std::string_view status() const { return answer.cut_short ? "incomplete" : "completed"; }
};

core::Result<void> check(json::Value body) {
  if (auto good = check_number(body, "temperature", 0, 2); !good) return good;
  if (auto good = check_number(body, "top_p", 0, 1); !good) return good;
  for (const std::string_view name : {"metadata", "reasoning", "text"}) {
    if (!body[name].is_null() && !body[name].object()) {
      return bad(name, "`" + std::string(name) + "` must be an object.");
    }
  }
  return {};
}

core::Result<Prepared> prepare(Context& context) {
  const json::Value body = context.body;
  if (auto good = check(body); !good) return std::unexpected(good.error());
  const auto prompt = read_response_input(body);
  if (!prompt) return std::unexpected(prompt.error());
  const auto most = optional_integer(body, "max_output_tokens", 1);
  if (!most) return std::unexpected(most.error());
  const auto parallel = optional_boolean(body, "parallel_tool_calls", true);
  if (!parallel) return std::unexpected(parallel.error());

  Prepared prepared{.object = ResponseObject(context, *most, *parallel), .input_tokens = prompt->tokens};
  prepared.calls = call_tools(context.request.options, response_tools(body), prompt->text, *parallel);
  if (prepared.calls.empty()) {
    prepared.answer = compose(context.request.options, prompt->text, *most);
    prepared.items.push_back({context.ids.hex("msg_", 48), {}, nullptr});
  }
  prepared.output_tokens = prepared.calls.empty() ? prepared.answer.tokens : tokens_of(prepared.calls);
  prepared.piece_bytes = piece_bytes(context.request.options, prepared.answer.text.size());
  return prepared;
}

/// Points into `prepared`, so it runs once that has found its place.
void name_calls(Context& context, Prepared& prepared) {
  for (const ToolCall& call : prepared.calls) {
    prepared.items.push_back({context.ids.hex("fc_", 48), context.ids.letters("call_", 24), &call});
  }
}

void write_part(JsonWriter& out, std::string_view text) {
  out.begin_object().field("type", "output_text").field("text", text);
  out.key("annotations").begin_array().end_array().key("logprobs").begin_array().end_array().end_object();
}

void write_call(JsonWriter& out, const Item& item, std::string_view status, std::string_view arguments) {
  out.begin_object().field("id", item.id).field("type", "function_call").field("status", status);
  out.field("arguments", arguments).field("call_id", item.call_id).field("name", item.call->name);
  out.end_object();
}

void write_item(JsonWriter& out, const Item& item, const Prepared& prepared) {
  if (item.call != nullptr) return write_call(out, item, "completed", item.call->arguments);
  out.begin_object().field("id", item.id).field("type", "message").field("status", prepared.status());
  out.field("role", "assistant").key("content").begin_array();
  write_part(out, prepared.answer.text);
  out.end_array().end_object();
}

std::string final_object(const Prepared& prepared) {
  JsonWriter output;
  output.begin_array();
  for (const Item& item : prepared.items) write_item(output, item, prepared);
  output.end_array();
  return prepared.object.final(prepared.status(), output.str(),
                               {prepared.input_tokens, prepared.output_tokens});
}

/// Writes the events of one stream, numbering them.
class Events {
 public:
  explicit Events(const Prepared& prepared) : prepared_(prepared) {}

  std::vector<std::string> write() {
    lifecycle("response.created", prepared_.object.in_progress());
    lifecycle("response.in_progress", prepared_.object.in_progress());
    for (const Item& item : prepared_.items) {
      item.call == nullptr ? message(item) : call(item);
      ++output_index_;
    }
    lifecycle("response." + std::string(prepared_.status()), final_object(prepared_));
    return std::move(frames_);
  }

 private:
  /// Begins an event; `finish` ends it.
  JsonWriter begin(std::string_view type) {
    JsonWriter out;
    out.begin_object().field("type", type).field("sequence_number", frames_.size());
    return out;
  }
  JsonWriter begin(std::string_view type, const Item& item) {
    JsonWriter out = begin(type);
    out.field("item_id", item.id).field("output_index", output_index_);
    return out;
  }
  void finish(std::string_view type, JsonWriter& out) {
    frames_.push_back(event_frame(type, out.end_object().str()));
  }

  void lifecycle(std::string_view type, std::string_view response) {
    JsonWriter out = begin(type);
    out.raw_field("response", response);
    finish(type, out);
  }

  void item_event(std::string_view type, std::string_view item) {
    JsonWriter out = begin(type);
    out.field("output_index", output_index_).raw_field("item", item);
    finish(type, out);
  }

  void part_event(std::string_view type, const Item& item, std::string_view text) {
    JsonWriter out = begin(type, item);
    out.field("content_index", 0).key("part");
    write_part(out, text);
    finish(type, out);
  }

  /// `delta` or `text`.
  void text_event(std::string_view type, const Item& item, std::string_view name, std::string_view text) {
    JsonWriter out = begin(type, item);
    out.field("content_index", 0).field(name, text).key("logprobs").begin_array().end_array();
    finish(type, out);
  }

  void message(const Item& item) {
    JsonWriter opened;
    opened.begin_object().field("id", item.id).field("type", "message").field("status", "in_progress");
    opened.field("role", "assistant").key("content").begin_array().end_array().end_object();
    item_event("response.output_item.added", opened.str());
    part_event("response.content_part.added", item, "");
    for (const std::string_view piece : utf8_pieces(prepared_.answer.text, prepared_.piece_bytes)) {
      text_event("response.output_text.delta", item, "delta", piece);
    }
    text_event("response.output_text.done", item, "text", prepared_.answer.text);
    part_event("response.content_part.done", item, prepared_.answer.text);
    done(item);
  }

  void call(const Item& item) {
    JsonWriter opened;
    write_call(opened, item, "in_progress", "");
    item_event("response.output_item.added", opened.str());
    constexpr std::string_view kDelta = "response.function_call_arguments.delta";
    for (const std::string_view piece : item.call->pieces()) {
      JsonWriter out = begin(kDelta, item);
      out.field("delta", piece);
      finish(kDelta, out);
    }
    constexpr std::string_view kDone = "response.function_call_arguments.done";
    JsonWriter out = begin(kDone, item);
    out.field("name", item.call->name).field("arguments", item.call->arguments);
    finish(kDone, out);
    done(item);
  }

  void done(const Item& item) {
    JsonWriter closed;
    write_item(closed, item, prepared_);
    item_event("response.output_item.done", closed.str());
  }

  const Prepared& prepared_;
  std::vector<std::string> frames_;
  std::int64_t output_index_ = 0;
};

}  // namespace

core::Result<EchoAnswer> response(Context& context) {
  auto prepared = prepare(context);
  if (!prepared) return std::unexpected(std::move(prepared.error()));
  name_calls(context, *prepared);
  EchoAnswer answer;
  answer.sse = context.stream;
  if (answer.sse) {
    answer.frames = Events(*prepared).write();
  } else {
    answer.json = final_object(*prepared);
  }
  return answer;
}

}  // namespace relayna::dialect::echoing
