#include "dialect/usage/counts.hpp"

#include <cmath>

namespace relayna::dialect {

namespace {

std::optional<std::int64_t> first_of(std::initializer_list<json::Value> places) {
  for (const json::Value place : places) {
    if (const auto value = count(place)) return value;
  }
  return std::nullopt;
}

/// What one usage object says, as opposed to what earlier ones of the stream said.
struct Told {
  std::optional<std::int64_t> input;
  std::optional<std::int64_t> output;
  std::optional<std::int64_t> total;
};

void take_sums(const Told& told, Usage& to) {
  set(to.input, told.input);
  set(to.output, told.output);
  set(to.total, told.total);
}

// xAI's `completion_tokens` leave the reasoning out, Gemini's OpenAI-compatible endpoint leaves it out and
// does not name it either; the total of both has it.
void add_hidden_reasoning(const Told& told, std::optional<std::int64_t> named, Usage& to) {
  if (!told.input || !told.output || !told.total) return;
  const std::int64_t hidden = *told.total - *told.input - *told.output;
  if (hidden <= 0 || (named.value_or(0) != 0 && named != hidden)) return;
  to.output = *told.output + hidden;
  to.reasoning = hidden;
}

}  // namespace

void set(std::optional<std::int64_t>& to, std::optional<std::int64_t> value) {
  if (value) to = value;
}

std::optional<std::int64_t> count(json::Value value) {
  constexpr double kLargest = 9e15;  // every whole number below is exact, and sums cannot overflow
  const auto real = value.number();
  if (!real || *real < 0 || *real > kLargest || *real != std::floor(*real)) return std::nullopt;
  return static_cast<std::int64_t>(*real);
}

void take_chat_usage(json::Value usage, Usage& to) {
  const Told told{count(usage["prompt_tokens"]), count(usage["completion_tokens"]),
                  count(usage["total_tokens"])};
  take_sums(told, to);
  const json::Value prompt = usage["prompt_tokens_details"];
  // LiteLLM repeats the cache counts in Anthropic's words; its prompt_tokens include them. DeepSeek has words
  // of its own.
  set(to.cache_read, first_of({prompt["cached_tokens"], usage["cache_read_input_tokens"],
                               usage["prompt_cache_hit_tokens"]}));
  set(to.cache_write, first_of({prompt["cache_write_tokens"], usage["cache_creation_input_tokens"],
                                prompt["cache_creation_tokens"]}));
  set(to.cache_write_1h, count(prompt["cache_creation_token_details"]["ephemeral_1h_input_tokens"]));
  set(to.audio_input, count(prompt["audio_tokens"]));
  set(to.image_input, count(prompt["image_tokens"]));
  const json::Value completion = usage["completion_tokens_details"];
  const auto reasoning = count(completion["reasoning_tokens"]);
  set(to.reasoning, reasoning);
  set(to.audio_output, count(completion["audio_tokens"]));
  set(to.image_output, count(completion["image_tokens"]));
  add_hidden_reasoning(told, reasoning, to);
}

void take_responses_usage(json::Value usage, Usage& to) {
  const Told told{count(usage["input_tokens"]), count(usage["output_tokens"]), count(usage["total_tokens"])};
  take_sums(told, to);
  const json::Value input = usage["input_tokens_details"];
  set(to.cache_read, count(input["cached_tokens"]));
  set(to.cache_write, count(input["cache_write_tokens"]));
  set(to.audio_input, count(input["audio_tokens"]));
  set(to.image_input, count(input["image_tokens"]));
  const json::Value output = usage["output_tokens_details"];
  const auto reasoning = count(output["reasoning_tokens"]);
  set(to.reasoning, reasoning);
  set(to.audio_output, count(output["audio_tokens"]));
  set(to.image_output, count(output["image_tokens"]));
  add_hidden_reasoning(told, reasoning, to);
}

void take_messages_usage(json::Value usage, MessageCounts& counts, Usage& to) {
  counts.take(usage);
  counts.apply(to);
  set(to.output, count(usage["output_tokens"]));
  set(to.reasoning, count(usage["output_tokens_details"]["thinking_tokens"]));
}

void MessageCounts::take(json::Value usage) {
  set(input, count(usage["input_tokens"]));
  set(cache_read, count(usage["cache_read_input_tokens"]));
  const json::Value by_lifetime = usage["cache_creation"];
  const auto short_lived = count(by_lifetime["ephemeral_5m_input_tokens"]);
  set(cache_write_1h, count(by_lifetime["ephemeral_1h_input_tokens"]));
  if (const auto all = count(usage["cache_creation_input_tokens"])) {
    cache_write = all;
  } else if (by_lifetime.object()) {
    cache_write = short_lived.value_or(0) + cache_write_1h.value_or(0);
  }
}

void MessageCounts::apply(Usage& to) const {
  set(to.cache_read, cache_read);
  set(to.cache_write, cache_write);
  set(to.cache_write_1h, cache_write_1h);
  if (input) to.input = *input + cache_read.value_or(0) + cache_write.value_or(0);
}

}  // namespace relayna::dialect
