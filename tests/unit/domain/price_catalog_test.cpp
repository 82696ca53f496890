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
      {"model": "shared", "input": 6}, {"model": "gpt-x-latest", "input": 7}, {"model": "gpt-3.5-turbo", "input": 8},
      {"model": "gpt-3.5-turbo-1106", "input": 9}]},
    {"provider": "anthropic", "source": "x", "checked": "2026-11-20", "models": [
      {"model": "claude-3-5-sonnet", "input": 11}, {"model": "claude-sonnet-4-5", "input": 12},
      {"model": "regional/claude-sonnet-4-5", "input": 13}]},
    {"provider": "gemini", "source": "x", "checked": "2026-11-20", "models": [
      {"model": "gemini-2.0-flash", "input": 21}, {"model": "shared", "input": 22},
      {"model": "gemini-2.5-pro", "input": 23}, {"model": "gemini-3-pro-preview", "input": 24}]},
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
  EXPECT_EQ(found(prices, "p", Kind::vertex, "claude-3-5-sonnet-v2@20241022"), 11);
  EXPECT_EQ(found(prices, "p", Kind::gemini, "gemini-2.5-pro-preview-05-06"), 23);
  EXPECT_EQ(found(prices, "p", Kind::gemini, "gemini-2.5-pro-preview-09-2025"), 23);
  EXPECT_EQ(found(prices, "p", Kind::gemini, "gemini-3-pro-preview-11-2025"), 24);
}

TEST(PriceCatalog, AzureWritesItsOldestModelWithoutADot) {
  const PriceCatalog prices = catalog();
  EXPECT_EQ(found(prices, "p", Kind::azure_openai, "gpt-35-turbo"), 8);
  EXPECT_EQ(found(prices, "p", Kind::azure_openai, "gpt-35-turbo-1106"), 9);
  EXPECT_EQ(found(prices, "p", Kind::azure_openai, "gpt-35-turbo-2024-01-25"), 8);
  EXPECT_EQ(found(prices, "p", Kind::azure_openai, "gpt-35-"), -1);
}

TEST(PriceCatalog, NeverGuessesAFamily) {
  const PriceCatalog prices = catalog();
  for (const char* model : {"gpt-4o-mini-x", "gpt-4o-audio-preview", "gpt-4", "gpt-4o-24-08-06",
                            "gpt-4o-2024-8-06", "ft:gpt-4o-2024-08-06:acme::x", "GPT-4O", "", "-2024-08-06",
                            "-latest", "gpt-4o-05-06", "gpt-4o-v2", "gpt-4o-preview"}) {
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
}

TEST(PriceCatalog, ARegionalProfileHasAPriceOfItsOwn) {
  const PriceCatalog prices = catalog();
  for (const char* region : {"us", "eu", "apac", "jp", "au"}) {
    const std::string model = std::string(region) + ".anthropic.claude-sonnet-4-5-20250929-v1:0";
    EXPECT_EQ(found(prices, "p", Kind::bedrock, model.c_str()), 13) << model;
  }
  EXPECT_EQ(found(prices, "p", Kind::bedrock, "us.anthropic.claude-3-5-sonnet-20241022-v2:0"), -1);
  EXPECT_EQ(found(prices, "p", Kind::bedrock, "us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0"), -1);
  EXPECT_EQ(found(prices, "p", Kind::bedrock, "us.global.anthropic.claude-sonnet-4-5-20250929-v1:0"), -1);
}

TEST(PriceCatalog, LiteLlmMayServeAnybodysModels) {
  const PriceCatalog prices = catalog();
  EXPECT_EQ(found(prices, "litellm", Kind::litellm, "gpt-4o"), 1);
  EXPECT_EQ(found(prices, "litellm", Kind::litellm, "claude-sonnet-4-5-20250929"), 12);
  EXPECT_EQ(found(prices, "litellm", Kind::litellm, "groq/llama-3.3-70b-versatile"), 32);
  EXPECT_EQ(found(prices, "litellm", Kind::litellm, "groq/openai/gpt-oss-120b"), 31);
  EXPECT_EQ(found(prices, "litellm", Kind::litellm, "bedrock/anthropic.claude-3-5-sonnet-20240620-v1:0"), 11);
  EXPECT_EQ(found(prices, "litellm", Kind::litellm, "vertex_ai/claude-sonnet-4-5@20250929"), 12);
  EXPECT_EQ(found(prices, "litellm", Kind::litellm, "vertex_ai/claude-3-5-sonnet-v2@20241022"), 11);
  EXPECT_EQ(
      found(prices, "litellm", Kind::litellm, "bedrock/converse/anthropic.claude-3-5-sonnet-20240620-v1:0"),
      11);
  EXPECT_EQ(
      found(prices, "litellm", Kind::litellm, "bedrock/invoke/anthropic.claude-3-5-sonnet-20240620-v1:0"),
      11);
  EXPECT_EQ(found(prices, "litellm", Kind::litellm, "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
            13);
  EXPECT_EQ(found(prices, "litellm", Kind::litellm, "openrouter/anthropic/claude-3.5-sonnet"), 11);
  EXPECT_EQ(found(prices, "litellm", Kind::litellm, "openrouter/openai/gpt-4o"), 1);
  EXPECT_EQ(found(prices, "litellm", Kind::litellm, "openrouter/groq/llama-3.3-70b-versatile"), -1)
      << "OpenRouter does not say who serves";
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
  std::string input(Kind kind, const char* model, const char* provider = "p") {
    const Price* price =
        prices_.lookup({.provider = provider, .kind = kind, .model = model, .at = day("2026-11-20")});
    return price == nullptr ? "unpriced" : price->rates.input->str();
  }
  std::string output(Kind kind, const char* model, const char* date) {
    const Price* price = prices_.lookup({.provider = "p", .kind = kind, .model = model, .at = day(date)});
    return price == nullptr ? "unpriced" : price->rates.output->str();
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

TEST_F(BuiltInPrices, KnowTheNewModels) {
  EXPECT_EQ(input(Kind::openai, "gpt-6.2-astra"), "8");
  EXPECT_EQ(input(Kind::openai, "gpt-6.1-sol-2026-09-29"), "2");
  EXPECT_EQ(input(Kind::openai, "gpt-6-luna"), "0.1");
  EXPECT_EQ(input(Kind::openai, "gpt-5.5-pro"), "30");
  EXPECT_EQ(input(Kind::openai, "gpt-4o-search-preview-2025-03-11"), "2.5");
  EXPECT_EQ(input(Kind::azure_openai, "gpt-35-turbo"), "0.5");
  EXPECT_EQ(input(Kind::azure_openai, "gpt-35-turbo-1106"), "1");
  EXPECT_EQ(input(Kind::azure_openai, "gpt-5-chat"), "1.25");
  EXPECT_EQ(input(Kind::anthropic, "claude-fable-5-1"), "10");
  EXPECT_EQ(input(Kind::anthropic, "claude-haiku-5-5"), "0.1");
  EXPECT_EQ(input(Kind::bedrock, "global.anthropic.claude-opus-5-5"), "4");
  EXPECT_EQ(input(Kind::bedrock, "us.anthropic.claude-opus-5-5"), "4.4");
  EXPECT_EQ(input(Kind::bedrock, "eu.anthropic.claude-sonnet-4-20250514-v1:0"), "3");
  EXPECT_EQ(input(Kind::litellm, "openrouter/anthropic/claude-sonnet-5.5"), "2");
  EXPECT_EQ(input(Kind::gemini, "gemini-3.5-flash-lite"), "0.3");
  EXPECT_EQ(input(Kind::gemini, "gemini-2.5-pro-preview-05-06"), "1.25");
  EXPECT_EQ(input(Kind::gemini, "gemini-flash-latest"), "0.75");
  EXPECT_EQ(input(Kind::openai, "mistral-small-latest", "mistral"), "0.15");
  EXPECT_EQ(input(Kind::openai, "openai/gpt-oss-20b", "groq"), "0.075");
  EXPECT_EQ(input(Kind::litellm, "xai/grok-4-fast"), "1.25");
  EXPECT_EQ(input(Kind::cohere, "command-r-08-2024"), "0.15");
}

TEST_F(BuiltInPrices, FollowWhatWasAnnouncedForADay) {
  EXPECT_EQ(output(Kind::openai, "gpt-5.6-sol", "2026-08-20"), "30");
  EXPECT_EQ(output(Kind::openai, "gpt-5.6-sol", "2026-11-21"), "20");
  EXPECT_EQ(output(Kind::openai, "gpt-5.6-sol", "2026-11-22"), "30")
      << "the reduction was promised until the 21st";
  for (const char* model :
       {"gemini-3.6-flash", "gemini-3.7-flash", "gemini-3.8-flash", "gemini-flash-latest"}) {
    EXPECT_EQ(output(Kind::gemini, model, "2026-12-31"), "3.75") << model;
    EXPECT_EQ(output(Kind::gemini, model, "2027-01-01"), "7.5") << model;
  }
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
    EXPECT_GE(price.long_context->above_input_tokens, 100'000) << name;
    EXPECT_GT(*price.long_context->rates.input, *r.input) << name;
    EXPECT_GT(*price.long_context->rates.output, *r.output) << name;
  }
}

constexpr std::string_view kRegional = "regional/";

// A cache read is a tenth of the input, but for the models that are listed here.
TEST_F(BuiltInPrices, AnthropicsCachesFollowItsMultipliers) {
  const auto input_per_cache_read = [](const Price& price) {
    std::string_view model = price.model;
    if (model.starts_with(kRegional)) model.remove_prefix(kRegional.size());
    if (model == "claude-fable-5-1" || model == "claude-mythos-5-1") return 40;
    if (model == "claude-opus-5-5") return 20;
    if (model == "claude-sonnet-5-5" && price.effective_from) return 20;
    return 10;
  };
  for (const Price& price : prices_.listed()) {
    if (price.provider != "anthropic" || price.model == "claude-3-haiku") continue;  // its prices are rounded
    const auto follows = [&](const Rates& r) {
      EXPECT_EQ(r.cache_read->nanos() * input_per_cache_read(price), r.input->nanos()) << price.model;
      EXPECT_EQ(r.cache_write->nanos() * 4, r.input->nanos() * 5) << price.model;
      EXPECT_EQ(r.cache_write_1h->nanos(), r.input->nanos() * 2) << price.model;
    };
    follows(price.rates);
    if (price.long_context) follows(price.long_context->rates);
  }
}

// A tenth dearer than the model itself from Claude 4.5 on, as dear before.
TEST_F(BuiltInPrices, RegionalProfilesFollowTheirModels) {
  int seen = 0;
  for (const Price& price : prices_.listed()) {
    if (!price.model.starts_with(kRegional)) continue;
    ++seen;
    const std::string model = price.model.substr(kRegional.size());
    const Price* plain = nullptr;
    for (const Price& other : prices_.listed()) {
      if (other.provider == price.provider && other.model == model &&
          other.effective_from == price.effective_from)
        plain = &other;
    }
    ASSERT_NE(plain, nullptr) << price.model;
    const bool old = model == "claude-opus-4" || model == "claude-opus-4-1" || model == "claude-sonnet-4";
    const auto follows = [&](const Rates& regional, const Rates& r) {
      for (const auto rate : {&Rates::input, &Rates::output, &Rates::cache_read}) {
        EXPECT_EQ((regional.*rate)->nanos() * 10, (r.*rate)->nanos() * (old ? 10 : 11)) << price.model;
      }
    };
    follows(price.rates, plain->rates);
    ASSERT_EQ(price.long_context.has_value(), plain->long_context.has_value()) << price.model;
    if (plain->long_context) follows(price.long_context->rates, plain->long_context->rates);
  }
  EXPECT_GT(seen, 0);
}

// Above 272k tokens OpenAI charges twice the input and one and a half times the output.
TEST_F(BuiltInPrices, OpenAisLongContextsFollowItsMultipliers) {
  for (const Price& price : prices_.listed()) {
    if (price.provider != "openai" || !price.long_context) continue;
    const Rates& r = price.rates;
    const Rates& l = price.long_context->rates;
    EXPECT_EQ(price.long_context->above_input_tokens, 272'000) << price.model;
    EXPECT_EQ(l.input->nanos(), r.input->nanos() * 2) << price.model;
    EXPECT_EQ(l.output->nanos() * 2, r.output->nanos() * 3) << price.model;
    if (r.cache_read) EXPECT_EQ(l.cache_read->nanos(), r.cache_read->nanos() * 2) << price.model;
    if (r.cache_write) EXPECT_EQ(r.cache_write->nanos() * 4, r.input->nanos() * 5) << price.model;
    if (r.cache_write) EXPECT_EQ(l.cache_write->nanos(), r.cache_write->nanos() * 2) << price.model;
  }
}

}  // namespace
}  // namespace relayna::domain
