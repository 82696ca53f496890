#include <algorithm>

#include "dialect/echo/answer.hpp"
#include "dialect/echo/check.hpp"
#include "dialect/echo/context.hpp"
#include "dialect/echo/openai_usage.hpp"
#include "dialect/echo/text_inputs.hpp"
#include "dialect/text/json_writer.hpp"
#include "dialect/text/utf8.hpp"

namespace relayna::dialect::echoing {

namespace {

constexpr std::int64_t kMostCopies = 128;
constexpr std::size_t kMostChoices = 2048;

struct Choice {
  std::string text;
  bool cut_short = false;
};

struct Completion {
  std::string head;  ///< the members every object of this answer begins with, up to `choices`
  std::vector<Choice> choices;
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
  bool include_usage = false;
  std::size_t piece_bytes = 16;
};

core::Result<std::vector<TextInput>> read_prompt(json::Value body) {
  const json::Value prompt = body["prompt"];
  if (prompt.is_null()) return std::vector<TextInput>{{}};
  return read_text_inputs("prompt", prompt, true);
}

core::Result<Completion> prepare(Context& context) {
  const json::Value body = context.body;
  if (auto good = check_stream_options(body); !good) return std::unexpected(good.error());
  if (auto good = check_number(body, "temperature", 0, 2); !good) return std::unexpected(good.error());
  const auto prompts = read_prompt(body);
  if (!prompts) return std::unexpected(prompts.error());
  const auto most = optional_integer(body, "max_tokens", 0);
  if (!most) return std::unexpected(most.error());
  const auto copies = optional_integer(body, "n", 1, kMostCopies);
  if (!copies) return std::unexpected(copies.error());
  const auto repeat_prompt = optional_boolean(body, "echo", false);
  if (!repeat_prompt) return std::unexpected(repeat_prompt.error());

  Completion result;
  result.include_usage = body["stream_options"]["include_usage"].boolean().value_or(false);
  const std::size_t each = static_cast<std::size_t>(copies->value_or(1));
  const std::size_t choices = prompts->size() * each;
  if (choices > kMostChoices) return bad("n", "`n` times the number of prompts must be at most 2048.");
  std::size_t bytes = 0;
  for (const TextInput& prompt : *prompts) {
    result.prompt_tokens += prompt.tokens;
    const Answer answer = compose(context.request.options, prompt.text, *most, choices);
    const std::string_view before = *repeat_prompt ? utf8_prefix(prompt.text, most_bytes(choices)) : "";
    for (std::size_t copy = 0; copy < each; ++copy) {
      result.choices.push_back({std::string(before) + answer.text, answer.cut_short});
      result.completion_tokens += answer.tokens;
      bytes += result.choices.back().text.size();
    }
  }
  result.piece_bytes = piece_bytes(context.request.options, bytes);
  JsonWriter head;
  head.begin_object().field("id", context.ids.letters("cmpl-", 29)).field("object", "text_completion");
  head.field("created", context.request.created).field("model", context.model);
  head.field("system_fingerprint", kSystemFingerprint);
  result.head = head.take();
  return result;
}

std::string_view finish_reason(const Choice& choice) {
  return choice.cut_short ? "length" : "stop";
}

void write_choice(JsonWriter& out, std::size_t index, std::string_view text, std::string_view finish) {
  out.begin_object().field("text", text).field("index", index).field("logprobs", nullptr);
  out.key("finish_reason");
  finish.empty() ? out.value(nullptr) : out.value(finish);
  out.end_object();
}

std::string whole(const Completion& completion) {
  JsonWriter out = JsonWriter::continuing(completion.head);
  out.key("choices").begin_array();
  for (std::size_t i = 0; i < completion.choices.size(); ++i) {
    write_choice(out, i, completion.choices[i].text, finish_reason(completion.choices[i]));
  }
  out.end_array().key("usage");
  write_usage(out, completion.prompt_tokens, completion.completion_tokens);
  return out.end_object().take();
}

std::vector<std::string> chunks(const Completion& completion) {
  std::vector<std::string> frames;
  const auto add = [&](std::size_t index, std::string_view text, std::string_view finish) {
    JsonWriter out = JsonWriter::continuing(completion.head);
    out.key("choices").begin_array();
    write_choice(out, index, text, finish);
    out.end_array();
    if (completion.include_usage) out.field("usage", nullptr);
    frames.push_back(data_frame(out.end_object().str()));
  };
  for (std::size_t i = 0; i < completion.choices.size(); ++i) {
    const Choice& choice = completion.choices[i];
    for (const std::string_view piece : utf8_pieces(choice.text, completion.piece_bytes)) add(i, piece, {});
    add(i, "", finish_reason(choice));
  }
  if (completion.include_usage) {
    JsonWriter out = JsonWriter::continuing(completion.head);
    out.key("choices").begin_array().end_array().key("usage");
    write_usage(out, completion.prompt_tokens, completion.completion_tokens);
    frames.push_back(data_frame(out.end_object().str()));
  }
  frames.push_back(data_frame("[DONE]"));
  return frames;
}

}  // namespace

core::Result<EchoAnswer> completion(Context& context) {
  const auto prepared = prepare(context);
  if (!prepared) return std::unexpected(prepared.error());
  EchoAnswer answer;
  answer.sse = context.stream;
  if (answer.sse) {
    answer.frames = chunks(*prepared);
  } else {
    answer.json = whole(*prepared);
  }
  return answer;
}

}  // namespace relayna::dialect::echoing
