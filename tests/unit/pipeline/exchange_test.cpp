#include <fmt/format.h>
#include <gmock/gmock.h>

#include "relayna/core/ids.hpp"

#include "exchange_fixture.hpp"

namespace relayna::pipeline::test {
namespace {

using testing::IsEmpty;
using testing::MatchesRegex;

constexpr std::string_view kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr std::string_view kSpan = "00f067aa0ba902b7";

class ExchangeIds : public ExchangeTest {
 protected:
  std::unique_ptr<Exchange> with(std::string_view name, std::string_view value) {
    auto incoming = request();
    incoming.head.fields.add(name, value);
    return exchange(std::move(incoming));
  }
  /// Whether the caller's trace goes on.
  bool continues(std::string_view traceparent) {
    return with("traceparent", traceparent)->trace_id_view() == kTrace;
  }
};

TEST_F(ExchangeIds, EachHasItsOwn) {
  auto a = exchange(), b = exchange();
  EXPECT_TRUE(core::Uuid::parse(a->id_view()));
  EXPECT_EQ(a->id[14], '7');
  EXPECT_NE(a->id_view(), b->id_view());
  EXPECT_NE(a->trace_id_view(), b->trace_id_view());
  EXPECT_THAT(std::string(a->traceparent_view()), MatchesRegex("00-[0-9a-f]{32}-[0-9a-f]{16}-01"));
  EXPECT_EQ(a->traceparent_view().substr(3, 32), a->trace_id_view());
  EXPECT_EQ(a->began, clock.wall());
}

TEST_F(ExchangeIds, TheCallersTraceGoesOnUnderOurSpan) {
  auto x = with("traceparent", fmt::format("00-{}-{}-00", kTrace, kSpan));
  EXPECT_EQ(x->trace_id_view(), kTrace);
  EXPECT_THAT(std::string(x->traceparent_view()),
              MatchesRegex(fmt::format("00-{}-[0-9a-f]{{16}}-00", kTrace)));
  EXPECT_NE(x->traceparent_view().substr(36, 16), kSpan);
}

TEST_F(ExchangeIds, ATraceOfALaterVersionIsReadAsFarAsItIsKnown) {
  EXPECT_TRUE(continues(fmt::format("01-{}-{}-01", kTrace, kSpan)));
  EXPECT_TRUE(continues(fmt::format("cc-{}-{}-01-what-follows", kTrace, kSpan)));
  EXPECT_FALSE(continues(fmt::format("cc-{}-{}-01.what-follows", kTrace, kSpan)));
  EXPECT_FALSE(continues(fmt::format("00-{}-{}-01-what-follows", kTrace, kSpan)));
  EXPECT_FALSE(continues(fmt::format("ff-{}-{}-01", kTrace, kSpan)));
}

TEST_F(ExchangeIds, ATraceThatIsNoneBeginsAfresh) {
  constexpr std::string_view kUpper = "4BF92F3577B34DA6A3CE929D0E0E4736";
  EXPECT_FALSE(continues(""));
  EXPECT_FALSE(continues(kTrace));
  EXPECT_FALSE(continues(fmt::format("00-{}-{}-0", kTrace, kSpan)));
  EXPECT_FALSE(continues(fmt::format("00-{}-{}-0x", kTrace, kSpan)));
  EXPECT_FALSE(continues(fmt::format("00_{}-{}-01", kTrace, kSpan)));
  EXPECT_FALSE(continues(fmt::format("0g-{}-{}-01", kTrace, kSpan)));
  EXPECT_FALSE(continues(fmt::format("00-{}-{}-01", kTrace, "0000000000000000")));
  EXPECT_NE(with("traceparent", fmt::format("00-{}-{}-01", kUpper, kSpan))->trace_id_view(), kUpper);
  const std::string zeros(32, '0');
  EXPECT_NE(with("traceparent", fmt::format("00-{}-{}-01", zeros, kSpan))->trace_id_view(), zeros);
}

TEST_F(ExchangeIds, ACorrelationIdIsTakenWhenItCanBeShown) {
  EXPECT_EQ(with("x-request-id", "abc-123")->correlation_id, "abc-123");
  EXPECT_EQ(with("X-Request-ID", std::string(128, 'a'))->correlation_id.size(), 128U);
  EXPECT_THAT(with("x-request-id", std::string(129, 'a'))->correlation_id, IsEmpty());
  EXPECT_THAT(with("x-request-id", "two words")->correlation_id, IsEmpty());
  EXPECT_THAT(with("x-request-id", "caf\xc3\xa9")->correlation_id, IsEmpty());
  EXPECT_THAT(exchange()->correlation_id, IsEmpty());
}

class ExchangeEvents : public ExchangeTest {
 protected:
  std::unique_ptr<Exchange> admitted() {
    auto x = answered();
    x->key = key;
    auto held = loop.run(books.admit({.scopes = {}, .amounts = {.tokens = 450}}, x->event()));
    EXPECT_TRUE(held);
    x->reservation = std::move(*held);
    return x;
  }
};

TEST_F(ExchangeEvents, TellWhatIsKnownBeforeAnUpstreamIsAsked) {
  auto incoming = request();
  incoming.head.fields.add("x-request-id", "corr");
  incoming.head.fields.add("x-relayna-tags", "a=b");
  incoming.head.fields.add("x-relayna-task-id", "t-1");
  incoming.head.fields.add("x-relayna-run-id", "r-1");
  auto x = exchange(std::move(incoming));
  x->key = key;
  x->match = match_route("POST", "/v1/messages", "/v1/messages").value();
  x->target.path = "/v1/messages";
  x->team_id = "team";
  x->features.model = "m-1";
  x->features.end_user = "somebody";
  x->features.stream = true;
  auto event = x->event();
  EXPECT_EQ(event.request_id, x->id_view());
  EXPECT_EQ(event.trace_id, x->trace_id_view());
  EXPECT_EQ(event.correlation_id, "corr");
  EXPECT_EQ(event.key_id, key->key.id);
  EXPECT_EQ(event.project_id, key->key.project_id);
  EXPECT_EQ(event.team_id, "team");
  EXPECT_EQ(event.route, "/v1/messages");
  EXPECT_EQ(event.endpoint_path, "/v1/messages");
  EXPECT_EQ(event.http_method, "POST");
  EXPECT_EQ(event.model, "m-1");
  EXPECT_EQ(event.end_user, "somebody");
  EXPECT_EQ(event.tags, "a=b");
  EXPECT_TRUE(event.stream);
  EXPECT_EQ(event.created_at, x->began);
  EXPECT_EQ(event.task_id, "") << "anybody can send these";
  EXPECT_EQ(event.run_id, "");
  x->trusted_worker = true;
  event = x->event();
  EXPECT_EQ(event.task_id, "t-1");
  EXPECT_EQ(event.run_id, "r-1");
}

TEST_F(ExchangeEvents, TheEndUserInTheHeadGoesBeforeTheBodys) {
  auto incoming = request();
  incoming.head.fields.add("x-relayna-end-user", "head");
  auto x = exchange(std::move(incoming));
  x->features.end_user = "body";
  EXPECT_EQ(x->end_user(), "head");
  auto y = exchange();
  EXPECT_EQ(y->end_user(), "");
  y->features.end_user = "body";
  EXPECT_EQ(y->end_user(), "body");
}

TEST_F(ExchangeEvents, AnswersAreRecordedWithWhatTheyUsed) {
  auto x = admitted();
  x->usage = {.input = 10, .output = 5, .total = 15};
  x->usage_is_final = true;
  x->attempts.fallbacks = 1;
  x->credential_source = "provider";
  x->time_to_first_token = std::chrono::milliseconds(120);
  clock.advance(std::chrono::milliseconds(345));
  x->settle();
  EXPECT_FALSE(x->reservation);
  EXPECT_EQ(x->cost_nanos, 20'000);
  x->settle();
  x.reset();
  const auto event = stored();
  EXPECT_EQ(event.status_code, 200);
  EXPECT_EQ(event.provider, "acme");
  EXPECT_EQ(event.model, "m-1");
  EXPECT_EQ(event.total_tokens, 15);
  EXPECT_EQ(event.cost_nanos, 20'000);
  EXPECT_EQ(event.usage_source, "reported");
  EXPECT_EQ(event.latency_ms, 345);
  EXPECT_EQ(event.time_to_first_token_ms, 120);
  EXPECT_EQ(event.upstream_attempts, 1);
  EXPECT_EQ(event.fallback_count, 1);
  EXPECT_EQ(event.credential_source, "provider");
  EXPECT_EQ(event.error_code, "");
  EXPECT_TRUE(event.charged);
  EXPECT_EQ(event.refused_count, 0);
}

TEST_F(ExchangeEvents, AnAnswerThatWasDroppedIsAClientThatLeft) {
  auto x = admitted();
  x->answered_by_upstream = false;
  x->attempts.sent = true;
  x->features.stream = true;
  x->status = 0;
  x.reset();
  const auto event = stored();
  EXPECT_EQ(event.status_code, 499);
  EXPECT_EQ(event.error_code, "client_closed");
  EXPECT_EQ(event.usage_source, "estimated");
  EXPECT_EQ(event.total_tokens, 50) << "the upstream had begun";
}

TEST_F(ExchangeEvents, RefusalsAreRecordedAndChargedToNoLimit) {
  auto x = answered();
  x->key = key;
  x->answered_by_upstream = false;
  x->provider.clear();
  x->failed(core::Error(core::ErrorCode::rate_limit_exceeded));
  x->settle();
  const auto event = stored();
  EXPECT_EQ(event.status_code, 429);
  EXPECT_EQ(event.error_code, "rate_limit_exceeded");
  EXPECT_EQ(event.refused_count, 1);
  EXPECT_FALSE(event.charged);
  EXPECT_FALSE(event.total_tokens);
  EXPECT_EQ(event.usage_source, "");
}

TEST_F(ExchangeEvents, WithoutKeyOrRouteThereIsNobodyToAccountTo) {
  auto unknown_caller = answered();
  unknown_caller->failed(core::Error(core::ErrorCode::invalid_virtual_key));
  unknown_caller->settle();
  auto nowhere = exchange();
  nowhere->key = key;
  nowhere->failed(core::Error(core::ErrorCode::unsupported_route));
  nowhere->settle();
  auto list = answered();  // a list of models, say
  list->key = key;
  list->settle();
  EXPECT_EQ(sink.waiting(), 0U);
}

class ExchangeStops : public ExchangeTest {
 protected:
  std::unique_ptr<Exchange> stoppable() {
    auto incoming = request();
    incoming.stop = &client_stop;
    return exchange(std::move(incoming));
  }
  runtime::StopSource client_stop;
};

TEST_F(ExchangeStops, AWaitThatWasCancelledEndsForTheReasonOfTheStop) {
  auto x = stoppable();
  const core::Error cancelled(core::ErrorCode::client_closed);
  EXPECT_EQ(x->real_cause(cancelled).code, core::ErrorCode::client_closed);
  client_stop.request_stop(runtime::StopReason::draining);
  EXPECT_EQ(x->real_cause(cancelled).code, core::ErrorCode::shutting_down);
  EXPECT_EQ(x->real_cause(core::Error(core::ErrorCode::upstream_timeout)).code,
            core::ErrorCode::upstream_timeout);
  x->failed(cancelled);
  EXPECT_TRUE(x->client_gone);
  EXPECT_EQ(x->status, 499);
}

TEST_F(ExchangeStops, TheUpstreamFollowsTheClient) {
  auto x = stoppable();
  EXPECT_EQ(x->stop_for_upstream(), &client_stop);
}

TEST_F(ExchangeStops, OnARouteThatDrainsTheUpstreamOutlivesTheClient) {
  auto x = stoppable();
  x->route_settings.drain_on_disconnect = true;
  auto* upstream = x->stop_for_upstream();
  ASSERT_NE(upstream, &client_stop);
  EXPECT_EQ(x->stop_for_upstream(), upstream);
  client_stop.request_stop();
  EXPECT_FALSE(upstream->stop_requested());
  x->outlive_client();
  EXPECT_TRUE(x->client_gone);
  EXPECT_EQ(x->request.stop, nullptr);
  stop_drains.request_stop();
  EXPECT_TRUE(upstream->stop_requested());
}

TEST_F(ExchangeStops, AGatewayThatGoesTakesTheUpstreamAlong) {
  auto x = stoppable();
  x->route_settings.drain_on_disconnect = true;
  auto* upstream = x->stop_for_upstream();
  client_stop.request_stop(runtime::StopReason::draining);
  EXPECT_TRUE(upstream->stop_requested());
  EXPECT_EQ(upstream->reason(), runtime::StopReason::draining);
}

TEST_F(ExchangeStops, SettlingGivesTheBodysRoomBack) {
  auto x = stoppable();
  x->lease = admission.lease();
  ASSERT_TRUE(x->lease.begin());
  ASSERT_TRUE(x->lease.grow(500));
  x->settle();
  EXPECT_EQ(admission.bytes(), 0U);
  EXPECT_EQ(admission.requests(), 0U);
}

}  // namespace
}  // namespace relayna::pipeline::test
