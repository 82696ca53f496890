#include "counters/scope_count.hpp"

#include <gtest/gtest.h>

namespace relayna::counters {
namespace {

using domain::LimitKind;
using domain::Periods;

core::SystemTime at(std::string_view text) {
  return *core::parse_rfc3339(text);
}

ScopeCount tracked(core::SystemTime now) {
  ScopeCount count;
  count.durable = Durable::seeded;
  count.periods = Periods::of(now);
  return count;
}

std::array<std::int64_t, 4> money(const ScopeCount& count) {
  return {count.used(LimitKind::usd_per_day), count.used(LimitKind::usd_per_week),
          count.used(LimitKind::usd_per_month), count.used(LimitKind::usd_total)};
}

TEST(ScopeCount, KeepsAPeriodUntilItsEnd) {
  auto count = tracked(at("2026-11-30T10:00:00Z"));  // Monday, the last of the month
  count.charge(count.periods, {.requests = 1, .tokens = 5, .cost_nanos = 100});
  count.advance(at("2026-11-30T23:59:59Z"));
  EXPECT_EQ(money(count), (std::array<std::int64_t, 4>{100, 100, 100, 100}));
  count.advance(at("2026-12-01T00:00:00Z"));
  EXPECT_EQ(money(count), (std::array<std::int64_t, 4>{0, 100, 0, 100}));
  EXPECT_EQ(count.requests_today, 0);
  count.advance(at("2026-12-07T00:00:00Z"));
  EXPECT_EQ(money(count), (std::array<std::int64_t, 4>{0, 0, 0, 100}));
}

TEST(ScopeCount, ChargesThePeriodsOfTheRequest) {
  const auto then = Periods::of(at("2026-11-29T10:00:00Z"));  // Sunday
  auto count = tracked(at("2026-11-30T10:00:00Z"));
  count.charge(then, {.requests = 1, .tokens = 5, .cost_nanos = 100});
  EXPECT_EQ(money(count), (std::array<std::int64_t, 4>{0, 0, 100, 100}));
  EXPECT_EQ(count.tokens_today, 0);
  count.charge(Periods::of(at("2026-12-01T00:00:00Z")), {.requests = 1, .cost_nanos = 1});
  EXPECT_EQ(money(count), (std::array<std::int64_t, 4>{1, 1, 101, 101}))
      << "a clock that is ahead charges today";
}

TEST(ScopeCount, DoesNotStepBackWithTheClock) {
  auto count = tracked(at("2026-12-01T00:00:00Z"));
  count.charge(count.periods, {.requests = 1, .cost_nanos = 100});
  count.advance(at("2026-11-30T23:59:59Z"));
  EXPECT_EQ(count.used(LimitKind::usd_per_day), 100);
}

TEST(ScopeCount, RefusesByTheLimitThatLastsLongest) {
  const auto now = at("2026-11-30T23:59:00Z");
  auto count = tracked(now);
  count.requests_today = 5;
  count.spent = 100;
  count.concurrent = 1;
  domain::LimitSet limits;
  limits.set(LimitKind::concurrent_requests, 1);
  EXPECT_EQ(refusal(count, limits, {}, now)->retry_after, 1);
  limits.set(LimitKind::requests_per_day, 5);
  EXPECT_EQ(refusal(count, limits, {}, now)->retry_after, 60);
  limits.set(LimitKind::usd_per_week, 100);
  EXPECT_EQ(refusal(count, limits, {}, now)->retry_after, 6 * 86'400 + 60);
  limits.set(LimitKind::usd_total, 100);
  EXPECT_EQ(refusal(count, limits, {}, now)->kind, LimitKind::usd_total);
  EXPECT_EQ(refusal(count, limits, {}, now)->retry_after, std::nullopt);
  EXPECT_FALSE(refusal(count, limits, {.request = false}, now)) << "an extension by nothing";
  count.durable = Durable::seeding;
  EXPECT_EQ(refusal(count, limits, {}, now)->kind, LimitKind::concurrent_requests) << "the rest is not known";
}

TEST(ScopeCount, SaturatesInsteadOfWrapping) {
  auto count = tracked(at("2026-12-01T00:00:00Z"));
  count.seed({.periods = count.periods, .cost_today = INT64_MAX, .cost_total = INT64_MAX});
  count.charge(count.periods, {.cost_nanos = kMostAmount});
  EXPECT_EQ(count.used(LimitKind::usd_total), INT64_MAX);
  domain::LimitSet limits;
  limits.set(LimitKind::usd_total, INT64_MAX - 1);
  EXPECT_TRUE(refusal(count, limits, {.amounts = {.cost_nanos = kMostAmount}}, at("2026-12-01T00:00:00Z")));
}

TEST(ScopeCount, TakesOffOnlyThePeriodsThatStillAre) {
  auto count = tracked(at("2026-11-30T12:00:00Z"));  // a Monday
  const domain::Balance used{.periods = count.periods,
                             .requests_today = 5,
                             .tokens_today = 50,
                             .cost_today = 10,
                             .cost_this_week = 20,
                             .cost_this_month = 30,
                             .cost_total = 40,
                             .snapshot = {}};
  count.seed(used);
  auto month_only = domain::Balance{.periods = count.periods, .cost_this_month = 30};
  count.take_off(month_only);
  EXPECT_EQ(count.used(LimitKind::usd_per_month), 0);
  EXPECT_EQ(count.used(LimitKind::usd_per_week), 20);
  EXPECT_EQ(count.used(LimitKind::usd_total), 40);
  count.advance(at("2026-12-01T00:00:00Z"));
  count.take_off(used);  // told a day later: of yesterday, this week, last month
  EXPECT_EQ(count.used(LimitKind::requests_per_day), 0);
  EXPECT_EQ(count.used(LimitKind::usd_per_day), 0);
  EXPECT_EQ(count.used(LimitKind::usd_per_week), 0);
  EXPECT_EQ(count.used(LimitKind::usd_per_month), 0);
  EXPECT_EQ(count.used(LimitKind::usd_total), 0);
}

TEST(ScopeCount, KnowsWhatRequestsUnderWayHold) {
  ScopeCount count;
  count.hold(1, {.tokens = 30, .cost_nanos = 3});
  count.hold(0, {.tokens = 10});
  count.hold(1, {.tokens = 5, .cost_nanos = 1});
  Standing standing;
  standing.used.fill(7);
  EXPECT_EQ(reserved_of(count, standing), (domain::PerLimit{2, 2, 7, 7, 2, 4, 4, 4, 4}))
      << "at most what is used";
  count.hold(-1, {.tokens = -40, .cost_nanos = -3});
  EXPECT_EQ(count.reserved, (Amounts{.tokens = 5, .cost_nanos = 1}));
  count.hold(-1, {.tokens = -1});
  EXPECT_EQ(count.reserved, Amounts{}) << "nobody is left to hold anything";
}

}  // namespace
}  // namespace relayna::counters
