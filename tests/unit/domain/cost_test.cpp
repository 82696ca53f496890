#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "relayna/domain/prices.hpp"

namespace relayna::domain {
namespace {

using core::Money;

constexpr auto kMost = std::numeric_limits<std::int64_t>::max();

Money usd(const char* text) {
  return Money::parse(text).value();
}

Price sonnet() {
  Price price;
  price.rates = {.input = usd("3"),
                 .output = usd("15"),
                 .cache_read = usd("0.3"),
                 .cache_write = usd("3.75"),
                 .cache_write_1h = usd("6")};
  price.long_context = LongContext{200'000,
                                   {.input = usd("6"),
                                    .output = usd("22.5"),
                                    .cache_read = usd("0.6"),
                                    .cache_write = usd("7.5"),
                                    .cache_write_1h = usd("12")}};
  return price;
}

TEST(Cost, AddsEveryBucketAtItsRate) {
  const TokenBuckets tokens{.input_text = 1000,
                            .cache_read = 20'000,
                            .cache_write_5m = 400,
                            .cache_write_1h = 300,
                            .output_text = 500,
                            .reasoning = 200};
  // 0.003 + 0.006 + 0.0015 + 0.0018 + 0.0075 + 0.003
  EXPECT_EQ(cost(sonnet(), tokens), usd("0.0228"));
}

TEST(Cost, IsExactToTheNanoDollarAndRoundsHalfUpOnce) {
  Price price;
  price.rates.input = Money::nanos(1);  // a nano-dollar per million tokens
  price.rates.output = Money::nanos(1);
  EXPECT_EQ(cost(price, {.input_text = 499'999}), Money::nanos(0));
  EXPECT_EQ(cost(price, {.input_text = 500'000}), Money::nanos(1));
  EXPECT_EQ(cost(price, {.input_text = 1'499'999}), Money::nanos(1));
  EXPECT_EQ(cost(price, {.input_text = 1'500'000}), Money::nanos(2));
  // Each bucket alone would be rounded down.
  EXPECT_EQ(cost(price, {.input_text = 250'000, .output_text = 250'000}), Money::nanos(1));
}

TEST(Cost, UnsetRatesFallBackToADearerOne) {
  Price price;
  price.rates = {.input = usd("2"), .output = usd("8")};
  const auto million = [&](auto member) {
    TokenBuckets tokens;
    tokens.*member = 1'000'000;
    return cost(price, tokens);
  };
  EXPECT_EQ(million(&TokenBuckets::cache_read), usd("2"));
  EXPECT_EQ(million(&TokenBuckets::cache_write_5m), usd("2"));
  EXPECT_EQ(million(&TokenBuckets::cache_write_1h), usd("2"));
  EXPECT_EQ(million(&TokenBuckets::image_input), usd("2"));
  EXPECT_EQ(million(&TokenBuckets::reasoning), usd("8"));
  price.rates.cache_write = usd("2.5");
  EXPECT_EQ(million(&TokenBuckets::cache_write_1h), usd("2.5"));
}

TEST(Cost, TokensWithoutARateMakeItUnknown) {
  Price price;
  price.rates = {.input = usd("2"), .output = usd("8")};
  for (const auto member :
       {&TokenBuckets::audio_input, &TokenBuckets::audio_output, &TokenBuckets::image_output}) {
    TokenBuckets tokens{.input_text = 5};
    EXPECT_TRUE(cost(price, tokens));
    tokens.*member = 1;
    EXPECT_EQ(cost(price, tokens), std::nullopt);
  }
  Price embedding;
  embedding.rates.input = usd("0.02");
  EXPECT_EQ(cost(embedding, {.input_text = 1'000'000}), usd("0.02"));
  EXPECT_EQ(cost(embedding, {.output_text = 1}), std::nullopt);
}

TEST(Cost, ZeroIsAPrice) {
  Price price;
  price.rates = {.input = Money{}, .output = Money{}};
  EXPECT_EQ(cost(price, {.input_text = 5, .output_text = 7}), Money{});
  EXPECT_EQ(charge(std::nullopt, &price, {.input_text = 5}, usd("1")),
            (Charge{Money{}, CostSource::catalog}));
}

TEST(Cost, ARequestMayCostByItself) {
  Price price;
  price.rates = {.input = usd("1"), .output = Money{}};
  price.per_request = usd("0.005");
  EXPECT_EQ(cost(price, {.input_text = 1'000}), usd("0.006"));
  EXPECT_EQ(cost(price, {}), usd("0.005"));
}

TEST(Cost, LongContextPricesTheWholeRequest) {
  EXPECT_EQ(cost(sonnet(), {.input_text = 200'000, .output_text = 1000}), usd("0.615"));
  EXPECT_EQ(cost(sonnet(), {.input_text = 200'001, .output_text = 1000}), usd("1.222506"));
  // The caches count to the length.
  EXPECT_EQ(cost(sonnet(), {.input_text = 1, .cache_read = 200'000}), usd("0.120006"));
}

TEST(Cost, SaturatesInsteadOfOverflowing) {
  Price price;
  price.rates = {
      .input = Money::nanos(kMost), .output = Money::nanos(kMost), .cache_read = Money::nanos(kMost)};
  price.rates.reasoning = price.rates.audio_input = price.rates.image_input = Money::nanos(kMost);
  const TokenBuckets most{.input_text = kMost,
                          .cache_read = kMost,
                          .cache_write_5m = kMost,
                          .output_text = kMost,
                          .reasoning = kMost,
                          .audio_input = kMost,
                          .image_input = kMost};
  EXPECT_EQ(cost(price, most), Money::nanos(kMost));
  EXPECT_EQ(estimate_cost(price, kMost, kMost), Money::nanos(kMost));
  EXPECT_EQ(cost(price, {.input_text = -5}), Money{});
}

TEST(EstimateCost, TakesTheDearestRates) {
  // 10,000 at 6 (an hour's cache write), 1,000 at 15.
  EXPECT_EQ(estimate_cost(sonnet(), 10'000, 1'000), usd("0.075"));
  EXPECT_EQ(estimate_cost(sonnet(), 200'001, 0), usd("2.400012"));
  Price audio;
  audio.rates = {
      .input = usd("2.5"), .output = usd("10"), .audio_input = usd("32"), .audio_output = usd("64")};
  EXPECT_EQ(estimate_cost(audio, 1'000'000, 1'000'000), usd("66.5"));
  audio.per_request = usd("1");
  EXPECT_EQ(estimate_cost(audio, 0, 0), usd("1"));
  Price embedding;
  embedding.rates.input = usd("0.02");
  EXPECT_EQ(estimate_cost(embedding, 1'000'000, 0), usd("0.02"));
  EXPECT_EQ(estimate_cost(embedding, 1, 1), std::nullopt);
}

TEST(Charge, AsksInOrder) {
  const Price price = sonnet();
  const TokenBuckets tokens{.input_text = 1'000'000 / 5};
  EXPECT_EQ(charge(usd("0.1"), &price, tokens, usd("9")), (Charge{usd("0.1"), CostSource::upstream}));
  EXPECT_EQ(charge(Money{}, &price, tokens, usd("9")), (Charge{Money{}, CostSource::upstream}));
  EXPECT_EQ(charge(std::nullopt, &price, tokens, usd("9")), (Charge{usd("0.6"), CostSource::catalog}));
  EXPECT_EQ(charge(std::nullopt, nullptr, tokens, usd("9")), (Charge{usd("9"), CostSource::route_default}));
  EXPECT_EQ(charge(std::nullopt, nullptr, tokens, std::nullopt), Charge{});
  EXPECT_EQ(charge(std::nullopt, &price, {.audio_input = 1}, std::nullopt), Charge{});
  EXPECT_EQ(charge(std::nullopt, &price, {.audio_input = 1}, usd("9")).source, CostSource::route_default);
}

TEST(CostSource, NamesRoundTrip) {
  for (const auto source :
       {CostSource::upstream, CostSource::catalog, CostSource::route_default, CostSource::unpriced}) {
    EXPECT_EQ(parse_cost_source(to_string(source)), source);
  }
  EXPECT_EQ(parse_cost_source("list"), std::nullopt);
}

// The arithmetic once more with decimal digits on paper, for what 128 bits might get wrong.
class Paper {
 public:
  void add_product(std::int64_t a, std::int64_t b) {
    const std::string x = reversed(a);
    const std::string y = reversed(b);
    std::vector<int> product(x.size() + y.size() + 1, 0);
    for (std::size_t i = 0; i < x.size(); ++i) {
      for (std::size_t j = 0; j < y.size(); ++j) product[i + j] += (x[i] - '0') * (y[j] - '0');
    }
    if (digits_.size() < product.size()) digits_.resize(product.size(), 0);
    for (std::size_t i = 0; i < product.size(); ++i) digits_[i] += product[i];
    digits_.push_back(0);
    for (std::size_t i = 0; i + 1 < digits_.size(); ++i) {
      digits_[i + 1] += digits_[i] / 10;
      digits_[i] %= 10;
    }
  }
  /// Divided by 10^6, half-up.
  [[nodiscard]] std::string rounded() const {
    std::vector<int> digits = digits_;
    digits.resize(std::max<std::size_t>(digits.size(), 8), 0);
    digits.push_back(0);
    const bool up = digits[5] >= 5;
    digits.erase(digits.begin(), digits.begin() + 6);
    for (std::size_t i = 0; up && i < digits.size(); ++i) {
      if (++digits[i] < 10) break;
      digits[i] = 0;
    }
    std::string text;
    for (const int d : digits) text.insert(text.begin(), static_cast<char>('0' + d));
    text.erase(0, std::min(text.find_first_not_of('0'), text.size() - 1));
    return text;
  }

 private:
  static std::string reversed(std::int64_t value) {
    std::string text = std::to_string(value);
    std::ranges::reverse(text);
    return text;
  }
  std::vector<int> digits_;
};

struct Slot {
  std::int64_t TokenBuckets::* tokens;
  std::optional<Money> Rates::* rate;
};
constexpr std::array kSlots{
    Slot{&TokenBuckets::input_text, &Rates::input},
    Slot{&TokenBuckets::cache_read, &Rates::cache_read},
    Slot{&TokenBuckets::cache_write_5m, &Rates::cache_write},
    Slot{&TokenBuckets::cache_write_1h, &Rates::cache_write_1h},
    Slot{&TokenBuckets::output_text, &Rates::output},
    Slot{&TokenBuckets::reasoning, &Rates::reasoning},
    Slot{&TokenBuckets::audio_input, &Rates::audio_input},
    Slot{&TokenBuckets::audio_output, &Rates::audio_output},
    Slot{&TokenBuckets::image_input, &Rates::image_input},
    Slot{&TokenBuckets::image_output, &Rates::image_output},
};

class CostProperties : public ::testing::Test {
 protected:
  std::int64_t below(std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(0, most)(engine_);
  }
  /// Of every size alike.
  std::int64_t any_size(std::int64_t most) { return below(most >> below(40)); }
  Price any_price() {
    Price price;
    for (const Slot& slot : kSlots) price.rates.*slot.rate = Money::nanos(any_size(1'000'000'000'000));
    return price;
  }
  TokenBuckets any_tokens() {
    TokenBuckets tokens;
    for (const Slot& slot : kSlots) tokens.*slot.tokens = any_size(1'000'000'000);
    return tokens;
  }
  std::mt19937_64 engine_{20261120};
};

TEST_F(CostProperties, AgreesWithPaper) {
  for (int round = 0; round < 20'000; ++round) {
    const Price price = any_price();
    const TokenBuckets tokens = any_tokens();
    Paper paper;
    for (const Slot& slot : kSlots) paper.add_product(tokens.*slot.tokens, (price.rates.*slot.rate)->nanos());
    ASSERT_EQ(std::to_string(cost(price, tokens)->nanos()), paper.rounded());
  }
}

TEST_F(CostProperties, HalvesAreRoundedUpAndNothingLess) {
  for (int round = 0; round < 20'000; ++round) {
    Price price;
    const std::int64_t nanos = below(1'000'000'000);
    const std::int64_t rest = below(999'999);
    price.rates.input = Money::nanos(nanos * 1'000'000 + rest);
    ASSERT_EQ(cost(price, {.input_text = 1})->nanos(), nanos + (rest >= 500'000 ? 1 : 0));
  }
}

TEST_F(CostProperties, MoreTokensNeverCostLess) {
  for (int round = 0; round < 5'000; ++round) {
    Price price = any_price();
    if (below(1) == 1) {  // dearer above a threshold, as every provider has it
      price.long_context = LongContext{1 + any_size(1'000'000'000), price.rates};
      for (const Slot& slot : kSlots) {
        auto& rate = price.long_context->rates.*slot.rate;
        rate = *rate + Money::nanos(any_size(1'000'000'000'000));
      }
    }
    const TokenBuckets tokens = any_tokens();
    for (const Slot& slot : kSlots) {
      TokenBuckets more = tokens;
      more.*slot.tokens += any_size(1'000'000);
      ASSERT_GE(*cost(price, more), *cost(price, tokens));
    }
  }
}

TEST_F(CostProperties, PartsCostTheWholeButForRounding) {
  for (int round = 0; round < 5'000; ++round) {
    const Price price = any_price();
    const TokenBuckets a = any_tokens();
    const TokenBuckets b = any_tokens();
    TokenBuckets both = a;
    for (const Slot& slot : kSlots) both.*slot.tokens += b.*slot.tokens;
    const std::int64_t difference =
        cost(price, both)->nanos() - cost(price, a)->nanos() - cost(price, b)->nanos();
    ASSERT_LE(std::abs(difference), 1);
  }
}

TEST_F(CostProperties, AnEstimateIsNeverBelowWhatTextComesTo) {
  for (int round = 0; round < 5'000; ++round) {
    Price price = any_price();
    if (below(1) == 1) price.long_context = LongContext{1 + any_size(1'000'000'000), any_price().rates};
    TokenBuckets tokens = any_tokens();
    tokens.audio_input = tokens.image_input = 0;
    if (price.long_context && tokens.input() <= price.long_context->above_input_tokens)
      price.long_context.reset();
    ASSERT_GE(*estimate_cost(price, tokens.input(), tokens.output()), *cost(price, tokens));
  }
}

}  // namespace
}  // namespace relayna::domain
