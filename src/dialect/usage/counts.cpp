#include "dialect/usage/counts.hpp"

#include <cmath>

namespace relayna::dialect {

namespace {

void set(std::optional<std::int64_t>& to, std::optional<std::int64_t> value) {
  if (value) to = value;
}

std::optional<std::int64_t> either(json::Value first, json::Value second) {
  const auto value = count(first);
  return value ? value : count(second);
}

}  // namespace

std::optional<std::int64_t> count(json::Value value) {
  constexpr double kLargest = 9e15;  // every whole number below is exact, and sums cannot overflow
  const auto real = value.number();
  if (!real || *real < 0 || *real > kLargest || *real != std::floor(*real)) return std::nullopt;
  return static_cast<std::int64_t>(*real);
}

void take_chat_usage(json::Value usage, Usage& to) {
  set(to.input, count(usage["prompt_tokens"]));
  set(to.output, count(usage["completion_tokens"]));
  set(to.total, count(usage["total_tokens"]));
  const json::Value prompt = usage["prompt_tokens_details"];
  // LiteLLM repeats the cache counts in Anthropic's words; its prompt_tokens include them.
  set(to.cache_read, either(prompt["cached_tokens"], usage["cache_read_input_tokens"]));
  set(to.cache_write, either(prompt["cache_write_tokens"], usage["cache_creation_input_tokens"]));
  set(to.reasoning, count(usage["completion_tokens_details"]["reasoning_tokens"]));
}

void take_responses_usage(json::Value usage, Usage& to) {
  set(to.input, count(usage["input_tokens"]));
  set(to.output, count(usage["output_tokens"]));
  set(to.total, count(usage["total_tokens"]));
  const json::Value input = usage["input_tokens_details"];
  set(to.cache_read, count(input["cached_tokens"]));
  set(to.cache_write, count(input["cache_write_tokens"]));
  set(to.reasoning, count(usage["output_tokens_details"]["reasoning_tokens"]));
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
  set(cache_write, count(usage["cache_creation_input_tokens"]));
}

void MessageCounts::apply(Usage& to) const {
  set(to.cache_read, cache_read);
  set(to.cache_write, cache_write);
  if (input) to.input = *input + cache_read.value_or(0) + cache_write.value_or(0);
}

}  // namespace relayna::dialect
