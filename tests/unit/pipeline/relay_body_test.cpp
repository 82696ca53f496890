#include "pipeline/relay_body.hpp"

#include <deque>
#include <functional>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "exchange_fixture.hpp"

// What becomes of an answer on its way to the client.

namespace relayna::pipeline::test {
namespace {

using core::ErrorCode;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

/// An upstream's answer: these pieces, and then its end or an error.
class Pieces final : public http::BodySource {
 public:
  explicit Pieces(std::deque<std::string> pieces, std::optional<core::Error> breaks = std::nullopt)
      : pieces_(std::move(pieces)), breaks_(std::move(breaks)) {}
  runtime::Task<core::Result<http::Chunk>> next() override {
    if (pieces_.empty() && breaks_) co_return std::unexpected(*breaks_);
    if (pieces_.empty()) co_return http::Chunk{{}, true};
    now_ = std::move(pieces_.front());
    pieces_.pop_front();
    co_return http::Chunk{now_, false};
  }

 private:
  std::deque<std::string> pieces_;
  std::optional<core::Error> breaks_;
  std::string now_;
};

std::string says(std::string_view text) {
  return fmt::format("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{}\"}}}}]}}\n\n", text);
}
const std::string kStop = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const std::string kUsage =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":50,\"completion_tokens\":7,\"total_tokens\":57}}\n\n";
const std::string kDone = "data: [DONE]\n\n";
/// About 1,300 tokens, more than the 400 an exchange of the fixture has reserved.
const std::string kLong = says(std::string(4'000, 'x'));

class RelayBodyTest : public ExchangeTest {
 protected:
  /// A chat stream with a reservation in a counter of so many tokens.
  std::unique_ptr<Exchange> streaming(std::int64_t per_minute = 1'000'000,
                                      std::string_view path = "/v1/chat/completions") {
    auto x = answered(path);
    x->policy = std::make_shared<const domain::Policy>(policy);
    x->stream = true;
    x->request.stop = &client_stop;
    hold(*x, domain::LimitKind::tokens_per_minute, {.tokens = 450}, per_minute);
    return x;
  }
  void relay(std::unique_ptr<Exchange> x, std::deque<std::string> pieces,
             std::optional<core::Error> breaks = std::nullopt) {
    body = std::make_unique<RelayBody>(std::move(x),
                                       std::make_unique<Pieces>(std::move(pieces), std::move(breaks)), true);
  }
  /// All that the client gets; `error` is set when the connection is to be broken.
  std::string received() {
    std::string text;
    runtime::TaskGroup reading(loop.shard.executor());
    reading.spawn(read_all(body.get(), &text, &error));
    EXPECT_TRUE(loop.until([&] {
      if (during) during();
      pass_time();
      return reading.size() == 0;
    }));
    body.reset();
    return text;
  }
  static runtime::Task<void> read_all(http::BodySource* from, std::string* text,
                                      std::optional<core::Error>* error) {
    while (true) {
      auto chunk = co_await from->next();
      if (!chunk) {
        *error = chunk.error();
        co_return;
      }
      text->append(chunk->bytes);
      if (chunk->end) co_return;
    }
  }

  domain::Policy policy;
  runtime::StopSource client_stop;
  std::unique_ptr<RelayBody> body;
  std::optional<core::Error> error;
  std::function<void()> during;
};

TEST_F(RelayBodyTest, PassesEveryByteAndSettlesWithWhatTheProviderSaid) {
  relay(streaming(), {says("hi"), kStop + kUsage, kDone});
  EXPECT_EQ(received(), says("hi") + kStop + kUsage + kDone);
  const auto event = stored();
  EXPECT_EQ(event.usage_source, "reported");
  EXPECT_EQ(event.total_tokens, 57);
  EXPECT_EQ(event.error_code, "");
}

TEST_F(RelayBodyTest, HidesTheUsageOnlyTheGatewayAskedFor) {
  auto x = streaming();
  x->hides_usage_chunk = true;
  relay(std::move(x), {says("hi"), kStop + kUsage, kDone});
  EXPECT_EQ(received(), says("hi") + kStop + kDone);
  EXPECT_EQ(stored().total_tokens, 57);
}

TEST_F(RelayBodyTest, AnErrorEventNeverLandsInsideAFrame) {
  const std::string frame = says("hello");
  for (std::size_t cut = 1; cut < frame.size(); ++cut) {
    relay(streaming(), {says("hi") + frame.substr(0, cut)}, core::Error(ErrorCode::upstream_timeout));
    const std::string text = received();
    const std::string whole = says("hi");
    ASSERT_TRUE(text.starts_with(whole)) << text;
    ASSERT_TRUE(text.substr(whole.size()).starts_with("data: {\"error\":"))
        << "cut at " << cut << ": " << text;
    ASSERT_THAT(text, HasSubstr("upstream_timeout"));
  }
}

TEST_F(RelayBodyTest, AStreamThatEndsEarlyIsNoSuccess) {
  relay(streaming(), {says("hi")});
  EXPECT_THAT(received(), HasSubstr("upstream_protocol"));
  const auto event = stored();
  EXPECT_EQ(event.error_code, "upstream_protocol");
  EXPECT_EQ(event.usage_source, "estimated");
}

TEST_F(RelayBodyTest, HoldsTheAnswerToItsSize) {
  policy.max_response_body_bytes = 100;
  relay(streaming(), {says("hi"), kLong, kDone});
  EXPECT_THAT(received(), HasSubstr("response_body_too_large"));
}

TEST_F(RelayBodyTest, TakesMoreOfTheLimitsWhenItOutgrowsWhatItHolds) {
  relay(streaming(), {kLong, kStop, kDone});
  EXPECT_THAT(received(), EndsWith(kDone));
  EXPECT_TRUE(metrics.expose().contains("gateway_reservation_extensions_total 1\n"));
}

TEST_F(RelayBodyTest, EndsInAValidWayWhenThereIsNoMore) {
  relay(streaming(1'000), {kLong, kStop, kDone});
  const std::string text = received();
  EXPECT_TRUE(text.starts_with(kLong)) << "it was counted";
  EXPECT_THAT(text, HasSubstr("token_rate_limit_exceeded"));
  EXPECT_THAT(text, Not(HasSubstr("[DONE]")));
}

TEST_F(RelayBodyTest, WhatStaysWithinTheMaximumItAskedForIsNeverCut) {
  auto x = streaming(450);
  x->features.max_output_tokens = 400;
  std::string text;
  for (int i = 0; i < 400; ++i) text += says(i % 3 == 0 ? " understanding" : " a");
  relay(std::move(x), {text, kStop, kDone});
  EXPECT_EQ(received(), text + kStop + kDone);
  EXPECT_EQ(stored().total_tokens, 450) << "at most what was asked for";
}

TEST_F(RelayBodyTest, AMaximumTheProviderDoesNotKeepHelpsNobody) {
  auto x = streaming(1'000);
  x->features.max_output_tokens = 400;
  relay(std::move(x), {says(std::string(8'000, 'x')), kStop, kDone});
  EXPECT_THAT(received(), HasSubstr("token_rate_limit_exceeded"));
}

TEST_F(RelayBodyTest, ARawStreamIsHeldToTheLimitsInItsOwnWords) {
  const auto says_gemini = [](std::size_t size) {
    return fmt::format("data: {{\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":\"{}\"}}]}}}}]}}\n\n",
                       std::string(size, 'x'));
  };
  relay(streaming(1'000, "/providers/acme/v1beta/models/m:streamGenerateContent"),
        {says_gemini(4'000), says_gemini(30)});
  const std::string text = received();
  EXPECT_TRUE(text.starts_with(says_gemini(4'000)));
  EXPECT_THAT(text, HasSubstr("data: {\"error\":{\"code\":429,\"status\":\"RESOURCE_EXHAUSTED\""));
}

TEST_F(RelayBodyTest, ARawStreamIsNotCompleted) {
  relay(streaming(1'000'000, "/providers/acme/v1/chat/completions"), {says("hi")});
  EXPECT_EQ(received(), says("hi")) << "how it ends is its provider's affair";
  EXPECT_EQ(stored().error_code, "");
}

TEST_F(RelayBodyTest, AnExtensionHoldsOnlyTheTokens) {
  auto x = streaming();
  auto priced = std::make_shared<catalog::Snapshot>(*snapshot);
  domain::PriceOverride price;
  price.price = {.provider = "acme",
                 .model = "m-1",
                 .rates = {.input = core::Money(), .output = core::Money()},
                 .per_request = core::Money::nanos(100'000'000)};
  priced->prices = domain::PriceCatalog::from_json(kNoPrices, {price}).value();
  x->snapshot = std::move(priced);
  hold(*x, domain::LimitKind::usd_per_day, {.tokens = 450, .cost_nanos = 100'000'000}, 150'000'000);
  relay(std::move(x), {kLong, kStop, kDone});
  EXPECT_THAT(received(), EndsWith(kDone)) << "a request costs its fee once";
}

TEST_F(RelayBodyTest, StandsStillWhileTheCountersAreAwayAndGoesOn) {
  relay(streaming(), {kLong, kStop, kDone});
  limits.away = true;
  const auto began = clock.now();
  during = [&] {
    if (clock.now() - began > std::chrono::seconds(6)) limits.away = false;
  };
  EXPECT_EQ(received(), kLong + kStop + kDone);
  EXPECT_GT(clock.now() - began, std::chrono::seconds(6));
}

TEST_F(RelayBodyTest, EndsWhenTheCountersStayAway) {
  relay(streaming(), {kLong, kStop, kDone});
  limits.away = true;
  const auto began = clock.now();
  EXPECT_THAT(received(), HasSubstr("control_state_unavailable"));
  EXPECT_GE(clock.now() - began, std::chrono::seconds(10));
  EXPECT_LE(clock.now() - began, std::chrono::seconds(14));
  limits.away = false;
}

TEST_F(RelayBodyTest, AClientThatLeavesIsNotWaitedFor) {
  relay(streaming(), {kLong, kStop, kDone});
  limits.away = true;
  const auto began = clock.now();
  during = [&] { client_stop.request_stop(); };
  received();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, ErrorCode::client_closed);
  EXPECT_LT(clock.now() - began, std::chrono::seconds(2));
  limits.away = false;
}

TEST_F(RelayBodyTest, WhatFitsAsksNobody) {
  relay(streaming(), {says("hi"), kStop, kDone});
  limits.away = true;
  EXPECT_THAT(received(), EndsWith(kDone));
  limits.away = false;
}

TEST_F(RelayBodyTest, DroppedItSettlesAsAClientThatLeft) {
  relay(streaming(), {says("hi")});
  const auto first = loop.run(body->next());
  ASSERT_TRUE(first);
  body.reset();
  const auto event = stored();
  EXPECT_EQ(event.error_code, "client_closed");
  EXPECT_EQ(event.usage_source, "estimated");
}

}  // namespace
}  // namespace relayna::pipeline::test
