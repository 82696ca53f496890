#pragma once

#include <cstdint>

namespace relayna::domain {

/// Tokens of one request by what they cost: every token stands in exactly one bucket, so prices can be
/// multiplied and added without correction. Made from a provider's overlapping counts by
/// `dialect::token_buckets`.
struct TokenBuckets {
  std::int64_t input_text = 0;  ///< also video and documents: no provider tells their price apart
  std::int64_t cache_read = 0;
  std::int64_t cache_write_5m = 0;  ///< also writes whose lifetime the provider does not tell
  std::int64_t cache_write_1h = 0;
  std::int64_t output_text = 0;
  std::int64_t reasoning = 0;
  std::int64_t audio_input = 0;
  std::int64_t audio_output = 0;
  std::int64_t image_input = 0;
  std::int64_t image_output = 0;

  [[nodiscard]] constexpr std::int64_t input() const noexcept {
    return input_text + cache_read + cache_write_5m + cache_write_1h + audio_input + image_input;
  }
  [[nodiscard]] constexpr std::int64_t output() const noexcept {
    return output_text + reasoning + audio_output + image_output;
  }
  friend bool operator==(const TokenBuckets&, const TokenBuckets&) = default;
};

}  // namespace relayna::domain
