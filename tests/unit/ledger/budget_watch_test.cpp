#include "relayna/ledger/budget_watch.hpp"

#include <gtest/gtest.h>

namespace relayna::ledger {
namespace {

using domain::LimitKind;

domain::LimitedScope scope_with(std::int64_t limit, bool hard = true) {
  domain::LimitedScope scope;
  scope.target.key_id = "k";
  (hard ? scope.hard : scope.soft).set(LimitKind::usd_per_day, limit);
  return scope;
}
counters::Standing used(std::int64_t nanos) {
  counters::Standing at;
  at.used[static_cast<std::size_t>(LimitKind::usd_per_day)] = nanos;
  return at;
}

TEST(BudgetWatch, RemembersScopesThatAreHalfUsed) {
  BudgetWatch watch;
  watch.note("key:a", scope_with(1'000), used(499));
  EXPECT_TRUE(watch.near().empty());
  watch.note("key:a", scope_with(1'000), used(500));
  watch.note("key:b", scope_with(1'000, false), used(500));
  EXPECT_EQ(watch.near().size(), 2U);
  watch.forget("key:a");
  ASSERT_EQ(watch.near().size(), 1U);
  EXPECT_EQ(watch.near()[0].counter, "key:b");
}

TEST(BudgetWatch, KnowsTheLimitInForce) {
  BudgetWatch watch;
  watch.note("key:a", scope_with(1'000), used(900));
  watch.note("key:a", scope_with(1'500), used(900));
  ASSERT_EQ(watch.near().size(), 1U);
  EXPECT_EQ(watch.near()[0].scope.hard.of(LimitKind::usd_per_day), 1'500);
}

TEST(BudgetWatch, IsSilentWithoutMoneyAndWithoutKnowledge) {
  BudgetWatch watch;
  domain::LimitedScope requests;
  requests.hard.set(LimitKind::requests_per_day, 10);
  watch.note("key:a", requests, used(1'000));
  watch.note("key:b", scope_with(0), used(0));
  auto unknown = used(1'000);
  unknown.durable_known = false;
  watch.note("key:c", scope_with(1'000), unknown);
  EXPECT_TRUE(watch.near().empty());
}

TEST(BudgetWatch, IsBounded) {
  BudgetWatch watch;
  for (std::size_t i = 0; i < BudgetWatch::kMost + 10; ++i)
    watch.note(std::to_string(i), scope_with(10), used(10));
  EXPECT_EQ(watch.near().size(), BudgetWatch::kMost);
}

}  // namespace
}  // namespace relayna::ledger
