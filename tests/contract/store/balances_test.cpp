#include <algorithm>
#include <atomic>
#include <charconv>
#include <limits>
#include <random>
#include <thread>

#include <gmock/gmock.h>

#include "backend.hpp"
#include "samples.hpp"
#include "store/migration.hpp"

// What events add up to: the days' sums kept beside them, and which transactions a sum includes.

namespace relayna::test {
namespace {

using domain::Balance;
using domain::UsageEvent;
using store::BalanceQuery;

class BalancesContract : public StoreContract {
 protected:
  store::UsageRepository& usage() { return store().usage(); }
  Balance balance(const BalanceQuery& query) {
    auto read = usage().balance(query);
    EXPECT_TRUE(read) << read.error().describe();
    return read.value_or(Balance{});
  }
  void insert(const UsageEvent& event) { ASSERT_OK(usage().insert({&event, 1})); }
};
INSTANTIATE_TEST_SUITE_P(Stores, BalancesContract, kBackends, backend_name);

/// Wednesday.
const core::SystemTime kNow =
    std::chrono::sys_days{std::chrono::year{2026} / 12 / 2} + std::chrono::hours(12);

UsageEvent spent(std::int64_t tokens, std::int64_t cost, core::SystemTime when = kNow) {
  UsageEvent event;
  event.request_id = new_id();
  event.route = "/v1/chat/completions";
  event.model = "gpt-4o";
  event.status_code = 200;
  event.total_tokens = tokens;
  event.cost_nanos = cost;
  event.created_at = when;
  return event;
}

/// The snapshot's own rule.
bool visible(std::uint64_t stamp, const std::string& snapshot) {
  std::vector<std::uint64_t> numbers;
  const char* at = snapshot.data();
  const char* end = at + snapshot.size();
  while (at < end) {
    std::uint64_t number = 0;
    const auto [next, problem] = std::from_chars(at, end, number);
    if (problem != std::errc()) break;
    numbers.push_back(number);
    at = next + 1;
  }
  if (numbers.size() < 2) throw std::runtime_error("no snapshot: " + snapshot);
  if (stamp < numbers[0]) return true;
  return stamp < numbers[1] && std::find(numbers.begin() + 2, numbers.end(), stamp) == numbers.end();
}

TEST_P(BalancesContract, WithoutEventsEverythingIsZero) {
  const auto found = balance({.at = kNow});
  EXPECT_EQ(found.periods, domain::Periods::of(kNow));
  EXPECT_EQ(found.requests_today, 0);
  EXPECT_EQ(found.cost_total, 0);
  EXPECT_FALSE(visible(std::numeric_limits<std::uint64_t>::max(), found.snapshot));
}

TEST_P(BalancesContract, DaysWeeksAndMonthsEndWhereTheyShould) {
  using std::chrono::days;
  using std::chrono::hours;
  const auto today = std::chrono::floor<days>(kNow);
  const auto us = std::chrono::microseconds(1);
  insert(spent(1, 1, today));                           // the first moment of the day
  insert(spent(10, 10, today + days(1) - us));          // and its last
  insert(spent(100, 100, today - us));                  // yesterday, Tuesday the 1st
  insert(spent(1'000, 1'000, today - days(2)));         // Monday, 30 November
  insert(spent(10'000, 10'000, today - days(2) - us));  // Sunday
  insert(spent(100'000, 100'000, today + days(20)));    // later this month: a clock was ahead
  const auto found = balance({.at = kNow});
  EXPECT_EQ(found.requests_today, 2);
  EXPECT_EQ(found.tokens_today, 11);
  EXPECT_EQ(found.cost_today, 11);
  EXPECT_EQ(found.cost_this_week, 1'111);
  EXPECT_EQ(found.cost_this_month, 100'111);
  EXPECT_EQ(found.cost_total, 111'111);
  const auto tomorrow = balance({.at = kNow + days(1)});
  EXPECT_EQ(tomorrow.cost_today, 0);
  EXPECT_EQ(tomorrow.cost_this_week, 1'111);
  const auto last_month = balance({.at = today - days(2)});
  EXPECT_EQ(last_month.cost_today, 1'000);
  EXPECT_EQ(last_month.cost_this_month, 11'000);
}

TEST_P(BalancesContract, TheMomentOfAccountingDecidesTheDay) {
  auto event = spent(5, 7, kNow - std::chrono::hours(24));
  event.accounted_at = kNow;
  insert(event);
  EXPECT_EQ(balance({.at = kNow}).tokens_today, 5);
  EXPECT_EQ(balance({.at = kNow - std::chrono::hours(24)}).tokens_today, 0);
}

TEST_P(BalancesContract, EachKindOfRequestIsCountedAsWhatItWas) {
  auto good = spent(10, 20);
  auto failed = spent(0, 0);
  failed.status_code = 502;
  auto broken = spent(3, 4);
  broken.error_code = "upstream_timeout";
  auto unpriced = spent(30, 0);
  unpriced.cost_nanos.reset();
  auto returned = spent(0, 0);
  returned.charged = false;
  returned.status_code = 502;
  auto refused = spent(0, 0);
  refused.charged = false;
  refused.refused_count = 7;
  refused.status_code = 429;
  refused.cost_nanos.reset();
  const std::vector<UsageEvent> batch{good, failed, broken, unpriced, returned, refused};
  ASSERT_OK(usage().insert(batch));
  EXPECT_EQ(balance({.at = kNow}).requests_today, 4);
  EXPECT_EQ(balance({.at = kNow}).tokens_today, 43);
  EXPECT_EQ(backend().sql("SELECT requests || ' ' || refused || ' ' || errors || ' ' || unpriced_requests "
                          "FROM usage_daily"),
            "4 7 3 1\n");
}

TEST_P(BalancesContract, EveryBucketIsAddedUp) {
  auto event = sample_event();
  insert(event);
  event.request_id = new_id();
  insert(event);
  EXPECT_EQ(
      backend().sql("SELECT input_tokens || ' ' || output_tokens || ' ' || cache_read_tokens || ' ' || "
                    "cache_write_tokens || ' ' || reasoning_tokens || ' ' || audio_input_tokens || ' ' "
                    "|| audio_output_tokens || ' ' || total_tokens || ' ' || cost_nanos FROM usage_daily"),
      "2 4 8 10 12 16 18 6 14\n");
}

TEST_P(BalancesContract, ABalanceIsThatOfItsScope) {
  const std::string key = new_id(), project = new_id(), team = new_id();
  const auto event = [&](std::int64_t cost, auto change) {
    auto one = spent(cost, cost);
    change(one);
    insert(one);
  };
  event(1, [&](UsageEvent& e) { e.key_id = key; });
  event(10, [&](UsageEvent& e) { e.key_id = key, e.project_id = project, e.model = "gpt-4o-mini"; });
  event(100, [&](UsageEvent& e) { e.project_id = project, e.team_id = team, e.end_user = "ada"; });
  event(1'000, [&](UsageEvent& e) { e.model = "claude", e.route = "/v1/messages"; });
  event(10'000, [&](UsageEvent& e) { e.model.clear(), e.end_user = "ada"; });
  const auto total = [&](const BalanceQuery& query) { return balance(query).cost_total; };
  EXPECT_EQ(total({.at = kNow}), 11'111);
  EXPECT_EQ(total({.key_id = key, .at = kNow}), 11);
  EXPECT_EQ(total({.project_id = project, .at = kNow}), 110);
  EXPECT_EQ(total({.team_id = team, .at = kNow}), 100);
  EXPECT_EQ(total({.end_user = "ada", .at = kNow}), 10'100);
  EXPECT_EQ(total({.project_id = project, .end_user = "ada", .at = kNow}), 100);
  EXPECT_EQ(total({.project_id = project, .end_user = "", .at = kNow}), 10) << "those who name none";
  EXPECT_EQ(total({.model = "gpt-4o", .at = kNow}), 101);
  EXPECT_EQ(total({.model = "gpt-4o*", .at = kNow}), 111);
  EXPECT_EQ(total({.model = "*", .at = kNow}), 11'111);
  EXPECT_EQ(total({.key_id = key, .model = "gpt-4o-*", .at = kNow}), 10);
  EXPECT_EQ(total({.route = "/v1/messages", .at = kNow}), 1'000);
  EXPECT_EQ(total({.route = "/v1/chat*", .at = kNow}), 10'111);
  EXPECT_EQ(total({.key_id = new_id(), .at = kNow}), 0);
  EXPECT_FAILS(invalid_request, usage().balance({.key_id = "k", .at = kNow}));
}

TEST_P(BalancesContract, NamesAreCutWhereTheRollupCutsThem) {
  std::string long_name;
  for (int i = 0; i < 2'000; ++i) long_name += "\xf0\x9f\x99\x82";
  auto event = spent(1, 1);
  event.end_user = long_name;
  event.model = long_name + "x";
  insert(event);
  event.request_id = new_id();
  event.end_user = std::string("nul\0\xff", 5) + long_name;
  insert(event);
  EXPECT_EQ(balance({.end_user = long_name, .at = kNow}).cost_total, 1);
  EXPECT_EQ(balance({.end_user = event.end_user, .at = kNow}).cost_total, 1);
  EXPECT_EQ(balance({.model = event.model, .at = kNow}).cost_total, 2);
  EXPECT_EQ(usage().recent(1)->at(0).end_user.size(), long_name.size() + 9) << "the event has it all";
}

TEST_P(BalancesContract, AbsurdNumbersSaturate) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  std::vector<UsageEvent> batch(3, spent(kMost, kMost));
  batch[2].cost_nanos = std::numeric_limits<std::int64_t>::min();
  for (auto& event : batch) event.request_id = new_id();
  ASSERT_OK(usage().insert(batch));
  insert(spent(kMost, 5));
  EXPECT_EQ(balance({.at = kNow}).tokens_today, 100'000'000'000'000'000);
  for (int i = 0; i < 100; ++i) {
    auto event = spent(kMost, kMost);
    event.model = std::to_string(i);
    insert(event);
  }
  EXPECT_EQ(balance({.at = kNow}).cost_total, kMost);
}

TEST_P(BalancesContract, WhatComesTwiceCountsOnce) {
  std::vector<UsageEvent> batch{spent(1, 2), spent(10, 20)};
  const auto first = usage().insert(batch);
  ASSERT_OK(first);
  ASSERT_EQ(first->size(), 2U);
  EXPECT_EQ((*first)[0], (*first)[1]) << "one transaction";
  batch.push_back(spent(100, 200));
  batch.push_back(batch.back());
  const auto again = usage().insert(batch);
  ASSERT_OK(again);
  ASSERT_EQ(again->size(), 4U);
  EXPECT_EQ((*again)[0], (*first)[0]) << "what was there keeps the transaction that stored it";
  EXPECT_EQ((*again)[1], (*first)[1]);
  EXPECT_GT((*again)[2], (*first)[0]);
  EXPECT_EQ((*again)[3], (*again)[2]);
  EXPECT_EQ(balance({.at = kNow}).tokens_today, 111);
  EXPECT_EQ(balance({.at = kNow}).cost_total, 222);
  EXPECT_EQ(balance({.at = kNow}).requests_today, 3);
}

TEST_P(BalancesContract, AStampIsVisibleFromItsCommitOn) {
  const auto before = balance({.at = kNow});
  const auto one = spent(1, 1);
  const auto stamps = usage().insert({&one, 1});
  ASSERT_OK(stamps);
  const auto after = balance({.at = kNow});
  EXPECT_FALSE(visible(stamps->at(0), before.snapshot));
  EXPECT_TRUE(visible(stamps->at(0), after.snapshot));
}

/// Several writers with overlapping batches, and a reader whose every balance must be the sum of exactly
/// those events whose stamps its snapshot includes.
TEST_P(BalancesContract, EverySnapshotIsTheSumOfWhatItIncludes) {
  constexpr std::size_t kEvents = 400;
  constexpr std::size_t kBatch = 20;
  constexpr std::size_t kWriters = 4;
  std::mt19937 random(7);
  std::vector<UsageEvent> all;
  for (std::size_t i = 0; i < kEvents; ++i) {
    all.push_back(spent(static_cast<std::int64_t>(random() % 1'000), static_cast<std::int64_t>(random())));
    all.back().model = "m" + std::to_string(random() % 3);
  }
  auto other = backend().open();
  std::vector<std::atomic<std::uint64_t>> stamp_of(kEvents);
  std::atomic<std::size_t> working = kWriters;
  std::atomic<int> failures = 0;
  std::vector<std::thread> writers;
  for (std::size_t w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      std::mt19937 mine(static_cast<unsigned>(w));
      auto& target = (w % 2 == 0 ? store() : *other).usage();
      std::vector<std::size_t> order(kEvents);
      for (std::size_t i = 0; i < kEvents; ++i) order[i] = i;
      std::ranges::shuffle(order, mine);
      for (std::size_t at = 0; at < kEvents; at += kBatch) {
        std::vector<UsageEvent> batch;
        for (std::size_t i = at; i < at + kBatch; ++i) batch.push_back(all[order[i]]);
        const auto stamps = target.insert(batch);
        if (!stamps) {
          ++failures;
          continue;
        }
        for (std::size_t i = 0; i < kBatch; ++i) {
          std::uint64_t none = 0;
          if (!stamp_of[order[at + i]].compare_exchange_strong(none, (*stamps)[i]) && none != (*stamps)[i])
            ++failures;  // all writers must hear of the same transaction
        }
      }
      --working;
    });
  }
  std::vector<Balance> seen;
  while (working > 0) seen.push_back(balance({.at = kNow}));
  for (auto& writer : writers) writer.join();
  seen.push_back(balance({.at = kNow}));
  EXPECT_EQ(failures, 0);
  for (const auto& found : seen) {
    std::int64_t requests = 0, tokens = 0, cost = 0;
    for (std::size_t i = 0; i < kEvents; ++i) {
      if (!visible(stamp_of[i], found.snapshot)) continue;
      ++requests;
      tokens += *all[i].total_tokens;
      cost += *all[i].cost_nanos;
    }
    ASSERT_EQ(found.requests_today, requests) << found.snapshot;
    ASSERT_EQ(found.tokens_today, tokens) << found.snapshot;
    ASSERT_EQ(found.cost_total, cost) << found.snapshot;
  }
  EXPECT_EQ(seen.back().requests_today, static_cast<std::int64_t>(kEvents));
}

/// Everything the rollup says, computed again from the events.
TEST_P(BalancesContract, TheDaysAreWhatTheEventsAddUpTo) {
  std::mt19937 random(11);
  const std::vector<std::string> keys{"", new_id(), new_id()};
  std::vector<UsageEvent> all;
  for (int i = 0; i < 300; ++i) {
    auto event = spent(random() % 100, random() % 1'000, kNow - std::chrono::hours(random() % 96));
    event.key_id = keys[random() % keys.size()];
    event.end_user = random() % 2 == 0 ? "" : "ada";
    event.model = random() % 2 == 0 ? "a" : "b";
    if (random() % 5 == 0) event.cost_nanos.reset();
    event.charged = random() % 7 != 0;
    all.push_back(event);
  }
  for (std::size_t i = 0; i + 30 <= all.size(); i += 15)  // each overlaps the one before
    ASSERT_OK(usage().insert(std::span(all).subspan(i, 30)));
  for (const auto& key : keys) {
    for (int hours = 0; hours < 120; hours += 24) {
      const auto moment = kNow - std::chrono::hours(hours);
      const auto day = std::chrono::floor<std::chrono::days>(moment);
      std::int64_t requests = 0, cost = 0;
      for (const auto& event : all) {
        if (event.key_id != key && !key.empty()) continue;
        if (std::chrono::floor<std::chrono::days>(event.created_at) != day) continue;
        requests += event.charged ? 1 : 0;
        cost += event.cost_nanos.value_or(0);
      }
      const auto found = balance({.key_id = key, .at = moment});
      EXPECT_EQ(found.requests_today, requests);
      EXPECT_EQ(found.cost_today, cost);
    }
  }
}

/// What the migration makes of events that were there before it.
TEST_P(BalancesContract, OlderEventsAreAddedUpByTheMigration) {
  std::mt19937 random(3);
  std::vector<UsageEvent> all;
  for (int i = 0; i < 200; ++i) {
    auto event = sample_event();
    event.request_id = new_id();
    event.created_at = kNow - std::chrono::hours(random() % 96);
    event.accounted_at.reset();
    event.audio_input_tokens.reset();
    event.audio_output_tokens.reset();
    event.charged = true;
    event.refused_count = 0;
    if (random() % 2 == 0) event.key_id.clear();
    if (random() % 2 == 0) event.end_user.clear();
    if (random() % 3 == 0) event.error_code.clear();
    event.status_code = random() % 2 == 0 ? 200 : 500;
    if (random() % 3 == 0) event.cost_nanos.reset();
    if (random() % 4 == 0) event.total_tokens = -1;
    if (random() % 5 == 0) event.model = "m";
    all.push_back(event);
  }
  ASSERT_OK(usage().insert(all));
  const std::string everything =
      GetParam() == "postgres" ? "SELECT usage_daily::text FROM usage_daily ORDER BY 1"
                               : "SELECT day || hex(key_id) || hex(project_id) || hex(team_id) || "
                                 "end_user || model || route || ' ' || requests || ' ' || refused || ' ' "
                                 "|| errors || ' ' || input_tokens || ' ' || output_tokens || ' ' || "
                                 "cache_read_tokens || ' ' || cache_write_tokens || ' ' || "
                                 "reasoning_tokens || ' ' || audio_input_tokens || ' ' || "
                                 "audio_output_tokens || ' ' || total_tokens || ' ' || cost_nanos || ' ' "
                                 "|| unpriced_requests FROM usage_daily ORDER BY 1";
  const std::string summed = backend().sql(everything);
  const auto known = GetParam() == "postgres" ? store::postgres_migrations() : store::sqlite_migrations();
  const std::string_view migration = known[1].sql;
  backend().sql("DELETE FROM usage_daily");
  backend().sql(std::string(migration.substr(migration.find("INSERT INTO usage_daily"))));
  EXPECT_EQ(backend().sql(everything), summed);
}

/// A transaction that is still open is in no sum and in no snapshot; once it is committed it is in both.
TEST(PostgresBalances, WhatIsNotCommittedIsNeitherSummedNorVisible) {
  auto backend = make_backend("postgres");
  auto store = backend->open();
  ASSERT_OK(store->migrations().apply());
  // Holds a lock on the day's row from behind, so that the insert below has a transaction but cannot finish.
  const auto first = spent(1, 1);
  ASSERT_OK(store->usage().insert({&first, 1}));
  std::string held;
  std::thread holder([&] {
    held = backend->sql("BEGIN; UPDATE usage_daily SET refused = refused; SELECT pg_sleep(1); COMMIT");
  });
  const auto locked = [&] {
    return backend->sql(
        "SELECT count(*) FROM pg_locks WHERE relation = 'usage_daily'::regclass "
        "AND mode = 'RowExclusiveLock'");
  };
  while (locked() == "0\n") std::this_thread::yield();
  auto second = spent(10, 10);
  core::Result<std::vector<std::uint64_t>> stamps = std::vector<std::uint64_t>{};
  std::atomic<bool> done = false;
  std::thread writer([&] {
    stamps = store->usage().insert({&second, 1});
    done = true;
  });
  while (locked() == "1\n" && !done) std::this_thread::yield();
  EXPECT_FALSE(done);
  auto other = backend->open();
  const auto during = other->usage().balance({.at = kNow});
  holder.join();
  writer.join();
  ASSERT_OK(during);
  ASSERT_OK(stamps);
  EXPECT_EQ(during->tokens_today, 1);
  EXPECT_FALSE(visible(stamps->at(0), during->snapshot));
  const auto after = other->usage().balance({.at = kNow});
  ASSERT_OK(after);
  EXPECT_EQ(after->tokens_today, 11);
  EXPECT_TRUE(visible(stamps->at(0), after->snapshot));
}

}  // namespace
}  // namespace relayna::test
