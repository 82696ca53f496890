#include "relayna/domain/limits.hpp"

#include <set>

#include <gtest/gtest.h>

namespace relayna::domain {
namespace {

core::SystemTime at(std::string_view text) {
  return *core::parse_rfc3339(text);
}

TEST(LimitKinds, HaveDistinctNamesThatSayWhatTheyAre) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kLimitKinds; ++i) {
    const auto kind = static_cast<LimitKind>(i);
    names.insert(to_string(kind));
    EXPECT_EQ(is_money(kind), to_string(kind).starts_with("usd_"));
    EXPECT_EQ(is_durable(kind),
              !to_string(kind).ends_with("_minute") && kind != LimitKind::concurrent_requests);
  }
  EXPECT_EQ(names.size(), kLimitKinds);
  EXPECT_EQ(to_string(LimitKind::requests_per_minute), "requests_per_minute");
  EXPECT_EQ(to_string(LimitKind::concurrent_requests), "concurrent_requests");
  EXPECT_EQ(to_string(LimitKind::usd_total), "usd_total");
}

TEST(LimitSet, TightensToTheSmallerWhereBothAreSet) {
  LimitSet limits;
  EXPECT_TRUE(limits.empty());
  limits.tighten(LimitKind::tokens_per_day, 100);
  limits.tighten(LimitKind::tokens_per_day, 200);
  EXPECT_EQ(limits.of(LimitKind::tokens_per_day), 100);
  limits.tighten(LimitKind::tokens_per_day, kUnlimited);
  EXPECT_EQ(limits.of(LimitKind::tokens_per_day), 100);
  LimitSet other;
  other.set(LimitKind::tokens_per_day, 0);
  other.set(LimitKind::usd_total, 5);
  limits.tighten(other);
  EXPECT_EQ(limits.of(LimitKind::tokens_per_day), 0);
  EXPECT_EQ(limits.of(LimitKind::usd_total), 5);
  EXPECT_FALSE(limits.has(LimitKind::usd_per_day));
  EXPECT_FALSE(limits.empty());
}

TEST(LimitSet, KnowsWhatMustBeReadBack) {
  LimitSet limits;
  limits.set(LimitKind::requests_per_minute, 1);
  limits.set(LimitKind::concurrent_requests, 1);
  EXPECT_FALSE(limits.has_durable());
  limits.set(LimitKind::requests_per_day, 1);
  EXPECT_TRUE(limits.has_durable());
  EXPECT_FALSE(limits.has_money());
  limits.set(LimitKind::usd_per_week, 0);
  EXPECT_TRUE(limits.has_money());
}

TEST(Periods, ChangeAtMidnightMondayAndTheFirst) {
  const auto sunday = Periods::of(at("2026-11-22T23:59:59.999999Z"));
  const auto monday = Periods::of(at("2026-11-23T00:00:00Z"));
  EXPECT_EQ(monday.day, sunday.day + 1);
  EXPECT_EQ(monday.week, sunday.week + 1);
  EXPECT_EQ(monday.month, sunday.month);
  const auto tuesday = Periods::of(at("2026-12-01T00:00:00Z"));
  EXPECT_EQ(Periods::of(at("2026-11-30T23:59:59Z")).week, tuesday.week);
  EXPECT_EQ(tuesday.month, monday.month + 1);
  EXPECT_EQ(Periods::of(at("2027-01-01T00:00:00Z")).month, tuesday.month + 1);
}

TEST(Periods, CountFromTheEpoch) {
  EXPECT_EQ(Periods::of(core::SystemTime{}), (Periods{.day = 0, .week = 0, .month = 12 * 1970 + 1}));
  EXPECT_EQ(Periods::of(at("1970-01-04T23:59:59Z")).week, 0);
  EXPECT_EQ(Periods::of(at("1970-01-05T00:00:00Z")).week, 1);
  EXPECT_EQ(Periods::of(at("2000-02-29T12:00:00Z")), (Periods{.day = 11016, .week = 1574, .month = 24002}));
}

TEST(PeriodEnd, IsTheFirstMomentOfTheNextOne) {
  const auto now = at("2028-02-29T13:14:15.161718Z");  // a Tuesday
  EXPECT_EQ(period_end(LimitKind::usd_per_day, now), at("2028-03-01T00:00:00Z"));
  EXPECT_EQ(period_end(LimitKind::tokens_per_day, now), at("2028-03-01T00:00:00Z"));
  EXPECT_EQ(period_end(LimitKind::usd_per_week, now), at("2028-03-06T00:00:00Z"));
  EXPECT_EQ(period_end(LimitKind::usd_per_month, now), at("2028-03-01T00:00:00Z"));
  EXPECT_EQ(period_end(LimitKind::usd_per_month, at("2026-12-31T23:59:59Z")), at("2027-01-01T00:00:00Z"));
  EXPECT_EQ(period_end(LimitKind::usd_per_week, at("2026-11-23T00:00:00Z")), at("2026-11-30T00:00:00Z"));
}

TEST(PeriodEnd, IsUnknownForWhatHasNoCalendarPeriod) {
  for (const auto kind : {LimitKind::usd_total, LimitKind::requests_per_minute, LimitKind::tokens_per_minute,
                          LimitKind::concurrent_requests})
    EXPECT_FALSE(period_end(kind, at("2026-11-20T00:00:00Z")));
}

}  // namespace
}  // namespace relayna::domain
