#include <algorithm>
#include <optional>

#include "dialect/echo/answer.hpp"
#include "dialect/echo/check.hpp"
#include "dialect/echo/context.hpp"
#include "dialect/echo/openai_usage.hpp"
#include "dialect/echo/prompt.hpp"
#include "dialect/text/json_writer.hpp"
#include "dialect/text/utf8.hpp"

namespace relayna::dialect::echoing {

namespace {

constexpr std::int64_t kMostChoices = 128;

/// What a chat completion says, before it is written as one object or as chunks.
struct Chat {
  std::string head;  ///< the members every object of this answer begins with, up to `choices`
  std::size_t choices = 1;
  std::int64_t prompt_tokens = 0;
  Answer answer;
  std::vector<ToolCall> calls;
  std::vector<std::string> call_ids;  ///< choice by choice
  std::int64_t completion_tokens = 0;
  bool include_usage = false;
  bool stream = false;
  std::size_t piece_bytes = 16;

  [[nodiscard]] std::string_view finish_reason() const {
    if (!calls.empty()) return "tool_calls";
    return answer.cut_short ? "length" : "stop";
  }
  [[nodiscard]] const std::string& call_id(std::size_t choice, std::size_t call) const {
    return call_ids[choice * calls.size() + call];
  }
};

core::Result<void> check(json::Value body) {
  if (auto good = check_number(body, "temperature", 0, 2); !good) return good;
  if (auto good = check_number(body, "top_p", 0, 1); !good) return good;
  return check_stream_options(body);
}

std::vector<Tool> declared_tools(json::Value body) {
  std::vector<Tool> tools;
  for (const json::Value tool : body["tools"].elements()) {
    const json::Value function = tool["function"];
    if (const auto name = function["name"].string()) tools.push_back({*name, function["parameters"]});
  }
  return tools;
}

core::Result<std::optional<std::int64_t>> maximum(json::Value body) {
  const auto newer = optional_integer(body, "max_completion_tokens", 1);
  if (!newer || *newer) return newer;
  return optional_integer(body, "max_tokens", 1);
}

core::Result<Chat> prepare(Context& context) {
  const json::Value body = context.body;
  if (auto good = check(body); !good) return std::unexpected(good.error());
  const auto prompt = read_chat(body["messages"]);
  if (!prompt) return std::unexpected(prompt.error());
  const auto most = maximum(body);
  if (!most) return std::unexpected(most.error());
  const auto choices = optional_integer(body, "n", 1, kMostChoices);
  if (!choices) return std::unexpected(choices.error());
  const auto parallel = optional_boolean(body, "parallel_tool_calls", true);
  if (!parallel) return std::unexpected(parallel.error());

  Chat chat;
  chat.choices = static_cast<std::size_t>(choices->value_or(1));
  chat.prompt_tokens = prompt->tokens;
  chat.include_usage = body["stream_options"]["include_usage"].boolean().value_or(false);
  chat.stream = context.stream;
  chat.calls = call_tools(context.request.options, declared_tools(body), prompt->text, *parallel);
  if (chat.calls.empty()) {
    chat.answer = compose(context.request.options, prompt->text, *most, chat.choices);
  }
  const std::int64_t each = chat.calls.empty() ? chat.answer.tokens : tokens_of(chat.calls);
  chat.completion_tokens = each * static_cast<std::int64_t>(chat.choices);
  chat.piece_bytes = piece_bytes(context.request.options, chat.answer.text.size() * chat.choices);

  JsonWriter head;
  head.begin_object().field("id", context.ids.letters("chatcmpl-", 29));
  head.field("object", context.stream ? "chat.completion.chunk" : "chat.completion");
  head.field("created", context.request.created).field("model", context.model);
  head.field("service_tier", "default").field("system_fingerprint", kSystemFingerprint);
  chat.head = head.take();
  for (std::size_t i = 0; i < chat.choices * chat.calls.size(); ++i) {
    chat.call_ids.push_back(context.ids.letters("call_", 24));
  }
  return chat;
}

void write_message(JsonWriter& out, const Chat& chat, std::size_t choice) {
  out.begin_object().field("role", "assistant").key("content");
  chat.calls.empty() ? out.value(chat.answer.text) : out.value(nullptr);
  out.field("refusal", nullptr).key("annotations").begin_array().end_array();
  if (!chat.calls.empty()) {
    out.key("tool_calls").begin_array();
    for (std::size_t i = 0; i < chat.calls.size(); ++i) {
      out.begin_object().field("id", chat.call_id(choice, i)).field("type", "function").key("function");
      out.begin_object().field("name", chat.calls[i].name).field("arguments", chat.calls[i].arguments);
      out.end_object().end_object();
    }
    out.end_array();
  }
  out.end_object();
}

std::string whole(const Chat& chat) {
  JsonWriter out = JsonWriter::continuing(chat.head);
  out.key("choices").begin_array();
  for (std::size_t i = 0; i < chat.choices; ++i) {
    out.begin_object().field("index", i).key("message");
    write_message(out, chat, i);
    out.field("logprobs", nullptr).field("finish_reason", chat.finish_reason()).end_object();
  }
  out.end_array().key("usage");
  write_usage(out, chat.prompt_tokens, chat.completion_tokens);
  return out.end_object().take();
}

/// Writes the chunks of one stream.
class Chunks {
 public:
  explicit Chunks(const Chat& chat) : chat_(chat) {}

  std::vector<std::string> write() {
    for (std::size_t i = 0; i < chat_.choices; ++i) role(i);
    chat_.calls.empty() ? text() : calls();
    for (std::size_t i = 0; i < chat_.choices; ++i) add(i, "{}", chat_.finish_reason());
    if (chat_.include_usage) usage();
    frames_.push_back(data_frame("[DONE]"));
    return std::move(frames_);
  }

 private:
  void add(std::size_t choice, std::string_view delta, std::string_view finish_reason = {}) {
    JsonWriter out = JsonWriter::continuing(chat_.head);
    out.key("choices").begin_array().begin_object().field("index", choice).raw_field("delta", delta);
    out.field("logprobs", nullptr).key("finish_reason");
    finish_reason.empty() ? out.value(nullptr) : out.value(finish_reason);
    out.end_object().end_array();
    if (chat_.include_usage) out.field("usage", nullptr);
    frames_.push_back(data_frame(out.end_object().str()));
  }

  void role(std::size_t choice) {
    add(choice, chat_.calls.empty() ? R"({"role":"assistant","content":"","refusal":null})"
                                    : R"({"role":"assistant","content":null,"refusal":null})");
  }

  void text() {
    for (const std::string_view piece : utf8_pieces(chat_.answer.text, chat_.piece_bytes)) {
      const std::string delta = JsonWriter().begin_object().field("content", piece).end_object().str();
      for (std::size_t i = 0; i < chat_.choices; ++i) add(i, delta);
    }
  }

  void calls() {
    for (std::size_t choice = 0; choice < chat_.choices; ++choice) {
      for (std::size_t i = 0; i < chat_.calls.size(); ++i) call(choice, i);
    }
  }

  void call(std::size_t choice, std::size_t index) {
    const ToolCall& call = chat_.calls[index];
    JsonWriter first;
    first.begin_object().key("tool_calls").begin_array().begin_object().field("index", index);
    first.field("id", chat_.call_id(choice, index)).field("type", "function").key("function").begin_object();
    first.field("name", call.name).field("arguments", "").end_object().end_object().end_array().end_object();
    add(choice, first.str());
    for (const std::string_view piece : call.pieces()) {
      JsonWriter more;
      more.begin_object().key("tool_calls").begin_array().begin_object().field("index", index);
      more.key("function").begin_object().field("arguments", piece).end_object();
      add(choice, more.end_object().end_array().end_object().str());
    }
  }

  void usage() {
    JsonWriter out = JsonWriter::continuing(chat_.head);
    out.key("choices").begin_array().end_array().key("usage");
    write_usage(out, chat_.prompt_tokens, chat_.completion_tokens);
    frames_.push_back(data_frame(out.end_object().str()));
  }

  const Chat& chat_;
  std::vector<std::string> frames_;
};

}  // namespace

core::Result<EchoAnswer> chat_completion(Context& context) {
  const auto chat = prepare(context);
  if (!chat) return std::unexpected(chat.error());
  EchoAnswer answer;
  answer.sse = chat->stream;
  if (chat->stream) {
    answer.frames = Chunks(*chat).write();
  } else {
    answer.json = whole(*chat);
  }
  return answer;
}

}  // namespace relayna::dialect::echoing
