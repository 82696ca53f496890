#include "relayna/domain/price_catalog.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace relayna::domain {
namespace {

using core::Money;
using Kind = ProviderKind;

core::SystemTime day(const char* date) {
  return core::parse_rfc3339(std::string(date) + "T00:00:00Z").value();
}

const char* const kList = R"({
  "updated": "2026-11-20", "unit": "USD per million tokens",
  "lists": [
    {"provider": "openai", "source": "x", "checked": "2026-11-20", "models": [
      {"model": "gpt-4o", "input": 1}, {"model": "gpt-4o-2024-05-13", "input": 2}, {"model": "gpt-4o-mini", "input": 3},
      {"model": "o3", "input": 4}, {"model": "o3", "effective_from": "2025-06-10", "input": 5},
      {"model": "shared", "input": 6}, {"model": "gpt-x-latest", "input": 7}]},
    {"provider": "anthropic", "source": "x", "checked": "2026-11-20", "models": [
      {"model": "claude-3-5-sonnet", "input": 11}, {"model": "claude-sonnet-4-5", "input": 12}]},
    {"provider": "gemini", "source": "x", "checked": "2026-11-20", "models": [
      {"model": "gemini-2.0-flash", "input": 21}, {"model": "shared", "input": 22}]},
    {"provider": "groq", "source": "x", "checked": "2026-11-20", "models": [
      {"model": "openai/gpt-oss-120b", "input": 31}, {"model": "llama-3.3-70b-versatile", "input": 32}]},
    {"provider": "echo", "source": "x", "checked": "2026-11-20", "models": [{"model": "*", "input": 0}]}
  ]})";

PriceOverride over(const char* provider, const char* model, int dollars, const char* from = nullptr) {
  PriceOverride result;
  result.price.provider = provider;
  result.price.model = model;
  result.price.rates.input = Money::nanos(std::int64_t{dollars} * 1'000'000'000);
  if (from != nullptr) result.price.effective_from = day(from);
  return result;
}

PriceCatalog catalog(std::vector<PriceOverride> overrides = {}) {
  auto made = PriceCatalog::from_json(kList, std::move(overrides));
  EXPECT_TRUE(made) << made.error().describe();
  return *std::move(made);
}

/// The input rate in whole dollars; -1 when nobody knows the price.
int found(const PriceCatalog& prices, const char* provider, Kind kind, const char* model,
          const char* date = "2026-11-20") {
  const Price* price = prices.lookup({.provider = provider, .kind = kind, .model = model, .at = day(date)});
  return price == nullptr ? -1 : static_cast<int>(price->rates.input->nanos() / 1'000'000'000);
}

TEST(PriceCatalog, FindsWhatAProvidersKindCharges) {
  const PriceCatalog prices = catalog();
  EXPECT_EQ(found(prices, "main", Kind::openai, "gpt-4o"), 1);
  EXPECT_EQ(found(prices, "main", Kind::azure_openai, "gpt-4o"), 1);
  EXPECT_EQ(found(prices, "main", Kind::anthropic, "claude-sonnet-4-5"), 12);
  EXPECT_EQ(found(prices, "main", Kind::gemini, "gemini-2.0-flash"), 21);
  EXPECT_EQ(found(prices, "main", Kind::vertex, "gemini-2.0-flash"), 21);
  EXPECT_EQ(found(prices, "main", Kind::vertex, "claude-sonnet-4-5@20250929"), 12);
  EXPECT_EQ(found(prices, "main", Kind::bedrock, "anthropic.claude-3-5-sonnet-20240620-v1:0"), 11);
  EXPECT_EQ(found(prices, "main", Kind::openai, "claude-sonnet-4-5"), -1);
  EXPECT_EQ(found(prices, "main", Kind::openai, "llama-3.3-70b-versatile"), -1);
  EXPECT_EQ(found(prices, "main", Kind::internal_service, "gpt-4o"), -1);
}

TEST(PriceCatalog, AProviderNamedAfterAListChargesThatList) {
  const PriceCatalog prices = catalog();
  EXPECT_EQ(found(prices, "groq", Kind::openai, "llama-3.3-70b-versatile"), 32);
  EXPECT_EQ(found(prices, "groq", Kind::openai, "openai/gpt-oss-120b"), 31);
  EXPECT_EQ(found(prices, "groq", Kind::openai, "gpt-4o"), -1);
}

TEST(PriceCatalog, ASnapshotCostsWhatItsModelCostsUnlessItIsListed) {
  const PriceCatalog prices = catalog();
  EXPECT_EQ(found(prices, "p", Kind::openai, "gpt-4o-2024-08-06"), 1);
  EXPECT_EQ(found(prices, "p", Kind::openai, "gpt-4o-2024-05-13"), 2);
  EXPECT_EQ(found(prices, "p", Kind::openai, "gpt-4o-mini-2024-07-18"), 3);
  EXPECT_EQ(found(prices, "p", Kind::openai, "gpt-4o-latest"), 1);
  EXPECT_EQ(found(prices, "p", Kind::openai, "gpt-x-latest"), 7);
  EXPECT_EQ(found(prices, "p", Kind::gemini, "gemini-2.0-flash-001"), 21);
  EXPECT_EQ(found(prices, "p", Kind::anthropic, "claude-sonnet-4-5-20250929"), 12);
}

TEST(PriceCatalog, NeverGuessesAFamily) {
  const PriceCatalog prices = catalog();
  for (const char* model :
       {"gpt-4o-mini-x", "gpt-4o-audio-preview", "gpt-4", "gpt-4o-24-08-06", "gpt-4o-2024-8-06",
        "ft:gpt-4o-2024-08-06:acme::x", "GPT-4O", "", "-2024-08-06", "-latest"}) {
    EXPECT_EQ(found(prices, "p", Kind::openai, model), -1) << model;
  }
}

TEST(PriceCatalog, APrefixSaysWhoseModelItIs) {
  const PriceCatalog prices = catalog();
  EXPECT_EQ(found(prices, "openrouter", Kind::openai, "openai/gpt-4o"), 1);
  EXPECT_EQ(found(prices, "openrouter", Kind::openai, "openai/gpt-4o-2024-08-06"), 1);
  EXPECT_EQ(found(prices, "openrouter", Kind::openai, "anthropic/claude-sonnet-4.5"), 12);
  EXPECT_EQ(found(prices, "openrouter", Kind::openai, "anthropic/claude-3.5-sonnet"), 11);
  EXPECT_EQ(found(prices, "p", Kind::gemini, "models/gemini-2.0-flash"), 21);
  EXPECT_EQ(found(prices, "p", Kind::openai, "groq/llama-3.3-70b-versatile"), -1)
      << "may be hosted elsewhere";
  EXPECT_EQ(found(prices, "p", Kind::openai, "openai/gpt-oss-120b"), -1) << "has no price of its maker's";
  EXPECT_EQ(found(prices, "p", Kind::bedrock, "global.anthropic.claude-sonnet-4-5-20250929-v1:0"), 12);
  EXPECT_EQ(found(prices, "p", Kind::bedrock, "us.anthropic.claude-sonnet-4-5-20250929-v1:0"), -1)
      << "regional profiles cost more";
}

TEST(PriceCatalog, LiteLlmMayServeAnybodysModels) {
  const PriceCatalog prices = catalog();
  EXPECT_EQ(found(prices, "litellm", Kind::litellm, "gpt-4o"), 1);
  EXPECT_EQ(found(prices, "litellm", Kind::litellm, "claude-sonnet-4-5-20250929"), 12);
  EXPECT_EQ(found(prices, "litellm", Kind::litellm, "groq/llama-3.3-70b-versatile"), 32);
  EXPECT_EQ(found(prices, "litellm", Kind::litellm, "groq/openai/gpt-oss-120b"), 31);
  EXPECT_EQ(found(prices, "litellm", Kind::litellm, "bedrock/anthropic.claude-3-5-sonnet-20240620-v1:0"), 11);
  EXPECT_EQ(found(prices, "litellm", Kind::litellm, "vertex_ai/claude-sonnet-4-5@20250929"), 12);
  EXPECT_EQ(found(prices, "litellm", Kind::litellm, "shared"), -1) << "two lists have it";
  EXPECT_EQ(found(prices, "litellm", Kind::litellm, "whatever"), -1) << "echo's zero is echo's alone";
}

TEST(PriceCatalog, EchoIsFree) {
  const PriceCatalog prices = catalog();
  EXPECT_EQ(found(prices, "echo", Kind::echo, "anything"), 0);
  EXPECT_EQ(found(prices, "main", Kind::echo, "gpt-4o"), 0);
  EXPECT_EQ(found(prices, "echo", Kind::openai, "gpt-4o"), 1) << "a provider that is only called so";
}

TEST(PriceCatalog, TheLatestPriceThatHasBegunCounts) {
  const PriceCatalog prices = catalog();
  EXPECT_EQ(found(prices, "p", Kind::openai, "o3", "2025-06-09"), 4);
  EXPECT_EQ(found(prices, "p", Kind::openai, "o3", "2025-06-10"), 5);
  EXPECT_EQ(found(prices, "p", Kind::openai, "o3", "2027-01-01"), 5);
}

TEST(PriceCatalog, AnOverrideGoesBeforeTheList) {
  const PriceCatalog prices =
      catalog({over("mine", "gpt-4o", 100), over("mine", "gpt-*", 101), over("mine", "gpt-4*", 102),
               over("mine", "*", 103, "2027-01-01"), over("mine", "o3", 104, "2026-01-01"),
               over("mine", "o3", 105, "2027-01-01")});
  EXPECT_EQ(found(prices, "mine", Kind::openai, "gpt-4o"), 100);
  EXPECT_EQ(found(prices, "mine", Kind::openai, "gpt-4o-2024-05-13"), 100)
      << "a snapshot of an overridden model";
  EXPECT_EQ(found(prices, "mine", Kind::openai, "gpt-4o-mini"), 102);
  EXPECT_EQ(found(prices, "mine", Kind::openai, "gpt-9"), 101);
  EXPECT_EQ(found(prices, "mine", Kind::openai, "unknown"), -1);
  EXPECT_EQ(found(prices, "mine", Kind::openai, "unknown", "2027-01-01"), 103);
  EXPECT_EQ(found(prices, "mine", Kind::openai, "o3", "2025-12-31"), 5) << "the override has not begun";
  EXPECT_EQ(found(prices, "mine", Kind::openai, "o3", "2026-12-31"), 104);
  EXPECT_EQ(found(prices, "mine", Kind::openai, "o3", "2027-01-01"), 105);
  EXPECT_EQ(found(prices, "other", Kind::openai, "gpt-4o"), 1);
  EXPECT_EQ(found(prices, "mine", Kind::internal_service, "gpt-4o"), 100);
}

TEST(PriceCatalog, AnOverrideThatIsSwitchedOffIsAsIfItWereNotThere) {
  PriceOverride off = over("main", "gpt-4o", 90);
  off.enabled = false;
  EXPECT_EQ(found(catalog({off}), "main", Kind::openai, "gpt-4o"), 1);
  EXPECT_EQ(found(catalog({off, over("main", "gpt-4o", 91)}), "main", Kind::openai, "gpt-4o"), 91);
}

TEST(PriceCatalog, SurvivesBeingMoved) {
  PriceCatalog first = catalog({over("mine", "m", 100)});
  const PriceCatalog second = std::move(first);
  EXPECT_EQ(found(second, "mine", Kind::openai, "m"), 100);
  EXPECT_EQ(found(PriceCatalog(), "mine", Kind::openai, "m"), -1);
}

TEST(PriceCatalog, RefusesAListWithMistakes) {
  const auto made = PriceCatalog::from_json(R"({"updated": "20 Nov", "unit": "EUR", "extra": 1, "lists": [
      {"provider": "a", "source": "", "checked": "2026-13-01", "models": [
        {"model": "m", "input": 1}, {"model": "m", "input": 2}, {"model": "n"}, {"model": "o", "input": -1},
        {"model": "p", "output_usd_per_million": 1}, 7]},
      {"provider": "a", "source": "x", "checked": "2026-11-20"}]})",
                                            {over("p", "m", 1), over("p", "m", 2)});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message,
            "extra: is unknown\n"
            "updated: must be a date\n"
            "unit: must be `USD per million tokens`\n"
            "lists[0].source: must be a string that is not empty\n"
            "lists[0].checked: must be a date\n"
            "a/m: has two prices from the same moment\n"
            "lists[0].models[2].price: has no rate\n"
            "lists[0].models[3].input: must not be negative\n"
            "lists[0].models[4].output_usd_per_million: is not a price field\n"
            "lists[0].models[5].price: must be an object\n"
            "lists[1].provider: has a list already\n"
            "lists[1].models: must be a list\n"
            "override p/m: has two prices from the same moment");
  EXPECT_EQ(PriceCatalog::from_json("{").error().code, core::ErrorCode::invalid_json);
}

class BuiltInPrices : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = PriceCatalog::built_in();
    ASSERT_TRUE(made) << made.error().message;
    prices_ = *std::move(made);
  }
  std::string input(Kind kind, const char* model) {
    const Price* price =
        prices_.lookup({.provider = "p", .kind = kind, .model = model, .at = day("2026-11-20")});
    return price == nullptr ? "unpriced" : price->rates.input->str();
  }
  PriceCatalog prices_;
};

TEST_F(BuiltInPrices, KnowTheModelsPeopleUse) {
  EXPECT_EQ(input(Kind::openai, "gpt-4o-2024-11-20"), "2.5");
  EXPECT_EQ(input(Kind::openai, "gpt-5-mini-2025-08-07"), "0.25");
  EXPECT_EQ(input(Kind::openai, "o3-2025-04-16"), "2");
  EXPECT_EQ(input(Kind::openai, "text-embedding-3-small"), "0.02");
  EXPECT_EQ(input(Kind::anthropic, "claude-opus-4-1-20250805"), "15");
  EXPECT_EQ(input(Kind::anthropic, "claude-haiku-4-5-20251001"), "1");
  EXPECT_EQ(input(Kind::anthropic, "claude-3-5-haiku-latest"), "0.8");
  EXPECT_EQ(input(Kind::bedrock, "anthropic.claude-3-5-sonnet-20241022-v2:0"), "3");
  EXPECT_EQ(input(Kind::gemini, "gemini-2.5-flash"), "0.3");
  EXPECT_EQ(input(Kind::litellm, "deepseek/deepseek-chat"), "0.14");
  EXPECT_EQ(input(Kind::litellm, "groq/llama-3.1-8b-instant"), "0.05");
  EXPECT_EQ(input(Kind::litellm, "xai/grok-4"), "3");
  EXPECT_EQ(input(Kind::cohere, "command-a-03-2025"), "2.5");
  EXPECT_EQ(input(Kind::echo, "echo"), "0");
}

// Mistakes of a slipped decimal point or a swapped column, which no reader notices in a hundred lines.
TEST_F(BuiltInPrices, ArePlausible) {
  EXPECT_GT(prices_.listed().size(), 100U);
  for (const Price& price : prices_.listed()) {
    if (price.provider == "echo") continue;
    const std::string name = price.provider + "/" + price.model;
    const Rates& r = price.rates;
    ASSERT_TRUE(r.input) << name;
    EXPECT_GE(*r.input, Money::nanos(10'000'000)) << name << ": below a cent per million";
    EXPECT_LE(*r.input, Money::nanos(150'000'000'000)) << name;
    if (r.output) EXPECT_GE(*r.output, *r.input) << name;
    if (r.output) EXPECT_LE(r.output->nanos(), r.input->nanos() * 20) << name;
    if (r.cache_read) EXPECT_LT(*r.cache_read, *r.input) << name;
    if (r.cache_write) EXPECT_GT(*r.cache_write, *r.input) << name;
    if (r.cache_write_1h) EXPECT_GT(*r.cache_write_1h, *r.cache_write) << name;
    if (r.audio_input) EXPECT_GE(*r.audio_input, *r.input) << name;
    if (!price.long_context) continue;
    EXPECT_GE(price.long_context->above_input_tokens, 128'000) << name;
    EXPECT_GT(*price.long_context->rates.input, *r.input) << name;
    EXPECT_GT(*price.long_context->rates.output, *r.output) << name;
  }
}

TEST_F(BuiltInPrices, AnthropicsCachesFollowItsMultipliers) {
  for (const Price& price : prices_.listed()) {
    if (price.provider != "anthropic" || price.model == "claude-3-haiku") continue;  // its prices are rounded
    const auto follows = [&](const Rates& r) {
      EXPECT_EQ(r.cache_read->nanos() * 10, r.input->nanos()) << price.model;
      EXPECT_EQ(r.cache_write->nanos() * 4, r.input->nanos() * 5) << price.model;
      EXPECT_EQ(r.cache_write_1h->nanos(), r.input->nanos() * 2) << price.model;
    };
    follows(price.rates);
    if (price.long_context) follows(price.long_context->rates);
  }
}

}  // namespace
}  // namespace relayna::domain
