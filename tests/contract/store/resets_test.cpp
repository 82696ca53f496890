#include <gmock/gmock.h>

#include "administration_examples.hpp"

// What operators take off the balances of counters.

namespace relayna::test {
namespace {

using domain::Balance;
using store::UsageReset;

/// Wednesday.
const core::SystemTime kNow =
    std::chrono::sys_days{std::chrono::year{2026} / 12 / 2} + std::chrono::hours(12);

UsageReset of(std::string counter, core::SystemTime when = kNow) {
  return {.id = new_id(),
          .counter = std::move(counter),
          .day = domain::Periods::of(when).day,
          .requests_today = 1,
          .tokens_today = 5,
          .cost_today = 7,
          .cost_this_week = 20,
          .cost_this_month = 300,
          .cost_total = 4'000,
          .created_at = when};
}

class ResetsContract : public AdministrationContract {
 protected:
  core::Result<std::int64_t> take_off(const UsageReset& reset) {
    std::int64_t stamp = 0;
    auto done = change([&](store::Unit& unit) -> core::Result<void> {
      auto taken = unit.take_off(reset);
      if (!taken) return std::unexpected(std::move(taken.error()));
      stamp = *taken;
      return {};
    });
    if (!done) return std::unexpected(std::move(done.error()));
    return stamp;
  }
  Balance balance(const std::string& counter, core::SystemTime at = kNow) {
    auto read = store().usage().balance({.counter = counter, .at = at});
    EXPECT_TRUE(read) << read.error().describe();
    return read.value_or(Balance{});
  }
  void spend(std::int64_t tokens, std::int64_t cost, core::SystemTime when = kNow) {
    domain::UsageEvent event;
    event.request_id = new_id();
    event.route = "/v1/chat/completions";
    event.status_code = 200;
    event.total_tokens = tokens;
    event.cost_nanos = cost;
    event.created_at = when;
    ASSERT_OK(store().usage().insert({&event, 1}));
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, ResetsContract, kBackends, backend_name);

TEST_P(ResetsContract, AreTakenOffThePeriodsTheyWereMadeInAndOffTheTotalForGood) {
  spend(50, 10'000);
  ASSERT_OK(take_off(of("global")));
  const auto now = balance("global");
  EXPECT_EQ(now.requests_today, 0);
  EXPECT_EQ(now.tokens_today, 45);
  EXPECT_EQ(now.cost_today, 9'993);
  EXPECT_EQ(now.cost_this_week, 9'980);
  EXPECT_EQ(now.cost_this_month, 9'700);
  EXPECT_EQ(now.cost_total, 6'000);
  const auto tomorrow = balance("global", kNow + std::chrono::days(1));
  EXPECT_EQ(tomorrow.tokens_today, 0);
  EXPECT_EQ(tomorrow.cost_today, 0);
  EXPECT_EQ(tomorrow.cost_this_week, 9'980);
  const auto next_week = balance("global", kNow + std::chrono::days(7));
  EXPECT_EQ(next_week.cost_this_week, 0);
  EXPECT_EQ(next_week.cost_this_month, 9'700);
  const auto next_year = balance("global", kNow + std::chrono::days(365));
  EXPECT_EQ(next_year.cost_this_month, 0);
  EXPECT_EQ(next_year.cost_total, 6'000);
}

TEST_P(ResetsContract, AreOfOneCounter) {
  spend(50, 10'000);
  ASSERT_OK(take_off(of("global|model:m*")));
  EXPECT_EQ(balance("global").cost_total, 10'000);
  EXPECT_EQ(balance("").cost_total, 10'000) << "nobody's";
  EXPECT_EQ(balance(std::string("no\0text\xff", 8)).cost_total, 10'000)
      << "callers choose the names of end users";
}

TEST_P(ResetsContract, AddUpAndMayGoBelowNothing) {
  auto second = of("global", kNow - std::chrono::days(1));
  second.number = 2;
  ASSERT_OK(take_off(of("global")));
  ASSERT_OK(take_off(second));
  const auto left = balance("global");
  EXPECT_EQ(left.cost_today, -7) << "the event they are about is on its way";
  EXPECT_EQ(left.cost_this_week, -40);
  EXPECT_EQ(left.cost_total, -8'000);
}

TEST_P(ResetsContract, OfOneCounterHaveOneNumberEach) {
  ASSERT_OK(take_off(of("global")));
  EXPECT_FAILS(conflict, take_off(of("global")));
  ASSERT_OK(take_off(of("team:x")));
  auto second = of("global");
  second.number = 2;
  ASSERT_OK(take_off(second));
  const auto last =
      list<UsageReset>({.where = {{.column = "counter", .value = "global"}}, .sort = "number", .limit = 1});
  ASSERT_EQ(last.size(), 1U);
  EXPECT_EQ(last[0].id, second.id);
}

TEST_P(ResetsContract, TheirStampSaysWhichBalancesHaveThem) {
  const auto before = balance("global").snapshot;
  const auto stamp = take_off(of("global"));
  ASSERT_OK(stamp);
  const auto after = balance("global").snapshot;
  const auto visible = [&](const std::string& snapshot) {
    return std::to_string(*stamp).size() < snapshot.find(':') ||
           (std::to_string(*stamp).size() == snapshot.find(':') &&
            std::to_string(*stamp) < snapshot.substr(0, snapshot.find(':')));
  };
  EXPECT_FALSE(visible(before)) << *stamp << " in " << before;
  EXPECT_TRUE(visible(after)) << *stamp << " in " << after;
  EXPECT_EQ(get<UsageReset>(list<UsageReset>({}).at(0).id)->stamp, *stamp);
}

TEST_P(ResetsContract, AreThereOnlyWithTheirUnit) {
  const auto refused = change([](store::Unit& unit) -> core::Result<void> {
    if (auto taken = unit.take_off(of("global")); !taken) return std::unexpected(taken.error());
    return core::fail(core::ErrorCode::conflict);
  });
  EXPECT_FALSE(refused);
  EXPECT_EQ(balance("global").cost_total, 0);
  EXPECT_TRUE(list<UsageReset>({}).empty());
}

TEST_P(ResetsContract, AreFoundUntilTheCountersKnowThem) {
  auto reset = of("global");
  reset.tokens_of_minute = true;
  ASSERT_OK(take_off(reset));
  const store::ListQuery open{.where = {{.column = "confirmed", .value = "false"}}};
  ASSERT_EQ(list<UsageReset>(open).size(), 1U);
  EXPECT_TRUE(list<UsageReset>(open)[0].tokens_of_minute);
  EXPECT_EQ(list<UsageReset>(open)[0].cost_this_month, 300);
  const auto revision = store().catalog().revision().value();
  ASSERT_OK(admin().confirm_reset(reset.id));
  ASSERT_OK(admin().confirm_reset(reset.id));
  EXPECT_EQ(store().catalog().revision().value(), revision + 1) << "told once";
  EXPECT_TRUE(list<UsageReset>(open).empty());
  EXPECT_EQ(balance("global").cost_total, -4'000) << "and hold on";
}

}  // namespace
}  // namespace relayna::test
