#include <array>
#include <cstdint>
#include <optional>
#include <random>

#include <gtest/gtest.h>

#include "relayna/dialect/usage.hpp"

namespace relayna::dialect {
namespace {

using domain::TokenBuckets;

TEST(TokenBuckets, PutEveryTokenInOneBucket) {
  const TokenBuckets buckets = token_buckets({.input = 1000,
                                              .output = 500,
                                              .total = 1500,
                                              .cache_read = 300,
                                              .cache_write = 200,
                                              .cache_write_1h = 50,
                                              .reasoning = 100,
                                              .audio_input = 40,
                                              .audio_output = 60,
                                              .image_input = 20,
                                              .image_output = 30});
  EXPECT_EQ(buckets, (TokenBuckets{.input_text = 440,
                                   .cache_read = 300,
                                   .cache_write_5m = 150,
                                   .cache_write_1h = 50,
                                   .output_text = 310,
                                   .reasoning = 100,
                                   .audio_input = 40,
                                   .audio_output = 60,
                                   .image_input = 20,
                                   .image_output = 30}));
}

TEST(TokenBuckets, PlainTextIsText) {
  EXPECT_EQ(token_buckets({.input = 3, .output = 4}), (TokenBuckets{.input_text = 3, .output_text = 4}));
  EXPECT_EQ(token_buckets({}), TokenBuckets{});
}

TEST(TokenBuckets, WhatIsNotReportedIsWhatTheTotalLeaves) {
  EXPECT_EQ(token_buckets({.input = 3, .total = 10}), (TokenBuckets{.input_text = 3, .output_text = 7}));
  EXPECT_EQ(token_buckets({.output = 3, .total = 10}), (TokenBuckets{.input_text = 7, .output_text = 3}));
  EXPECT_EQ(token_buckets({.total = 10}), (TokenBuckets{.input_text = 10}));
  EXPECT_EQ(token_buckets({.input = 10, .total = 4}), (TokenBuckets{.input_text = 10}));
}

TEST(TokenBuckets, ACachedImageIsACacheRead) {
  EXPECT_EQ(token_buckets({.input = 100, .cache_read = 90, .image_input = 80}),
            (TokenBuckets{.cache_read = 90, .image_input = 10}));
}

TEST(TokenBuckets, PartsLargerThanTheirWholeAreCut) {
  EXPECT_EQ(token_buckets({.input = 10, .output = 5, .cache_read = 8, .cache_write = 7, .reasoning = 9}),
            (TokenBuckets{.cache_read = 8, .cache_write_5m = 2, .reasoning = 5}));
  EXPECT_EQ(token_buckets({.input = 10, .cache_write = 4, .cache_write_1h = 6}),
            (TokenBuckets{.input_text = 6, .cache_write_1h = 4}));
  EXPECT_EQ(token_buckets({.cache_read = 8, .reasoning = 3}), TokenBuckets{});
  EXPECT_EQ(token_buckets({.input = -5, .output = 2, .cache_read = -1, .reasoning = -7}),
            (TokenBuckets{.output_text = 2}));
}

// Whatever a provider says of the parts, the sums are its own.
TEST(TokenBuckets, AddUpToWhatWasReportedWhateverTheParts) {
  std::mt19937_64 engine(20261120);
  const auto count = [&]() -> std::optional<std::int64_t> {
    if (engine() % 4 == 0) return std::nullopt;
    return static_cast<std::int64_t>(engine() % 10'000'000 >> (engine() % 24));
  };
  for (int round = 0; round < 50'000; ++round) {
    Usage usage{.input = count(), .output = count(), .total = count(), .cache_read = count()};
    usage.cache_write = count();
    usage.cache_write_1h = count();
    usage.reasoning = count();
    usage.audio_input = count();
    usage.audio_output = count();
    usage.image_input = count();
    usage.image_output = count();
    const TokenBuckets b = token_buckets(usage);
    for (const std::int64_t part :
         {b.input_text, b.cache_read, b.cache_write_5m, b.cache_write_1h, b.output_text, b.reasoning,
          b.audio_input, b.audio_output, b.image_input, b.image_output}) {
      ASSERT_GE(part, 0);
    }
    if (usage.input) ASSERT_EQ(b.input(), *usage.input);
    if (usage.output) ASSERT_EQ(b.output(), *usage.output);
    if (!usage.reported()) ASSERT_EQ(b, TokenBuckets{});
  }
}

}  // namespace
}  // namespace relayna::dialect
