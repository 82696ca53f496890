#include <gmock/gmock.h>

#include "ledger_fixture.hpp"

// Each request is counted and recorded once, whatever was away or emptied meanwhile.

namespace relayna::ledger::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr counters::Amounts kReserved{.tokens = 60, .cost_nanos = 600};
constexpr counters::Amounts kUsed{.tokens = 5, .cost_nanos = 50};

class UpkeepTest : public LedgerTest {
 protected:
  Reservation admitted(std::uint32_t n) {
    auto got = admit(n, demand(day, kReserved));
    EXPECT_TRUE(got) << got.error().describe();
    return got ? std::move(*got) : Reservation();
  }
  /// The counters are told by the end of the turn of the loop in which it ends.
  void settle(Reservation& held, std::uint32_t n) {
    end_with(held, finished(n, kUsed), kUsed);
    settle_down();
  }
  /// Stored, settled, and nothing is left to be told to the counters.
  bool books_are_closed(std::size_t events) {
    if (!until([&] { return store.size() == events; })) return false;
    const auto stored = clock.now();  // the gauges follow within a second
    return until([&] {
      return clock.now() - stored > std::chrono::seconds(1) &&
             metric("gateway_settlements_open{shard=\"0\"} 0") &&
             metric("gateway_settlements_waiting{shard=\"0\"} 0") &&
             metric("gateway_reservations_open{shard=\"0\"} 0");
    });
  }
  /// What the counters, asked by one request more, count of the day besides it.
  std::int64_t tokens_today(std::size_t still_open = 0) {
    auto got = admit(500, demand(day, {}));
    EXPECT_TRUE(got);
    if (!got) return -1;
    const auto counted = got->standings()[0].standing.used;
    end_with(*got, finished(500, {}), {});
    settle_down();
    EXPECT_EQ(used(day, Kind::concurrent_requests), static_cast<std::int64_t>(still_open));
    return counted[static_cast<std::size_t>(Kind::tokens_per_day)];
  }
  const domain::LimitedScope day = key(Kind::tokens_per_day, 1'000);
};

TEST_F(UpkeepTest, WhatWholeCountersHeardNeedsNoAccount) {
  open();
  keep_books();
  auto held = admitted(1);
  settle(held, 1);
  ASSERT_TRUE(books_are_closed(1));
  EXPECT_THAT(shared.accounted, IsEmpty());
  EXPECT_EQ(tokens_today(), 5);
}

TEST_F(UpkeepTest, RefusalsThatRepeatAreOneEventWithTheirCount) {
  open();
  keep_books();
  for (std::uint32_t n = 1; n <= 40; ++n) {
    domain::UsageEvent refused = draft(n);
    refused.error_code = "rate_limit_exceeded";
    refused.model = "m";
    refused.refused_count = 1;
    ledger->record_refused(std::move(refused));
  }
  const auto counted = [this] {
    std::int64_t sum = 0;
    for (const auto& [id, event] : store.events()) sum += event.refused_count;
    return sum;
  };
  ASSERT_TRUE(until([&] { return counted() == 40; }));
  EXPECT_EQ(store.size(), 2U) << "the first at once, and those that followed";

  domain::UsageEvent last = draft(41);
  last.refused_count = 1;
  ledger->record_refused(last);
  last.request_id = id_of(42);
  ledger->record_refused(last);
  stop.request_stop();
  EXPECT_TRUE(until([&] { return counted() == 42; })) << "nothing is lost when the process ends";
}

TEST_F(UpkeepTest, LeasesAreRenewed) {
  open();
  keep_books();
  ASSERT_TRUE(until([&] { return shared.renewed == 1; }));
  EXPECT_EQ(shared.lease, std::chrono::seconds(15));
  const auto began = clock.now();
  ASSERT_TRUE(until([&] { return shared.renewed == 2; }));
  EXPECT_GE(clock.now() - began, std::chrono::milliseconds(4'800));
  EXPECT_LE(clock.now() - began, std::chrono::milliseconds(5'600));
  shared.away = true;
  const auto gone = clock.now();
  ASSERT_TRUE(until([&] { return clock.now() - gone > std::chrono::seconds(8); }));
  shared.away = false;
  const auto back = clock.now();
  ASSERT_TRUE(until([&] { return shared.renewed == 3; }));
  EXPECT_LE(clock.now() - back, std::chrono::milliseconds(500)) << "at once, not an interval later";
}

TEST_F(UpkeepTest, SettlementsAreTriedAgainWhileTheCountersAreAway) {
  open();
  keep_books();
  auto held = admitted(1);
  shared.away = true;
  settle(held, 1);
  ASSERT_TRUE(
      until([&] { return store.size() == 1 && metric("gateway_settlements_waiting{shard=\"0\"} 1"); }));
  shared.away = false;
  ASSERT_TRUE(books_are_closed(1));
  ASSERT_THAT(shared.settled, SizeIs(1));
  EXPECT_TRUE(shared.settled[0].second.known);
  // Its event was durable before the counters heard of it: a seed may have held it already.
  ASSERT_THAT(shared.accounted, SizeIs(1));
  EXPECT_TRUE(shared.accounted[0].counted);
  EXPECT_GT(shared.accounted[0].stamp, 100U);
  EXPECT_EQ(tokens_today(), 5);
}

TEST_F(UpkeepTest, ASettlementWhoseAnswerWasLostIsCountedOnce) {
  open();
  keep_books();
  auto held = admitted(1);
  shared.lose_settlements = 1;
  settle(held, 1);
  ASSERT_TRUE(books_are_closed(1));
  ASSERT_THAT(shared.settled, SizeIs(1));
  EXPECT_FALSE(shared.settled[0].second.known);
  ASSERT_THAT(shared.accounted, SizeIs(1));
  EXPECT_TRUE(shared.accounted[0].counted);
  EXPECT_EQ(tokens_today(), 5);
}

TEST_F(UpkeepTest, WhatCouldNotBeAccountedForIsToldAgain) {
  open();
  keep_books();
  auto held = admitted(1);
  shared.lose_settlements = 1;
  shared.refuse_accounts = 2;
  settle(held, 1);
  ASSERT_TRUE(books_are_closed(1));
  EXPECT_EQ(shared.refuse_accounts, 0);
  EXPECT_THAT(shared.accounted, SizeIs(1));
  EXPECT_EQ(tokens_today(), 5);
}

TEST_F(UpkeepTest, EmptiedCountersAreToldOfWhatIsStillOpen) {
  open();
  keep_books();
  auto held = admitted(1);
  const auto at = clock.wall();
  shared.empty();
  ASSERT_TRUE(until([&] { return shared.admitted.back().announce; }));
  EXPECT_EQ(shared.admitted.back().request_id, id_of(1));
  EXPECT_EQ(shared.admitted.back().amounts, kReserved);
  EXPECT_EQ(shared.admitted.back().at, at);
  const std::size_t asked = shared.admitted.size();
  clock.advance(std::chrono::seconds(2));
  ASSERT_TRUE(until([&] { return clock.wall() - at > std::chrono::seconds(5); }));
  EXPECT_EQ(shared.admitted.size(), asked) << "once";
  EXPECT_EQ(tokens_today(1), 60);
  settle(held, 1);
  ASSERT_TRUE(books_are_closed(2));
  EXPECT_EQ(used(day, Kind::tokens_per_day), 5);
}

TEST_F(UpkeepTest, WhatEndsAfterTheCountersWereEmptiedIsCountedOnce) {
  open();
  keep_books();
  auto held = admitted(1);
  shared.empty();
  settle(held, 1);
  ASSERT_TRUE(books_are_closed(1));
  ASSERT_FALSE(shared.settled.empty());
  EXPECT_FALSE(shared.settled[0].second.known);
  ASSERT_THAT(shared.accounted, SizeIs(1));
  EXPECT_FALSE(shared.accounted[0].counted);
  EXPECT_EQ(tokens_today(), 5);
  EXPECT_EQ(store.balances, 2);
}

TEST_F(UpkeepTest, AnExtensionOfWhatTheCountersForgotIsGrantedAndAnnouncedWhole) {
  open();
  auto held = admitted(1);
  shared.empty();
  ASSERT_TRUE(loop.run(held.extend({.tokens = 40})));
  EXPECT_EQ(held.reserved().tokens, 100);
  keep_books();
  ASSERT_TRUE(until([&] { return shared.admitted.back().announce; }));
  EXPECT_EQ(shared.admitted.back().amounts.tokens, 100);
  settle(held, 1);
  ASSERT_TRUE(books_are_closed(1));
  EXPECT_EQ(tokens_today(), 5);
}

TEST_F(UpkeepTest, WhatEndsWhileItIsAnnouncedIsWithdrawn) {
  open();
  auto held = admitted(1);
  store.away = true;  // its event cannot be accounted for meanwhile
  shared.empty();
  shared.holds_announced = true;
  keep_books();
  ASSERT_TRUE(until([&] { return shared.admitted.back().announce; }));
  settle(held, 1);
  ASSERT_TRUE(until([&] { return shared.settled.size() == 1; }));
  EXPECT_FALSE(shared.settled[0].second.known) << "the announcement has not arrived yet";
  shared.gate.notify();
  ASSERT_TRUE(until([&] { return shared.settled.size() == 2; }));
  EXPECT_TRUE(shared.settled[1].second.known);
  store.away = false;
  ASSERT_TRUE(books_are_closed(1));
  EXPECT_EQ(tokens_today(), 5);
  EXPECT_EQ(used(day, Kind::concurrent_requests), 0);
}

TEST_F(UpkeepTest, WhatIsDurableWhileItIsAnnouncedIsReleased) {
  open();
  auto held = admitted(1);
  shared.empty();
  shared.holds_announced = true;
  keep_books();
  ASSERT_TRUE(until([&] { return shared.admitted.back().announce; }));
  store.away = true;  // its event is not durable before the counters have answered
  settle(held, 1);
  ASSERT_THAT(shared.settled, SizeIs(1));
  store.away = false;
  ASSERT_TRUE(until([&] { return shared.accounted.size() == 1; }));
  shared.gate.notify();
  ASSERT_TRUE(books_are_closed(1));
  EXPECT_EQ(tokens_today(), 5);
}

TEST_F(UpkeepTest, LocalLimitsAreAccountedForWhenTheCountersAreBack) {
  open(LimiterFailure::local, 2);
  keep_books();
  auto before = admitted(1);
  settle(before, 1);
  ASSERT_TRUE(books_are_closed(1));
  shared.away = true;
  auto held = admitted(2);
  settle(held, 2);
  ASSERT_TRUE(until([&] { return store.size() == 2; }));
  EXPECT_THAT(shared.accounted, IsEmpty());
  shared.away = false;
  ASSERT_TRUE(books_are_closed(2));
  ASSERT_THAT(shared.accounted, SizeIs(1));
  EXPECT_EQ(shared.accounted[0].request_id, id_of(2));
  EXPECT_FALSE(shared.accounted[0].counted);
  EXPECT_EQ(shared.accounted[0].amounts, kUsed);
  EXPECT_EQ(tokens_today(), 10) << "both";
  EXPECT_TRUE(metric("gateway_counter_corrections_total 1"));
}

TEST_F(UpkeepTest, LocalReservationsAreNotAnnounced) {
  open(LimiterFailure::local, 1);
  shared.away = true;
  auto held = admitted(1);
  shared.away = false;
  keep_books();
  ASSERT_TRUE(until([&] { return shared.renewed == 2; }));
  EXPECT_THAT(shared.admitted, IsEmpty());
  settle(held, 1);
  ASSERT_TRUE(books_are_closed(1));
}

TEST_F(UpkeepTest, WhatAnEarlierProcessLeftOpenIsEnded) {
  open();
  auto left = admitted(1);
  const auto killed = dir.path("as_it_was");
  std::filesystem::copy(dir.path("spool"), killed);
  // That process is gone. Its reservation is not: the counters outlive it.
  store.away = shared.away = true;
  settle(left, 1);
  end();
  ledger.reset();
  sink.reset();
  folder.reset();
  std::filesystem::remove_all(dir.path("spool"));
  std::filesystem::rename(killed, dir.path("spool"));
  store.away = shared.away = false;
  stop.reset();
  stop_sink.reset();
  ASSERT_EQ(used(day, Kind::tokens_per_day), 60);
  ASSERT_EQ(store.size(), 0U);

  open();
  keep_books();
  ASSERT_TRUE(books_are_closed(1));
  EXPECT_EQ(store.events().at(id_of(1)).usage_source, "interrupted");
  ASSERT_THAT(shared.settled, SizeIs(1));
  EXPECT_EQ(shared.settled[0].first, id_of(1));
  EXPECT_TRUE(shared.settled[0].second.known);
  EXPECT_EQ(used(day, Kind::concurrent_requests), 0);
  EXPECT_EQ(tokens_today(), 60) << "what was reserved: nobody knows what was used";
}

TEST_F(UpkeepTest, RequestsOfReplicasThatAreGoneAreRecorded) {
  open();
  // It dies with two requests: one whose memo can be read, and one of which only the reservation is left.
  std::vector<counters::Orphan> orphans;
  for (const std::uint32_t n : {7U, 8U}) {
    counters::AdmitRequest theirs{.request_id = id_of(n),
                                  .scopes = {{"key:k", key(Kind::tokens_per_minute, 1'000).hard}},
                                  .amounts = kReserved};
    ASSERT_TRUE(loop.run(shared.admit(theirs)));
    orphans.push_back({.request_id = id_of(n),
                       .memo = n == 7 ? to_memo(draft(n)) : "\xff",
                       .scopes = {"key:k"},
                       .reserved = kReserved,
                       .at = clock.wall()});
  }
  const auto at = clock.wall();
  shared.dead = {{"other", orphans}};
  keep_books();
  ASSERT_TRUE(books_are_closed(2));
  for (const std::uint32_t n : {7U, 8U}) {
    const auto event = store.events().at(id_of(n));
    EXPECT_EQ(event.usage_source, "interrupted");
    EXPECT_EQ(event.error_code, "interrupted");
    EXPECT_EQ(event.model, n == 7 ? "gpt-4o" : "");
    EXPECT_EQ(event.total_tokens, 60);
    EXPECT_EQ(event.cost_nanos, 600);
    EXPECT_EQ(event.accounted_at, at);
  }
  EXPECT_THAT(shared.settled_for, ElementsAre("other/" + id_of(7), "other/" + id_of(8)));
  EXPECT_EQ(used(key(Kind::concurrent_requests, 5), Kind::concurrent_requests), 0);
  EXPECT_TRUE(metric("gateway_reservations_recovered_total 2"));
}

TEST_F(UpkeepTest, TheEndDoesNotWaitForCountersThatStayAway) {
  open();
  keep_books();
  auto held = admitted(1);
  shared.away = true;
  settle(held, 1);
  const auto began = clock.now();
  stop.request_stop();
  ASSERT_TRUE(until([&] { return tasks.size() == 1; }));
  EXPECT_LE(clock.now() - began, std::chrono::seconds(4));
  ASSERT_TRUE(until([&] { return store.size() == 1; })) << "its event is not lost";
}

TEST_F(UpkeepTest, TheEndWaitsForWhatIsStillToBeTold) {
  open();
  keep_books();
  auto held = admitted(1);
  shared.away = true;
  settle(held, 1);
  ASSERT_TRUE(until([&] { return metric("gateway_settlements_waiting{shard=\"0\"} 1"); }));
  stop.request_stop();
  settle_down();
  shared.away = false;
  ASSERT_TRUE(until([&] { return tasks.size() == 1; }));
  EXPECT_THAT(shared.settled, SizeIs(1));
  EXPECT_THAT(shared.accounted, SizeIs(1));
}

}  // namespace
}  // namespace relayna::ledger::test
