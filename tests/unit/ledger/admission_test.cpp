#include <gmock/gmock.h>

#include "ledger_fixture.hpp"

// What a request hears of its limits, and what it leaves behind.

namespace relayna::ledger::test {
namespace {

using core::ErrorCode;
using testing::AnyOf;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using AdmissionTest = LedgerTest;

runtime::Task<void> admit_into(Ledger* ledger, Demand wanted, domain::UsageEvent draft,
                               std::vector<Ledger::Admitted>* out) {
  auto got = co_await ledger->admit(std::move(wanted), std::move(draft));
  out->push_back(std::move(got));
}

TEST_F(AdmissionTest, WhatIsReservedIsReplacedByWhatWasUsed) {
  open();
  const auto scope = key(Kind::tokens_per_minute, 100);
  auto got = admit(1, demand(scope, {.tokens = 60}));
  ASSERT_TRUE(got) << got.error().describe();
  EXPECT_EQ(got->reserved().tokens, 60);
  ASSERT_THAT(got->standings(), SizeIs(1));
  EXPECT_EQ(got->standings()[0].standing.used[static_cast<std::size_t>(Kind::tokens_per_minute)], 60);
  EXPECT_EQ(used(scope, Kind::tokens_per_minute), 60);

  end_with(*got, finished(1, {.tokens = 5}), {.tokens = 5});
  EXPECT_FALSE(*got);
  settle_down();
  EXPECT_EQ(used(scope, Kind::tokens_per_minute), 5);
  keep_books();
  ASSERT_TRUE(until([&] { return store.size() == 1; }));
  EXPECT_EQ(store.events().at(id_of(1)).total_tokens, 5);
}

TEST_F(AdmissionTest, AnEventBelongsToTheMomentItWasAdmitted) {
  open();
  const auto at = clock.wall();
  auto got = admit(1, demand(key(Kind::requests_per_minute, 5)));
  ASSERT_TRUE(got);
  clock.advance(std::chrono::hours(1));
  end_with(*got, finished(1, {}), {});
  keep_books();
  ASSERT_TRUE(until([&] { return store.size() == 1; }));
  EXPECT_EQ(store.events().at(id_of(1)).accounted_at, at);
}

TEST_F(AdmissionTest, WithoutLimitsNobodyIsAsked) {
  open();
  shared.away = true;
  auto got = admit(1, {.scopes = {}, .amounts = {.tokens = 9}});
  ASSERT_TRUE(got);
  ASSERT_TRUE(loop.run(got->extend({.tokens = 1})));
  end_with(*got, finished(1, {.tokens = 3}), {.tokens = 3});
  settle_down();
  EXPECT_THAT(shared.admitted, IsEmpty());
  shared.away = false;
  keep_books();
  ASSERT_TRUE(until([&] { return store.size() == 1; }));
  EXPECT_THAT(shared.settled, IsEmpty());
  EXPECT_THAT(shared.accounted, IsEmpty());
}

TEST_F(AdmissionTest, ARefusalSaysWhyAndLeavesNothing) {
  open();
  const auto scope = key(Kind::requests_per_minute, 1);
  auto first = admit(1, demand(scope));
  ASSERT_TRUE(first);
  const auto second = admit(2, demand(scope));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::rate_limit_exceeded);
  EXPECT_EQ(second.error().scope, "key");
  EXPECT_EQ(second.error().reason, "requests_per_minute");
  EXPECT_THAT(second.error().retry_after.value_or(std::chrono::seconds(0)).count(), AnyOf(60, 61));
  end_with(*first, finished(1, {}), {});
  keep_books();
  ASSERT_TRUE(until([&] { return store.size() == 1; }));
  EXPECT_TRUE(metric("gateway_admissions_total{outcome=\"admitted\"} 1"));
  EXPECT_TRUE(metric("gateway_admissions_total{outcome=\"refused\"} 1"));
  end();
  EXPECT_EQ(store.size(), 1U) << "nobody wrote an event of the refused one";
}

TEST_F(AdmissionTest, ARefusalIsRememberedWithoutAsking) {
  open();
  const auto scope = key(Kind::requests_per_minute, 1);
  EXPECT_FALSE(ledger->remembered_refusal({scope}));
  auto first = admit(1, demand(scope));
  ASSERT_FALSE(admit(2, demand(scope)));
  const std::size_t asked = shared.admitted.size();
  const auto remembered = ledger->remembered_refusal({scope});
  ASSERT_TRUE(remembered);
  EXPECT_EQ(remembered->code, ErrorCode::rate_limit_exceeded);
  EXPECT_EQ(shared.admitted.size(), asked);
  auto other = scope;
  other.target.key_id = "another";
  EXPECT_FALSE(ledger->remembered_refusal({other}));
  EXPECT_TRUE(ledger->remembered_refusal({other, scope})) << "any of its scopes";
  clock.advance(std::chrono::seconds(62));
  EXPECT_FALSE(ledger->remembered_refusal({scope}));
  end_with(*first, finished(1, {}), {});
}

TEST_F(AdmissionTest, WithLocalLimitsWhoWasAdmittedGoesOn) {
  open(LimiterFailure::local);
  const auto scope = key(Kind::tokens_per_minute, 100);
  auto got = admit(1, demand(scope, {.tokens = 60}));
  ASSERT_TRUE(got);
  shared.away = true;
  ASSERT_TRUE(loop.run(got->extend({.tokens = 500}))) << "nobody can say no";
  EXPECT_EQ(got->reserved().tokens, 560);
  shared.away = false;
  end_with(*got, finished(1, {.tokens = 300}), {.tokens = 300});
  settle_down();
  EXPECT_EQ(used(scope, Kind::tokens_per_minute), 300);
}

TEST_F(AdmissionTest, ARefusalTellsHowFullEachScopeIs) {
  open();
  auto scope = key(Kind::requests_per_minute, 1);
  scope.hard.set(Kind::tokens_per_minute, 100);
  const auto index = [](Kind kind) { return static_cast<std::size_t>(kind); };
  auto first = admit(1, demand(scope, {.tokens = 60}));
  const auto refused = admit(2, demand(scope, {.tokens = 5}));
  ASSERT_FALSE(refused);
  ASSERT_THAT(refused.error().standings, SizeIs(1));
  const auto& standing = refused.error().standings[0].standing;
  EXPECT_EQ(standing.used[index(Kind::requests_per_minute)], 1);
  EXPECT_EQ(standing.used[index(Kind::tokens_per_minute)], 60);
  EXPECT_THAT(standing.requests_reset_seconds, AnyOf(60, 61));

  clock.advance(std::chrono::seconds(20));
  const auto remembered = ledger->remembered_refusal({scope});
  ASSERT_TRUE(remembered);
  ASSERT_THAT(remembered->standings, SizeIs(1));
  EXPECT_EQ(remembered->standings[0].standing.used, standing.used);
  EXPECT_EQ(remembered->standings[0].standing.requests_reset_seconds, standing.requests_reset_seconds - 20);
  end_with(*first, finished(1, {}), {});
}

TEST_F(AdmissionTest, WithoutCountersNothingIsTold) {
  open();
  shared.away = true;
  const auto refused = admit(1, demand(key(Kind::requests_per_minute, 1)));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().standings, IsEmpty());
}

TEST_F(AdmissionTest, ASoftLimitIsCountedAndNeverRefuses) {
  open();
  auto scope = key(Kind::requests_per_minute, 100);
  scope.soft.set(Kind::usd_per_day, 1);
  std::vector<Reservation> held;
  for (std::uint32_t n = 1; n <= 2; ++n) {
    auto got = admit(n, demand(scope, {.cost_nanos = 500}));
    ASSERT_TRUE(got) << got.error().describe();
    held.push_back(std::move(*got));
  }
  EXPECT_EQ(held[1].standings()[0].standing.used[static_cast<std::size_t>(Kind::usd_per_day)], 1'000);
  for (std::uint32_t n = 1; n <= 2; ++n) end_with(held[n - 1], finished(n, {}), {});
}

TEST_F(AdmissionTest, ADroppedReservationIsChargedInFullAsInterrupted) {
  open();
  const auto scope = key(Kind::tokens_per_minute, 100);
  {
    auto dropped = admit(1, demand(scope, {.tokens = 30, .cost_nanos = 7}));
    ASSERT_TRUE(dropped);
    // Moving it is no drop.
    Reservation moved = std::move(*dropped);
    Reservation again;
    again = std::move(moved);
    EXPECT_TRUE(again);
    EXPECT_FALSE(moved);
    settle_down();
    EXPECT_THAT(shared.settled, IsEmpty());
  }
  settle_down();
  EXPECT_THAT(shared.settled, SizeIs(1));
  EXPECT_EQ(used(scope, Kind::tokens_per_minute), 30);
  keep_books();
  ASSERT_TRUE(until([&] { return store.size() == 1; }));
  const auto event = store.events().at(id_of(1));
  EXPECT_EQ(event.usage_source, "interrupted");
  EXPECT_EQ(event.total_tokens, 30);
  EXPECT_EQ(event.cost_nanos, 7);
}

TEST_F(AdmissionTest, TheEventItWasAdmittedWithIsCompletedInPlace) {
  open();
  auto got = admit(1, demand(key(Kind::requests_per_minute, 5)));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->event().request_id, id_of(1));
  EXPECT_EQ(got->event().model, "gpt-4o");
  got->settle({});
  settle_down();
  ASSERT_THAT(shared.settled, SizeIs(1));
  EXPECT_EQ(shared.settled[0].first, id_of(1));
  EXPECT_TRUE(shared.settled[0].second.known);
}

TEST_F(AdmissionTest, NewCountersAreSeededOnceForAllWhoWait) {
  open();
  store.before.tokens_today = 40;
  const auto scope = key(Kind::tokens_per_day, 100);
  std::vector<Ledger::Admitted> got;
  runtime::TaskGroup asking{loop.shard.executor()};
  for (std::uint32_t n = 1; n <= 8; ++n)
    asking.spawn(admit_into(&*ledger, demand(scope, {.tokens = 10}), draft(n), &got));
  ASSERT_TRUE(loop.until([&] { return got.size() == 8; }));
  EXPECT_EQ(store.balances, 1);
  EXPECT_THAT(shared.seeded, ElementsAre(std::pair(std::string("key:k"), *loop.run(shared.epoch()))));
  std::size_t refused = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (!got[i]) {
      ++refused;
      EXPECT_EQ(got[i].error().code, ErrorCode::token_rate_limit_exceeded);
    }
  }
  EXPECT_EQ(refused, 2U) << "40 were used before, six times 10 fit";
  EXPECT_EQ(used(scope, Kind::tokens_per_day), 100);
  for (auto& one : got) {
    if (one) one->settle({});
  }
  settle_down();
  EXPECT_EQ(used(scope, Kind::tokens_per_day), 40);
}

TEST_F(AdmissionTest, WithoutItsBalanceNobodyKnowsWhatIsLeft) {
  open();
  store.away = true;
  const auto scope = key(Kind::usd_per_month, 1'000);
  std::vector<Ledger::Admitted> got;
  runtime::TaskGroup asking{loop.shard.executor()};
  for (std::uint32_t n = 1; n <= 3; ++n) asking.spawn(admit_into(&*ledger, demand(scope), draft(n), &got));
  ASSERT_TRUE(loop.until([&] { return got.size() == 3; }));
  for (const auto& one : got) {
    ASSERT_FALSE(one);
    EXPECT_EQ(one.error().code, ErrorCode::control_state_unavailable);
  }
  EXPECT_EQ(store.balances, 1) << "those who wait share the bad news";
  EXPECT_THAT(shared.seeded, IsEmpty());
  EXPECT_TRUE(metric("gateway_admissions_total{outcome=\"unavailable\"} 3"));
  store.away = false;
  auto later = admit(9, demand(scope));
  ASSERT_TRUE(later);
  end_with(*later, finished(9, {}), {});
}

TEST_F(AdmissionTest, MinutesNeedNoBalance) {
  open();
  store.away = true;
  auto got = admit(1, demand(key(Kind::requests_per_minute, 5)));
  ASSERT_TRUE(got);
  EXPECT_EQ(store.balances, 0);
  store.away = false;
  end_with(*got, finished(1, {}), {});
}

TEST_F(AdmissionTest, CountersThatKeepForgettingAreGivenUpOn) {
  open();
  shared.forgets_seeds = true;
  const auto got = admit(1, demand(key(Kind::requests_per_day, 5)));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::control_state_unavailable);
  EXPECT_LE(shared.admitted.size(), 3U);
}

TEST_F(AdmissionTest, ClosedMeansNoneWithoutCounters) {
  open();
  shared.away = true;
  const auto got = admit(1, demand(key(Kind::requests_per_minute, 5)));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::control_state_unavailable);
  EXPECT_TRUE(metric("gateway_admissions_total{outcome=\"unavailable\"} 1"));
  EXPECT_FALSE(ledger->remembered_refusal({key(Kind::requests_per_minute, 5)}));
}

TEST_F(AdmissionTest, LocalMeansTheShareOfOneReplica) {
  open(LimiterFailure::local, 3);
  shared.away = true;
  const auto scope = key(Kind::requests_per_day, 7);
  std::vector<Reservation> held;
  for (std::uint32_t n = 1; n <= 2; ++n) {
    auto got = admit(n, demand(scope));
    ASSERT_TRUE(got) << got.error().describe();
    held.push_back(std::move(*got));
  }
  const auto refused = admit(3, demand(scope));
  ASSERT_FALSE(refused) << "7 / 3 is 2";
  EXPECT_EQ(refused.error().code, ErrorCode::rate_limit_exceeded);
  EXPECT_FALSE(ledger->remembered_refusal({scope})) << "the counters may be back any time";
  EXPECT_EQ(store.balances, 0) << "the share begins afresh";
  EXPECT_TRUE(metric("gateway_admissions_local_total 2"));
  for (std::uint32_t n = 1; n <= 2; ++n) end_with(held[n - 1], finished(n, {.tokens = 4}), {.tokens = 4});
  settle_down();
  EXPECT_EQ(used(scope, Kind::concurrent_requests, fallback.get()), 0);
}

TEST_F(AdmissionTest, AShareIsAtLeastOne) {
  open(LimiterFailure::local, 50);
  shared.away = true;
  const auto scope = key(Kind::concurrent_requests, 2);
  {
    auto got = admit(1, demand(scope));
    ASSERT_TRUE(got);
    EXPECT_FALSE(admit(2, demand(scope)));
    end_with(*got, finished(1, {}), {});
  }
  settle_down();
  auto got = admit(3, demand(scope));
  ASSERT_TRUE(got);
  end_with(*got, finished(3, {}), {});
}

TEST_F(AdmissionTest, WhatNobodyMayUseStaysClosedLocally) {
  open(LimiterFailure::local, 2);
  shared.away = true;
  EXPECT_FALSE(admit(1, demand(key(Kind::requests_per_minute, 0))));
}

TEST_F(AdmissionTest, AnExtensionTakesMoreOrLeavesItAsItWas) {
  open();
  const auto scope = key(Kind::tokens_per_minute, 100);
  auto got = admit(1, demand(scope, {.tokens = 60, .cost_nanos = 6}));
  ASSERT_TRUE(got);
  ASSERT_TRUE(loop.run(got->extend({.tokens = 30, .cost_nanos = 3})));
  EXPECT_EQ(got->reserved(), (counters::Amounts{.tokens = 90, .cost_nanos = 9}));
  EXPECT_EQ(used(scope, Kind::tokens_per_minute), 90);
  const auto refused = loop.run(got->extend({.tokens = 30, .cost_nanos = 3}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::token_rate_limit_exceeded);
  EXPECT_EQ(refused.error().reason, "tokens_per_minute");
  shared.away = true;
  const auto unknown = loop.run(got->extend({.tokens = 1}));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::control_state_unavailable);
  shared.away = false;
  EXPECT_EQ(got->reserved(), (counters::Amounts{.tokens = 90, .cost_nanos = 9}));
  EXPECT_EQ(used(scope, Kind::tokens_per_minute), 90);
  EXPECT_TRUE(metric("gateway_reservation_extensions_total 1"));
  end_with(*got, finished(1, {.tokens = 70}), {.tokens = 70});
}

TEST_F(AdmissionTest, ALocalReservationIsExtendedLocally) {
  open(LimiterFailure::local, 1);
  shared.away = true;
  const auto scope = key(Kind::tokens_per_minute, 100);
  auto got = admit(1, demand(scope, {.tokens = 60}));
  ASSERT_TRUE(got);
  shared.away = false;
  EXPECT_TRUE(loop.run(got->extend({.tokens = 40})));
  EXPECT_FALSE(loop.run(got->extend({.tokens = 1})));
  end_with(*got, finished(1, {}), {});
}

TEST_F(AdmissionTest, TheSpoolKnowsWhatARequestMayUseByNow) {
  open();
  auto got = admit(1, demand(key(Kind::tokens_per_minute, 100), {.tokens = 60, .cost_nanos = 6}));
  ASSERT_TRUE(got);
  ASSERT_TRUE(loop.run(got->extend({.tokens = 30, .cost_nanos = 3})));
  DeadLog as_if_killed(files());
  std::vector<SettledEvent> found;
  for (bool last = false; !last;) {
    auto batch = as_if_killed.next(10);
    last = batch.last;
    for (auto& event : batch.events) found.push_back(std::move(event));
  }
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].event.usage_source, "interrupted");
  EXPECT_EQ(found[0].amounts, (counters::Amounts{.tokens = 90, .cost_nanos = 9}));
  EXPECT_THAT(found[0].scopes, ElementsAre("key:k"));
  EXPECT_EQ(found[0].epoch, *loop.run(shared.epoch()));
  end_with(*got, finished(1, {}), {});
}

TEST_F(AdmissionTest, RefusedWithoutBeingAdmittedIsRecordedAllTheSame) {
  open();
  auto event = finished(1, {});
  event.charged = false;
  event.refused_count = 1;
  ledger->record_refused(std::move(event));
  keep_books();
  ASSERT_TRUE(until([&] { return store.size() == 1; }));
  EXPECT_EQ(store.events().at(id_of(1)).refused_count, 1);
  EXPECT_THAT(shared.accounted, IsEmpty());
}

}  // namespace
}  // namespace relayna::ledger::test
