#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relayna/domain/prices.hpp"
#include "relayna/json/document.hpp"

namespace relayna::domain {
namespace {

using core::Money;

Price full() {
  Price price;
  price.provider = "my-openai";
  price.model = "ft:gpt-4o-mini:acme::*";
  price.effective_from = core::parse_rfc3339("2026-11-20T09:30:00Z");
  std::int64_t nanos = 1;
  for (const auto member : {&Rates::input, &Rates::output, &Rates::cache_read, &Rates::cache_write,
                            &Rates::cache_write_1h, &Rates::reasoning, &Rates::audio_input,
                            &Rates::audio_output, &Rates::image_input, &Rates::image_output}) {
    price.rates.*member = Money::nanos(nanos);
    nanos = nanos * 7 + 1;
  }
  price.per_request = Money{};
  price.long_context =
      LongContext{200'000, {.input = Money::parse("123456789.123456789"), .output = Money{}}};
  return price;
}

Price minimal() {
  Price price;
  price.provider = "litellm";
  price.model = "m";
  price.rates.input = Money::parse("0.075");
  return price;
}

TEST(PriceJson, RoundTrips) {
  for (const Price& price : {full(), minimal()}) {
    const auto back = price_from_json(to_json(price));
    ASSERT_TRUE(back) << back.error().describe() << "\n" << to_json(price);
    EXPECT_EQ(*back, price);
  }
}

TEST(PriceJson, ShowsEveryFieldWithNullForUnset) {
  EXPECT_EQ(
      to_json(minimal()),
      R"({"provider":"litellm","model":"m","effective_from":null,"input_usd_per_million":0.075,)"
      R"("output_usd_per_million":null,"cache_read_usd_per_million":null,"cache_write_usd_per_million":null,)"
      R"("cache_write_1h_usd_per_million":null,"reasoning_usd_per_million":null,)"
      R"("audio_input_usd_per_million":null,"audio_output_usd_per_million":null,)"
      R"("image_input_usd_per_million":null,"image_output_usd_per_million":null,"request_usd":null,)"
      R"("long_context":null})");
  EXPECT_TRUE(json::parse(to_json(full())));
}

TEST(PriceJson, TakesDatesAndDollarsInEitherForm) {
  const auto price = price_from_json(R"( {"provider":"p","model":"m","effective_from":"2026-11-20",
      "input_usd_per_million":"0.1","output_usd_per_million":12,"request_usd":null,"long_context":null})");
  ASSERT_TRUE(price) << price.error().describe();
  EXPECT_EQ(price->effective_from, core::parse_rfc3339("2026-11-20T00:00:00Z"));
  EXPECT_EQ(price->rates.input, Money::parse("0.1"));
  EXPECT_EQ(price->rates.output, Money::parse("12"));
  EXPECT_EQ(price->per_request, std::nullopt);
}

TEST(PriceJson, ReportsEveryProblemAtOnce) {
  const auto price = price_from_json(R"({"provider":"a b","model":"x*y","effective_from":"yesterday",
      "input_usd_per_million":-1,"output_usd_per_million":0.0000000001,"output_usd_per_million":1,
      "cache_read_usd_per_million":1e-10,"input":1,"odd name":2,
      "long_context":{"above_input_tokens":0,"input_usd_per_million":true,"x":1}})");
  ASSERT_FALSE(price);
  EXPECT_EQ(price.error().code, core::ErrorCode::invalid_request);
  const std::string dollars = ": must be US dollars as a decimal such as 0.075, with at most 9 decimals";
  EXPECT_EQ(price.error().message,
            "provider: must not contain spaces or control characters\n"
            "provider: may only have letters, digits, `-`, `_` and `.`\n"
            "model: `*` may only stand at the end\n"
            "effective_from: must be a date such as 2026-11-20 or a time such as 2026-11-20T09:00:00Z\n"
            "input_usd_per_million: must not be negative\n"
            "output_usd_per_million" +
                dollars +
                "\n"
                "output_usd_per_million: is given twice\n"
                "cache_read_usd_per_million" +
                dollars +
                "\n"
                "input: is not a price field\n"
                "\"odd name\": is not a price field\n"
                "long_context.above_input_tokens: must be a whole number from 1\n"
                "long_context.input_usd_per_million" +
                dollars +
                "\n"
                "long_context.x: is not a price field");
}

TEST(PriceJson, SaysWhatIsMissing) {
  const auto problems = [](const char* text) { return price_from_json(text).error().message; };
  EXPECT_EQ(problems("{}"), "provider: is missing\nmodel: is missing\nprice: has no rate");
  EXPECT_EQ(problems(R"({"provider":"","model":"m","input_usd_per_million":1})"),
            "provider: must not be empty");
  EXPECT_EQ(problems(R"({"provider":"p","model":7,"request_usd":1})"), "model: must be a string");
  EXPECT_EQ(problems(R"({"provider":"p","model":"m","request_usd":1,"long_context":{}})"),
            "long_context.above_input_tokens: is missing\nlong_context: has no rate");
  EXPECT_EQ(problems(R"({"provider":"p","model":"m","request_usd":1,"long_context":[]})"),
            "long_context: must be an object");
  EXPECT_EQ(problems("[]"), "price: must be an object");
  EXPECT_EQ(price_from_json("{").error().code, core::ErrorCode::invalid_json);
  EXPECT_EQ(problems((R"({"model":")" + std::string(20'000, 'x') + "\"}").c_str()),
            "price: is longer than 16 kB");
}

}  // namespace
}  // namespace relayna::domain
