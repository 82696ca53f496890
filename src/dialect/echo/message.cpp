#include "dialect/echo/answer.hpp"
#include "dialect/echo/check.hpp"
#include "dialect/echo/context.hpp"
#include "dialect/echo/prompt.hpp"
#include "dialect/text/json_writer.hpp"
#include "dialect/text/utf8.hpp"

namespace relayna::dialect::echoing {

namespace {

/// What a message says, before it is written as one object or as events.
struct Message {
  std::string id;
  std::string model;
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  Answer answer;
  std::vector<ToolCall> calls;
  std::vector<std::string> call_ids;
  std::size_t piece_bytes = 16;

  [[nodiscard]] std::string_view stop_reason() const {
    if (!calls.empty()) return "tool_use";
    return answer.cut_short ? "max_tokens" : "end_turn";
  }
};

std::vector<Tool> declared_tools(json::Value body) {
  std::vector<Tool> tools;
  for (const json::Value tool : body["tools"].elements()) {
    if (const auto name = tool["name"].string()) tools.push_back({*name, tool["input_schema"]});
  }
  return tools;
}

core::Result<Message> prepare(Context& context) {
  const json::Value body = context.body;
  const auto most = optional_integer(body, "max_tokens", 0);
  if (!most) return std::unexpected(most.error());
  if (!*most)
    return bad("max_tokens", "`max_tokens` is required: the most tokens to answer with, for example 1024.");
  if (auto good = check_number(body, "temperature", 0, 1); !good) return std::unexpected(good.error());
  if (auto good = check_number(body, "top_p", 0, 1); !good) return std::unexpected(good.error());
  const auto prompt = read_messages(body);
  if (!prompt) return std::unexpected(prompt.error());

  Message message{.id = context.ids.letters("msg_01", 22), .model = context.model};
  message.input_tokens = prompt->tokens;
  const bool parallel = !body["tool_choice"]["disable_parallel_tool_use"].boolean().value_or(false);
  message.calls = call_tools(context.request.options, declared_tools(body), prompt->text, parallel);
  for (std::size_t i = 0; i < message.calls.size(); ++i) {
    message.call_ids.push_back(context.ids.letters("toolu_01", 22));
  }
  if (message.calls.empty()) message.answer = compose(context.request.options, prompt->text, *most);
  message.output_tokens = message.calls.empty() ? message.answer.tokens : tokens_of(message.calls);
  message.piece_bytes = piece_bytes(context.request.options, message.answer.text.size());
  return message;
}

void write_usage(JsonWriter& out, const Message& message, std::int64_t output_tokens) {
  out.begin_object().field("input_tokens", message.input_tokens);
  out.field("cache_creation_input_tokens", 0).field("cache_read_input_tokens", 0);
  out.key("cache_creation").begin_object().field("ephemeral_5m_input_tokens", 0);
  out.field("ephemeral_1h_input_tokens", 0).end_object().field("output_tokens", output_tokens);
  out.key("output_tokens_details").begin_object().field("thinking_tokens", 0).end_object();
  out.field("server_tool_use", nullptr).field("service_tier", "standard");
  out.field("inference_geo", nullptr).field("speed", "standard").end_object();
}

void write_text_block(JsonWriter& out, std::string_view text) {
  out.begin_object().field("type", "text").field("text", text).field("citations", nullptr).end_object();
}

void write_tool_block(JsonWriter& out, const Message& message, std::size_t call, std::string_view input) {
  out.begin_object().field("type", "tool_use").field("id", message.call_ids[call]);
  out.field("name", message.calls[call].name).raw_field("input", input);
  out.key("caller").begin_object().field("type", "direct").end_object().end_object();
}

/// The message object; `finished` is false in message_start.
void write_message(JsonWriter& out, const Message& message, bool finished) {
  out.begin_object().field("id", message.id).field("type", "message").field("role", "assistant");
  out.field("model", message.model).key("content").begin_array();
  if (finished) {
    if (!message.answer.text.empty()) write_text_block(out, message.answer.text);
    for (std::size_t i = 0; i < message.calls.size(); ++i) {
      write_tool_block(out, message, i, message.calls[i].arguments);
    }
  }
  out.end_array().key("stop_reason");
  finished ? out.value(message.stop_reason()) : out.value(nullptr);
  out.field("stop_sequence", nullptr).field("stop_details", nullptr).field("container", nullptr);
  out.field("diagnostics", nullptr).key("usage");
  // The first event counts what the model has begun with, as the API does; message_delta has the sum.
  write_usage(out, message,
              finished ? message.output_tokens : std::min<std::int64_t>(message.output_tokens, 1));
  out.end_object();
}

/// Writes the events of one stream.
class Events {
 public:
  explicit Events(const Message& message) : message_(message) {}

  std::vector<std::string> write() {
    start();
    if (!message_.answer.text.empty()) text();
    for (std::size_t i = 0; i < message_.calls.size(); ++i) call(i);
    if (index_ == 0) ping();
    end();
    return std::move(frames_);
  }

 private:
  static JsonWriter begin(std::string_view type) {
    JsonWriter out;
    out.begin_object().field("type", type);
    return out;
  }
  void finish(std::string_view type, JsonWriter& out) {
    frames_.push_back(event_frame(type, out.end_object().str()));
  }

  void start() {
    JsonWriter out = begin("message_start");
    out.key("message");
    write_message(out, message_, false);
    finish("message_start", out);
  }

  void ping() {
    JsonWriter out = begin("ping");
    finish("ping", out);
  }

  void open_block(std::string_view block) {
    JsonWriter out = begin("content_block_start");
    out.field("index", index_).raw_field("content_block", block);
    finish("content_block_start", out);
    if (index_ == 0) ping();
  }

  void delta(std::string_view type, std::string_view name, std::string_view piece) {
    JsonWriter out = begin("content_block_delta");
    out.field("index", index_)
        .key("delta")
        .begin_object()
        .field("type", type)
        .field(name, piece)
        .end_object();
    finish("content_block_delta", out);
  }

  void close_block() {
    JsonWriter out = begin("content_block_stop");
    out.field("index", index_++);
    finish("content_block_stop", out);
  }

  void text() {
    JsonWriter block;
    write_text_block(block, "");
    open_block(block.str());
    for (const std::string_view piece : utf8_pieces(message_.answer.text, message_.piece_bytes)) {
      delta("text_delta", "text", piece);
    }
    close_block();
  }

  void call(std::size_t number) {
    JsonWriter block;
    write_tool_block(block, message_, number, "{}");
    open_block(block.str());
    for (const std::string_view piece : message_.calls[number].pieces()) {
      delta("input_json_delta", "partial_json", piece);
    }
    close_block();
  }

  void end() {
    JsonWriter out = begin("message_delta");
    out.key("delta").begin_object().field("stop_reason", message_.stop_reason());
    out.field("stop_sequence", nullptr)
        .field("stop_details", nullptr)
        .field("container", nullptr)
        .end_object();
    out.key("usage").begin_object().field("input_tokens", message_.input_tokens);
    out.field("cache_creation_input_tokens", 0).field("cache_read_input_tokens", 0);
    out.field("output_tokens", message_.output_tokens).key("output_tokens_details").begin_object();
    out.field("thinking_tokens", 0).end_object().field("server_tool_use", nullptr).end_object();
    finish("message_delta", out);
    JsonWriter stop = begin("message_stop");
    finish("message_stop", stop);
  }

  const Message& message_;
  std::vector<std::string> frames_;
  std::int64_t index_ = 0;
};

}  // namespace

core::Result<EchoAnswer> message(Context& context) {
  const auto prepared = prepare(context);
  if (!prepared) return std::unexpected(prepared.error());
  EchoAnswer answer;
  answer.sse = context.stream;
  if (answer.sse) {
    answer.frames = Events(*prepared).write();
  } else {
    JsonWriter out;
    write_message(out, *prepared, true);
    answer.json = out.take();
  }
  return answer;
}

core::Result<EchoAnswer> token_count(Context& context) {
  const auto prompt = read_messages(context.body);
  if (!prompt) return std::unexpected(prompt.error());
  EchoAnswer answer;
  answer.json = JsonWriter().begin_object().field("input_tokens", prompt->tokens).end_object().take();
  return answer;
}

}  // namespace relayna::dialect::echoing
