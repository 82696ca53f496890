#include "pipeline/metering.hpp"

#include "exchange_fixture.hpp"

namespace relayna::pipeline::test {
namespace {

using counters::Amounts;
using dialect::Operation;

class MeteringTest : public ExchangeTest {
 protected:
  /// The draft says what was known before it was sent.
  Amounts meter(const Exchange& x) {
    event = domain::UsageEvent{};
    event.cost_source = "unpriced";
    return pipeline::meter(x, event);
  }
  void expect_nothing(const Exchange& x) {
    EXPECT_EQ(meter(x), Amounts{});
    EXPECT_FALSE(event.total_tokens);
    EXPECT_FALSE(event.cost_nanos);
    EXPECT_EQ(event.usage_source, "");
    EXPECT_EQ(event.cost_source, "") << "what the draft said of the cost is no longer so";
  }
  /// One that acme was sent, and that ended before its answer.
  std::unique_ptr<Exchange> unanswered(core::ErrorCode why) {
    auto x = answered();
    x->answered_by_upstream = false;
    x->status = 0;
    x->attempts.sent = true;
    x->failed(core::Error(why));
    return x;
  }
  domain::UsageEvent event;
};

TEST_F(MeteringTest, WhatTheProviderReportsCounts) {
  auto x = answered();
  x->usage = {.input = 100, .output = 20, .total = 120, .cache_read = 40, .reasoning = 7};
  x->usage_is_final = true;
  // 60 of the input and the 40 cached ones, which have no price of their own, at 1 USD per million.
  EXPECT_EQ(meter(*x), (Amounts{.tokens = 120, .cost_nanos = 140'000}));
  EXPECT_EQ(event.input_tokens, 100);
  EXPECT_EQ(event.output_tokens, 20);
  EXPECT_EQ(event.total_tokens, 120);
  EXPECT_EQ(event.cache_read_tokens, 40);
  EXPECT_EQ(event.reasoning_tokens, 7);
  EXPECT_FALSE(event.audio_input_tokens);
  EXPECT_EQ(event.usage_source, "reported");
  EXPECT_EQ(event.cost_source, "catalog");
  EXPECT_EQ(event.cost_nanos, 140'000);
}

TEST_F(MeteringTest, ATotalThatIsNotReportedIsTheSum) {
  auto x = answered();
  x->usage = {.input = 100, .output = 20};
  x->usage_is_final = true;
  EXPECT_EQ(meter(*x).tokens, 120);
  EXPECT_EQ(event.total_tokens, 120);
}

TEST_F(MeteringTest, WhatTheUpstreamChargesGoesBeforeThePriceList) {
  auto x = answered();
  x->usage = {.input = 100, .output = 20, .total = 120, .reported_cost = core::Money::nanos(77)};
  x->usage_is_final = true;
  EXPECT_EQ(meter(*x), (Amounts{.tokens = 120, .cost_nanos = 77}));
  EXPECT_EQ(event.cost_source, "upstream");
  EXPECT_EQ(event.cost_nanos, 77);
  x->usage.reported_cost = core::Money();
  EXPECT_EQ(meter(*x).cost_nanos, 0) << "nothing is a cost, too";
  EXPECT_EQ(event.cost_nanos, 0);
}

TEST_F(MeteringTest, WhatHasNoPriceHasNoCost) {
  for (const char* provider : {"gratis", "nobody"}) {
    auto x = answered();
    x->provider = provider;
    x->usage = {.input = 100, .output = 20, .total = 120};
    x->usage_is_final = true;
    EXPECT_EQ(meter(*x), (Amounts{.tokens = 120, .cost_nanos = 0}));
    EXPECT_EQ(event.cost_source, "unpriced");
    EXPECT_FALSE(event.cost_nanos);
    EXPECT_EQ(event.usage_source, "reported");
  }
}

TEST_F(MeteringTest, AnAnswerThatReportsNothingIsTakenForTheMostItCouldBe) {
  auto x = answered();
  x->usage_is_final = true;
  EXPECT_EQ(meter(*x), (Amounts{.tokens = 450, .cost_nanos = 50'000 + 800'000}));
  EXPECT_EQ(event.usage_source, "estimated");
  EXPECT_EQ(event.input_tokens, 50);
  EXPECT_EQ(event.output_tokens, 400);
}

TEST_F(MeteringTest, AStreamThatReportsNothingIsTakenForWhatHasPassed) {
  auto x = answered();
  x->stream = true;
  x->streamed_tokens = 30;
  x->usage_is_final = true;
  EXPECT_EQ(meter(*x), (Amounts{.tokens = 80, .cost_nanos = 50'000 + 60'000}));
  EXPECT_EQ(event.usage_source, "estimated");
  EXPECT_EQ(event.cost_source, "catalog");
}

TEST_F(MeteringTest, WhatAStreamThatWasCutSaidAtFirstIsKept) {
  auto x = answered("/v1/messages");
  x->stream = true;
  x->usage = {.input = 1'000, .output = 1, .cache_read = 900};
  x->usage_is_final = false;
  x->streamed_tokens = 40;
  EXPECT_EQ(meter(*x).tokens, 1'040);
  EXPECT_EQ(event.usage_source, "estimated");
  EXPECT_EQ(event.input_tokens, 1'000) << "counted by the provider, not by us";
  EXPECT_EQ(event.output_tokens, 40);
  EXPECT_EQ(event.cache_read_tokens, 900);
  x->usage.output = 70;
  EXPECT_EQ(meter(*x).tokens, 1'070) << "it knows better than we do";
}

TEST_F(MeteringTest, AFinalReportIsBelievedHoweverMuchHasPassed) {
  auto x = answered();
  x->stream = true;
  x->usage = {.input = 10, .output = 5, .total = 15};
  x->usage_is_final = true;
  x->streamed_tokens = 400;
  EXPECT_EQ(meter(*x).tokens, 15);
  EXPECT_EQ(event.usage_source, "reported");
}

TEST_F(MeteringTest, AClientThatLeavesBeforeAStreamBeginsIsChargedThePrompt) {
  auto x = unanswered(core::ErrorCode::client_closed);
  x->features.stream = true;
  EXPECT_EQ(meter(*x), (Amounts{.tokens = 50, .cost_nanos = 50'000}));
  EXPECT_EQ(event.usage_source, "estimated");
  EXPECT_EQ(event.output_tokens, 0);
  x->attempts.sent = false;
  expect_nothing(*x);  // no upstream ever saw it
}

TEST_F(MeteringTest, AnAnswerNobodyWaitedForIsTakenForTheMostItCouldBe) {
  for (const auto why :
       {core::ErrorCode::client_closed, core::ErrorCode::upstream_timeout, core::ErrorCode::shutting_down}) {
    auto x = unanswered(why);
    EXPECT_EQ(meter(*x), (Amounts{.tokens = 450, .cost_nanos = 50'000 + 800'000}));
    EXPECT_EQ(event.usage_source, "estimated");
    EXPECT_EQ(event.cost_source, "catalog");
    x->attempts.sent = false;  // it did not even connect
    expect_nothing(*x);
  }
}

TEST_F(MeteringTest, ADeploymentHasThePriceOfTheModelThatAnswers) {
  auto x = answered();
  x->model = "prod-chat";
  x->usage = {.input = 100, .output = 20, .model = "m-1"};
  x->usage_is_final = true;
  EXPECT_EQ(meter(*x).cost_nanos, 140'000);
  EXPECT_EQ(event.cost_source, "catalog");
}

TEST_F(MeteringTest, ABudgetKeepsWhatItHoldsWhereThePriceSaysTooLittle) {
  auto x = answered();
  x->usage = {.input = 100, .output = 20, .audio_input = 10};  // for which there is no rate
  x->usage_is_final = true;
  x->most_cost = core::Money::nanos(850'000);
  EXPECT_EQ(meter(*x).cost_nanos, 0);
  EXPECT_EQ(event.cost_source, "unpriced") << "nobody asked for a budget";
  hold(*x, domain::LimitKind::usd_per_day, {.tokens = 450, .cost_nanos = 850'000});
  EXPECT_EQ(meter(*x), (Amounts{.tokens = 120, .cost_nanos = 850'000}));
  EXPECT_EQ(event.cost_source, "reserved");
  EXPECT_EQ(event.cost_nanos, 850'000);
}

TEST_F(MeteringTest, FailuresCostNothing) {
  auto x = answered();
  for (const int status : {400, 429, 500, 503}) {
    x->status = status;
    expect_nothing(*x);
  }
  x->answered_by_upstream = false;
  x->status = 502;
  expect_nothing(*x);
}

TEST_F(MeteringTest, CountingTokensUsesNone) {
  auto x = answered("/v1/messages/count_tokens");
  x->usage = {.input = 1'234};
  x->usage_is_final = true;
  expect_nothing(*x);
}

TEST_F(MeteringTest, ARawCallIsMeteredWhenItCanBeRead) {
  auto x = answered("/providers/acme/v1/messages");
  x->usage = {.input = 100, .output = 20};
  x->usage_is_final = true;
  EXPECT_EQ(meter(*x), (Amounts{.tokens = 120, .cost_nanos = 140'000}));
  EXPECT_EQ(event.usage_source, "reported");
}

TEST_F(MeteringTest, ARawCallNobodyCanReadHasNoKnownCost) {
  auto x = answered("/providers/acme/v1/images/generations");
  x->estimate = {};
  EXPECT_EQ(meter(*x), Amounts{});
  EXPECT_EQ(event.cost_source, "unpriced");
  EXPECT_FALSE(event.cost_nanos);
  EXPECT_FALSE(event.total_tokens);
  EXPECT_EQ(event.usage_source, "");
  for (const char* method : {"GET", "HEAD", "DELETE"}) {  // to look and to tidy up cost nothing
    x->method = method;
    expect_nothing(*x);
  }
}

TEST_F(MeteringTest, ARouteMaySayWhatARequestCosts) {
  auto x = answered("/providers/acme/v1/images/generations");
  x->estimate = {};
  x->route_settings.request_cost = core::Money::nanos(40'000'000);
  EXPECT_EQ(meter(*x), (Amounts{.cost_nanos = 40'000'000}));
  EXPECT_EQ(event.cost_source, "route_default");
  EXPECT_FALSE(event.total_tokens);
  x = answered();
  x->provider = "gratis";
  x->route_settings.request_cost = core::Money::nanos(40'000'000);
  x->usage = {.input = 100, .output = 20};
  x->usage_is_final = true;
  EXPECT_EQ(meter(*x), (Amounts{.tokens = 120, .cost_nanos = 40'000'000}));
  EXPECT_EQ(event.cost_source, "route_default");
}

TEST_F(MeteringTest, ARawCallNobodyCanReadKeepsWhatTokenLimitsWereCharged) {
  auto x = answered("/providers/acme/v1/images/generations");
  x->estimate = {.input = 10, .output = 4'096};
  EXPECT_EQ(meter(*x), (Amounts{.tokens = 4'106}));
  EXPECT_EQ(event.total_tokens, 4'106);
  EXPECT_EQ(event.usage_source, "estimated");
  EXPECT_EQ(event.cost_source, "unpriced");
}

dialect::UsageReader reader_of(Operation operation, std::string_view stream) {
  dialect::UsageReader reader(operation, true);
  reader.feed(stream);
  return reader;
}

/// The head of a message and three pieces of it.
std::string message_begins() {
  std::string out =
      "event: message_start\ndata: {\"type\":\"message_start\","
      "\"message\":{\"usage\":{\"input_tokens\":25,\"output_tokens\":1}}}\n\n";
  for (const char* text : {"Hello", ", ", "there"}) {
    out += std::string(
               "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
               "\"delta\":{\"type\":\"text_delta\",\"text\":\"") +
           text + "\"}}\n\n";
  }
  return out;
}
constexpr std::string_view kMessageEnds =
    "event: message_delta\ndata: "
    "{\"type\":\"message_delta\",\"delta\":{},\"usage\":{\"output_tokens\":12}}\n\n"
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

TEST_F(MeteringTest, AnAnthropicStreamIsReportedOnceItIsWhole) {
  auto x = answered("/v1/messages");
  x->stream = true;
  x->take_usage(reader_of(Operation::messages, message_begins()));
  EXPECT_FALSE(x->usage_is_final);
  EXPECT_GE(x->streamed_tokens, 3) << "what has passed, not what was said at first";
  EXPECT_EQ(meter(*x).tokens, 25 + x->streamed_tokens);
  EXPECT_EQ(event.usage_source, "estimated");

  x->take_usage(reader_of(Operation::messages, message_begins() + std::string(kMessageEnds)));
  EXPECT_TRUE(x->usage_is_final);
  EXPECT_EQ(meter(*x).tokens, 37);
  EXPECT_EQ(event.usage_source, "reported");
}

TEST_F(MeteringTest, AnOpenAiStreamReportsLastOrNotAtAll) {
  auto x = answered();
  x->stream = true;
  x->take_usage(reader_of(
      Operation::chat_completions,
      "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi there\"}}]}\n\n"
      "data: "
      "{\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3,\"total_tokens\":12}}\n\n"));
  EXPECT_EQ(meter(*x).tokens, 12) << "although [DONE] is missing";
  EXPECT_EQ(event.usage_source, "reported");
}

TEST_F(MeteringTest, TheCostInTheHeadStandsUnlessTheBodySaysAnother) {
  auto x = answered();
  x->usage.reported_cost = core::Money::nanos(5);
  dialect::UsageReader silent(Operation::chat_completions, false);
  silent.feed(R"({"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}})");
  x->take_usage(silent);
  EXPECT_EQ(meter(*x), (Amounts{.tokens = 12, .cost_nanos = 5}));
  dialect::UsageReader says(Operation::chat_completions, false);
  says.feed(R"({"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,"cost":0.000000009}})");
  x->take_usage(says);
  EXPECT_EQ(meter(*x).cost_nanos, 9);
}

}  // namespace
}  // namespace relayna::pipeline::test
