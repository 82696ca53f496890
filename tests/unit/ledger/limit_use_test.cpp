#include "relayna/ledger/limit_use.hpp"

#include <gtest/gtest.h>

#include "fake_counters.hpp"
#include "fake_store.hpp"
#include "support/loop.hpp"

namespace relayna::ledger::test {
namespace {

using domain::LimitKind;

class LimitUseTest : public testing::Test {
 protected:
  domain::LimitedScope scope(LimitKind kind, std::int64_t limit) {
    domain::LimitedScope made{.scope = domain::LimitScope::global, .target = {}, .hard = {}, .soft = {}};
    made.hard.set(kind, limit);
    return made;
  }
  std::int64_t used(const core::Result<counters::Uses>& uses, LimitKind kind) {
    return uses->scopes.at(0).standing.used[static_cast<std::size_t>(kind)];
  }
  relayna::test::Loop loop;
  runtime::OffloadPool pool{1, "pool"};
  FakeStore store;
  FakeCounters shared{loop.shard, core::real_clock()};
  LimitUse use{pool, store, shared};
};

TEST_F(LimitUseTest, AsksTheStoreWhereNobodyCounts) {
  const auto day = scope(LimitKind::usd_per_day, 100);
  store.before = {
      .periods = domain::Periods::of(core::real_clock().wall()), .cost_today = 30, .snapshot = "1:1:"};
  const auto uses = loop.run(use.read({day}));
  ASSERT_TRUE(uses) << uses.error().describe();
  EXPECT_EQ(used(uses, LimitKind::usd_per_day), 30);
  EXPECT_TRUE(uses->scopes[0].standing.durable_known);

  ASSERT_TRUE(loop.run(shared.admit({.request_id = "a", .scopes = {{day.id(), day.hard}}})));
  ASSERT_TRUE(loop.run(shared.seed(day.id(), store.before, {})));
  store.away = true;
  EXPECT_EQ(used(loop.run(use.read({day})), LimitKind::usd_per_day), 30) << "the counters know themselves";
}

TEST_F(LimitUseTest, AsksNobodyButTheCountersForMinutes) {
  store.away = true;
  const auto uses = loop.run(use.read({scope(LimitKind::requests_per_minute, 5)}));
  ASSERT_TRUE(uses) << uses.error().describe();
  EXPECT_EQ(store.balances, 0);
}

TEST_F(LimitUseTest, SaysThatTheCountersAreAwayInsteadOfGuessing) {
  shared.away = true;
  const auto uses = loop.run(use.read({scope(LimitKind::usd_per_day, 100)}));
  ASSERT_FALSE(uses);
  EXPECT_EQ(uses.error().code, core::ErrorCode::control_state_unavailable);
  EXPECT_NE(uses.error().public_message().find("Redis"), std::string::npos);
}

}  // namespace
}  // namespace relayna::ledger::test
