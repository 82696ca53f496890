#include <gmock/gmock.h>

#include "backend.hpp"
#include "usage_sample.hpp"

// Usage by day and key, page by page: what costs are exported from.

namespace relayna::test {
namespace {

using domain::UsageEvent;
using std::chrono::days;
using store::DailyUsage;
using store::DailyUsageQuery;
using store::UsageSummary;

class UsageDaysContract : public StoreContract {
 protected:
  void SetUp() override {
    StoreContract::SetUp();
    std::mt19937 random(6);
    for (int i = 0; i < 500; ++i) events_.push_back(random_event(random, world_));
    ASSERT_OK(store().usage().insert(events_));
  }
  using Names = std::array<std::string, 6>;
  static Names names_of(const DailyUsage& row) {
    return {row.key_id, row.project_id, row.team_id, row.model, row.provider, row.service};
  }
  /// Every page, one behind the other.
  std::map<std::pair<core::SystemTime, Names>, UsageSummary> pages(DailyUsageQuery query) {
    std::map<std::pair<core::SystemTime, Names>, UsageSummary> sums;
    core::SystemTime last{};
    for (bool more = true; more;) {
      const auto rows = store().analytics().daily(query);
      if (!rows) ADD_FAILURE() << rows.error().describe();
      if (!rows) break;
      EXPECT_LE(rows->size(), query.limit);
      for (const auto& row : *rows) {
        EXPECT_GE(row.day, last);
        last = row.day;
        EXPECT_TRUE(sums.emplace(std::pair(row.day, names_of(row)), row.summary).second) << "came twice";
      }
      more = rows->size() == query.limit;
      if (more) query.after = rows->back();
    }
    return sums;
  }
  std::map<std::pair<core::SystemTime, Names>, UsageSummary> expected(const store::UsageFilter& filter) {
    std::map<std::pair<core::SystemTime, Names>, UsageSummary> sums;
    for (const auto& event : events_) {
      if (!matches(event, filter)) continue;
      const Names names{event.key_id, event.project_id, event.team_id,
                        event.model,  event.provider,   event.service_name};
      add(sums[{std::chrono::floor<days>(event.created_at), names}], event);
    }
    return sums;
  }
  const UsageWorld world_;
  std::vector<UsageEvent> events_;
};
INSTANTIATE_TEST_SUITE_P(Stores, UsageDaysContract, kBackends, backend_name);

TEST_P(UsageDaysContract, PagesOfAnySizeHoldEveryDayAndKeyOnce) {
  const auto all = expected({});
  ASSERT_GT(all.size(), 300U);
  for (const std::size_t limit : {1UL, 7UL, 10'000UL}) {
    EXPECT_EQ(pages({.from = kUsageStart, .to = kUsageStart + days(world_.days), .limit = limit}), all)
        << limit;
  }
}

TEST_P(UsageDaysContract, DaysAndNamesAreConditions) {
  const auto from = kUsageStart + days(2), to = kUsageStart + days(4);
  EXPECT_EQ(pages({.from = from, .to = to, .limit = 20}), expected({.from = from, .to = to}));
  EXPECT_EQ(pages({.from = from, .to = to, .key_id = world_.keys[1], .model = "gpt-4o", .limit = 2}),
            expected({.from = from, .to = to, .key_id = world_.keys[1], .model = "gpt-4o"}));
  EXPECT_EQ(pages({.from = from, .to = to, .project_id = "", .service = "summary", .limit = 2}),
            expected({.from = from, .to = to, .project_id = "", .service = "summary"}));
  const auto refused = store().analytics().daily({.from = from, .to = to, .team_id = "t1"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().param, "team_id");
}

TEST_P(UsageDaysContract, OutliveTheEvents) {
  ASSERT_EQ(store().analytics().purge_events(kUsageStart + days(100), 1'000).value_or(0), 500);
  EXPECT_EQ(pages({.from = kUsageStart, .to = kUsageStart + days(world_.days), .limit = 50}), expected({}));
}

}  // namespace
}  // namespace relayna::test
