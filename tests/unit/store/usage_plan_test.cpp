#include "store/usage_plan.hpp"

#include <random>

#include <gtest/gtest.h>

// A plan adds and takes off whole periods and events so that what happened in the period counts once and
// everything else not at all.

namespace relayna::store {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using Times = std::vector<core::SystemTime>;

constexpr auto kStep = minutes(30);
const core::SystemTime kBegin = std::chrono::sys_days{std::chrono::year{2026} / 3 / 4};
constexpr int kSteps = 2 * 24 * 60;

bool in(const UsagePeriod& period, core::SystemTime time) {
  return (!period.from || *period.from <= time) && (!period.to || time < *period.to);
}

bool in(const UsageSumsRange& range, core::SystemTime time) {
  const auto period =
      std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count() / range.rollup->unit;
  return (!range.first || *range.first <= period) && (!range.last || period < *range.last);
}

/// How often something that happens at `time` is counted.
int counted(const UsagePlan& plan, std::int64_t unit, core::SystemTime time) {
  int times = 0;
  for (const auto& range : plan.ranges(unit))
    if (in(range, time)) times += range.taken_off ? -1 : 1;
  for (const auto& end : {plan.head, plan.tail})
    if (end && in(end->period, time)) times += end->taken_off ? -1 : 1;
  return times;
}

class UsagePlans : public testing::Test {
 protected:
  std::mt19937 random{20261121};

  std::optional<core::SystemTime> sometimes_a_moment() {
    if (random() % 4 == 0) return std::nullopt;
    const auto step = static_cast<int>(random() % kSteps);
    return kBegin + kStep * (random() % 3 == 0 ? step / 48 * 48 : step);
  }
  UsagePeriod some_period() {
    UsagePeriod period{sometimes_a_moment(), sometimes_a_moment()};
    if (period.from && period.to && *period.to < *period.from) std::swap(*period.from, *period.to);
    return period;
  }
};

TEST_F(UsagePlans, CountWhatIsAskedForOnceAndNothingElse) {
  const auto newest = kBegin + kStep * (kSteps - 1);
  const std::optional<UsageField> groups[] = {std::nullopt, UsageField::key, UsageField::end_user,
                                              UsageField::request_id};
  for (int i = 0; i < 400; ++i) {
    const UsagePeriod asked = some_period();
    const auto grouped = groups[random() % 4];
    const std::int64_t unit = random() % 2 == 0 ? 24 * 3'600 : 7 * 24 * 3'600;
    UsageHistory history{.purged_before = {}, .newest = newest};
    if (random() % 2 == 0) history.purged_before = sometimes_a_moment();
    const UsagePlan plan = plan_usage({}, grouped, 24 * 3'600, asked, history);
    for (int step = 0; step < kSteps; ++step) {
      const auto time = kBegin + kStep * step;
      const bool wanted = in(asked, time) && in({plan.covered.from, plan.covered.to}, time);
      ASSERT_EQ(counted(plan, unit, time), wanted ? 1 : 0) << i << ": step " << step;
    }
    const bool known = !history.purged_before || (asked.from && *asked.from >= *history.purged_before);
    if (known) EXPECT_TRUE(plan.covered.complete) << i;
  }
}

TEST_F(UsagePlans, ReadNoEventsOfPurgedTimes) {
  const auto newest = kBegin + kStep * (kSteps - 1);
  for (int i = 0; i < 400; ++i) {
    const UsageHistory history{.purged_before = kBegin + kStep * static_cast<int>(random() % kSteps),
                               .newest = newest};
    const UsagePlan plan = plan_usage({}, UsageField::key, 24 * 3'600, some_period(), history);
    for (const auto& end : {plan.head, plan.tail}) {
      if (!end || (end->period.to && end->period.from == end->period.to)) continue;
      ASSERT_TRUE(end->period.from);
      EXPECT_GE(*end->period.from, *history.purged_before) << i;
    }
  }
}

TEST_F(UsagePlans, ReadTheEventsOfTheShorterSide) {
  const UsageHistory history{.purged_before = {}, .newest = kBegin + hours(24 * 59)};
  const auto ends = [&](auto from, auto to) {
    return plan_usage({}, UsageField::key, 24 * 3'600, {kBegin + from, kBegin + to}, history);
  };
  const UsagePlan taken_off = ends(hours(5), hours(24 * 10 - 3));
  EXPECT_TRUE(taken_off.head->taken_off);
  EXPECT_EQ(*taken_off.head->period.to, kBegin + hours(5));
  EXPECT_TRUE(taken_off.tail->taken_off);
  EXPECT_EQ(*taken_off.tail->period.from, kBegin + hours(24 * 10 - 3));
  const UsagePlan added = ends(hours(20), hours(24 * 10 + 3));
  EXPECT_FALSE(added.head->taken_off);
  EXPECT_EQ(*added.head->period.from, kBegin + hours(20));
  EXPECT_FALSE(added.tail->taken_off);
  EXPECT_EQ(*added.tail->period.to, kBegin + hours(24 * 10 + 3));
}

TEST_F(UsagePlans, TakeLongPeriodsOfManyNamesFromWeeks) {
  const UsageHistory history{.purged_before = {}, .newest = kBegin + hours(24 * 59)};
  const UsagePlan plan =
      plan_usage({}, UsageField::end_user, 24 * 3'600, {kBegin, kBegin + hours(24 * 30)}, history);
  std::int64_t days = 0;
  for (const auto& range : plan.ranges(7 * 24 * 3'600)) {
    if (range.rollup->table == "usage_daily_end_users") days += *range.last - *range.first;
  }
  EXPECT_LE(days, 6);
  ASSERT_EQ(plan.ranges(24 * 3'600).size(), 1U) << "a series by day";
}

}  // namespace
}  // namespace relayna::store
