#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "relayna/core/money.hpp"
#include "relayna/domain/token_buckets.hpp"

namespace relayna::dialect {

/// Token counts as the provider reported them, in one meaning for all APIs; unset means not reported. The
/// counts overlap: caches, audio and images are parts of `input`, reasoning, audio and images of `output`.
/// Where a provider counts otherwise, what it leaves out is added: Anthropic's `input_tokens` lack the cached
/// ones, Gemini's `candidatesTokenCount` and xAI's `completion_tokens` the reasoning, Gemini's
/// `promptTokenCount` the tools' results.
struct Usage {
  std::optional<std::int64_t> input;   ///< including what was read from or written to the prompt cache
  std::optional<std::int64_t> output;  ///< including reasoning
  std::optional<std::int64_t> total;
  std::optional<std::int64_t> cache_read;
  std::optional<std::int64_t> cache_write;     ///< of any lifetime
  std::optional<std::int64_t> cache_write_1h;  ///< the part of `cache_write` that is kept for an hour
  std::optional<std::int64_t> reasoning;
  std::optional<std::int64_t> audio_input;  ///< without those the cache served, where the provider tells them
  std::optional<std::int64_t> audio_output;
  std::optional<std::int64_t> image_input;  ///< as `audio_input`
  std::optional<std::int64_t> image_output;
  std::optional<core::Money> reported_cost;  ///< what the upstream says the request cost
  std::optional<std::string> model;          ///< what the provider says it used
  [[nodiscard]] bool reported() const noexcept { return input || output || total; }
  friend bool operator==(const Usage&, const Usage&) = default;
};

/// Every reported token in exactly one bucket: the input buckets add up to `input`, the output buckets to
/// `output`. One of the two that is not reported is what `total` leaves for it; text is what no other bucket
/// takes. Parts that are larger than their whole, or that overlap, are cut in this order: cache reads, cache
/// writes, audio, images; reasoning, audio, images. So nothing is negative and nothing counts twice: a cached
/// image is a cache read.
domain::TokenBuckets token_buckets(const Usage& usage) noexcept;

/// US dollars as an upstream writes them, in `usage.cost` or LiteLLM's header `x-litellm-response-cost`: a
/// JSON number such as `0.00491` or `2.7e-05`, surrounding blanks allowed. Exact, then rounded half-up to
/// nano-USD. nullopt for anything else: `None`, `NaN`, negative, over 9.2 billion.
std::optional<core::Money> parse_reported_cost(std::string_view text) noexcept;

}  // namespace relayna::dialect
