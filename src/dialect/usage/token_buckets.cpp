#include <algorithm>

#include "relayna/dialect/usage.hpp"

namespace relayna::dialect {

namespace {

/// Cuts a part off what is left of its whole.
std::int64_t take(std::optional<std::int64_t> part, std::int64_t& left) {
  const std::int64_t taken = std::clamp<std::int64_t>(part.value_or(0), 0, left);
  left -= taken;
  return taken;
}

std::int64_t whole(std::optional<std::int64_t> own, std::optional<std::int64_t> total,
                   std::optional<std::int64_t> other) {
  if (!own && total) own = *total - std::max<std::int64_t>(other.value_or(0), 0);
  return std::max<std::int64_t>(own.value_or(0), 0);
}

}  // namespace

domain::TokenBuckets token_buckets(const Usage& usage) noexcept {
  domain::TokenBuckets buckets;
  // Of a total alone all is input: so is that of embeddings.
  std::int64_t input = whole(usage.input, usage.total, usage.output);
  std::int64_t output = usage.output || usage.input ? whole(usage.output, usage.total, usage.input) : 0;

  buckets.cache_read = take(usage.cache_read, input);
  std::int64_t written = take(usage.cache_write, input);
  buckets.cache_write_1h = take(usage.cache_write_1h, written);
  buckets.cache_write_5m = written;
  buckets.audio_input = take(usage.audio_input, input);
  buckets.image_input = take(usage.image_input, input);
  buckets.input_text = input;

  buckets.reasoning = take(usage.reasoning, output);
  buckets.audio_output = take(usage.audio_output, output);
  buckets.image_output = take(usage.image_output, output);
  buckets.output_text = output;
  return buckets;
}

}  // namespace relayna::dialect
