// What is used of limits, and how it is set back.

#include "contract/counters/counting.hpp"

namespace relayna::test {
namespace {

using counters::Reset;
using counters::Use;

/// Everything a scope may be limited by, with room for all of it.
Scope roomy(std::string id) {
  Scope made{.id = std::move(id)};
  made.limits.most.fill(1'000'000);
  return made;
}

class Using : public Counting {
 protected:
  Use use(const Scope& of) { return value(counters().use({of})).scopes.at(0); }
  domain::PerLimit used_of(const Scope& of) { return use(of).standing.used; }
  void seeded(const Scope& of, std::int64_t cost_today, std::int64_t cost_total) {
    const AdmitRequest nothing{.request_id = "first of " + of.id, .scopes = {of}};
    ASSERT_EQ(admit_seeded(nothing, balance(clock().wall(), cost_today, cost_total)).outcome,
              Outcome::admitted);
    value(counters().release(nothing.request_id));
  }
  /// Takes off all that is not reserved, days and money.
  Reset reset_of(const Scope& of, std::string id, std::uint64_t stamp = 200) {
    const auto now = use(of);
    const auto settled = [&](LimitKind kind) {
      const auto k = static_cast<std::size_t>(kind);
      return now.standing.used[k] - now.reserved[k];
    };
    return {.id = std::move(id),
            .scope = of.id,
            .taken_off = {.periods = domain::Periods::of(clock().wall()),
                          .requests_today = settled(LimitKind::requests_per_day),
                          .tokens_today = settled(LimitKind::tokens_per_day),
                          .cost_today = settled(LimitKind::usd_per_day),
                          .cost_this_week = settled(LimitKind::usd_per_week),
                          .cost_this_month = settled(LimitKind::usd_per_month),
                          .cost_total = settled(LimitKind::usd_total),
                          .snapshot = {}},
            .stamp = stamp};
  }
};

INSTANTIATE_TEST_SUITE_P(Both, Using, testing::Values("memory", "redis"),
                         [](const auto& info) { return info.param; });

TEST_P(Using, ShowsWhatIsUsedAndWhatOfItIsReserved) {
  const auto all = roomy("all");
  seeded(all, 5, 50);
  admit("a", {all}, {.tokens = 60, .cost_nanos = 7});
  admit("b", {all}, {.tokens = 10, .cost_nanos = 1});
  value(counters().settle("b", {.tokens = 4, .cost_nanos = 2}));
  EXPECT_EQ(used_of(all), (domain::PerLimit{2, 3, 64, 74, 1, 14, 14, 14, 59}));
  EXPECT_EQ(use(all).reserved, (domain::PerLimit{1, 1, 60, 60, 1, 7, 7, 7, 7}));
  value(counters().extend("a", {.tokens = 5, .cost_nanos = 1}));
  EXPECT_EQ(use(all).reserved, (domain::PerLimit{1, 1, 65, 65, 1, 8, 8, 8, 8}));
  value(counters().settle("a", {.tokens = 20, .cost_nanos = 3}));
  EXPECT_EQ(used_of(all), (domain::PerLimit{2, 3, 24, 34, 0, 10, 10, 10, 55}));
  EXPECT_EQ(use(all).reserved, domain::PerLimit{});
  admit("c", {all}, {.tokens = 1, .cost_nanos = 1});
  value(counters().release("c"));
  EXPECT_EQ(used_of(all), (domain::PerLimit{2, 3, 24, 34, 0, 10, 10, 10, 55})) << "as if c had never been";
}

TEST_P(Using, LooksAtSeveralScopesAtOneMomentAndOnlyAtTheirLimits) {
  const auto first = scope("first", {{LimitKind::concurrent_requests, 5}});
  const auto second = scope("second", {{LimitKind::tokens_per_minute, 100}});
  admit("a", {first, second}, {.tokens = 30});
  clock().advance(seconds(21));
  const auto uses =
      value(counters().use({second, scope("nobody", {{LimitKind::usd_total, 1}}), first, first}));
  EXPECT_EQ(uses.at, clock().wall());
  ASSERT_EQ(uses.scopes.size(), 4U);
  EXPECT_EQ(uses.scopes[0].standing.used, (domain::PerLimit{0, 0, 30, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(uses.scopes[0].standing.tokens_reset_seconds, 40);
  EXPECT_FALSE(uses.scopes[1].standing.durable_known) << "the store knows";
  EXPECT_EQ(uses.scopes[2].standing.used, (domain::PerLimit{0, 0, 0, 0, 1, 0, 0, 0, 0}));
  EXPECT_EQ(uses.scopes[2], uses.scopes[3]);
  EXPECT_TRUE(value(counters().use({})).scopes.empty());
}

TEST_P(Using, ChangesNothing) {
  const auto durable = scope("durable", {{LimitKind::usd_total, 100}});
  EXPECT_FALSE(use(durable).standing.durable_known);
  value(counters().seed("durable", balance(clock().wall(), 3, 95), {}));
  EXPECT_FALSE(use(durable).standing.durable_known) << "a look asks for no seed";
  EXPECT_EQ(admit("a", {durable}).outcome, Outcome::unseeded);
  const auto minute = scope("minute", {{LimitKind::requests_per_minute, 1}});
  admit("b", {minute});
  clock().advance(seconds(30));
  EXPECT_EQ(use(minute), use(minute));
  EXPECT_EQ(admit("c", {minute}).refusal->retry_after, 31);
}

TEST_P(Using, BeginsDaysAndMinutesAtNothingWithoutARequest) {
  clock().set(at("2026-11-29T23:59:59Z"));
  const auto all = roomy("all");
  seeded(all, 20, 200);
  admit("a", {all}, {.tokens = 5, .cost_nanos = 50});
  value(counters().settle("a", {.tokens = 5, .cost_nanos = 50}));
  clock().advance(seconds(62));
  EXPECT_EQ(used_of(all), (domain::PerLimit{0, 0, 0, 0, 0, 0, 0, 70, 250}));
  clock().set(at("2026-12-01T00:00:00Z"));
  EXPECT_EQ(used_of(all), (domain::PerLimit{0, 0, 0, 0, 0, 0, 0, 0, 250}));
}

TEST_P(Using, TakesOffOnceAndLeavesWhatIsReserved) {
  const auto all = roomy("all");
  seeded(all, 5, 50);
  admit("settled", {all}, {.tokens = 60, .cost_nanos = 7});
  value(counters().settle("settled", {.tokens = 60, .cost_nanos = 7}));
  admit("open", {all}, {.tokens = 10, .cost_nanos = 2});
  const auto reset = reset_of(all, "reset");
  value(counters().reset(reset));
  value(counters().reset(reset));
  EXPECT_EQ(used_of(all), (domain::PerLimit{2, 1, 70, 10, 1, 2, 2, 2, 2})) << "minutes were not asked for";
  value(counters().settle("open", {.tokens = 4, .cost_nanos = 9}));
  EXPECT_EQ(used_of(all), (domain::PerLimit{2, 1, 64, 4, 0, 9, 9, 9, 9}));
  value(counters().reset(reset_of(all, "another")));
  EXPECT_EQ(used_of(all), (domain::PerLimit{2, 0, 64, 0, 0, 0, 0, 0, 0}));
}

TEST_P(Using, SetsBackOnePeriodAndLeavesTheOthers) {
  const auto all = roomy("all");
  seeded(all, 5, 50);
  value(counters().reset({.id = "week",
                          .scope = "all",
                          .taken_off = {.periods = domain::Periods::of(clock().wall()), .cost_this_week = 5},
                          .stamp = 200}));
  EXPECT_EQ(used_of(all), (domain::PerLimit{0, 1, 0, 10, 0, 5, 0, 5, 50}));
  value(counters().reset({.id = "ever",
                          .scope = "all",
                          .taken_off = {.periods = domain::Periods::of(clock().wall()), .cost_total = 50},
                          .stamp = 201}));
  EXPECT_EQ(used_of(all), (domain::PerLimit{0, 1, 0, 10, 0, 5, 0, 5, 0}));
  admit("a", {all}, {.cost_nanos = 3});
  EXPECT_EQ(used_of(all), (domain::PerLimit{1, 2, 0, 10, 1, 8, 3, 8, 3}));
}

TEST_P(Using, DoesNotTakeOffWhatTheSeedHadTakenOff) {
  const auto all = roomy("all");
  seeded(all, 5, 50);  // its snapshot has every transaction below 100
  value(counters().reset(reset_of(all, "before", 99)));
  EXPECT_EQ(used_of(all)[8], 50);
  value(counters().reset(reset_of(all, "after", 100)));
  EXPECT_EQ(used_of(all)[8], 0);
}

TEST_P(Using, WaitsForTheSeedThatIsUnderWay) {
  const auto all = roomy("all");
  const AdmitRequest request{.request_id = "a", .scopes = {all}};
  ASSERT_EQ(value(counters().admit(request)).outcome, Outcome::unseeded);
  const domain::Balance off{
      .periods = domain::Periods::of(clock().wall()), .cost_today = 1, .cost_total = 20};
  value(counters().reset({.id = "seen", .scope = "all", .taken_off = off, .stamp = 99}));
  value(counters().reset({.id = "not seen", .scope = "all", .taken_off = off, .stamp = 100}));
  value(counters().account({{.request_id = "done",
                             .scopes = {"all"},
                             .amounts = {.cost_nanos = 4},
                             .at = clock().wall(),
                             .stamp = 101}}));
  value(counters().seed("all", balance(clock().wall(), 5, 50), {}));
  EXPECT_EQ(used_of(all), (domain::PerLimit{0, 2, 0, 10, 0, 8, 9, 9, 34}));
}

TEST_P(Using, LeavesItToTheSeedWhereNobodyCounts) {
  const auto all = roomy("all");
  value(counters().reset({.id = "reset",
                          .scope = "all",
                          .requests_of_minute = true,
                          .tokens_of_minute = true,
                          .taken_off = {.periods = domain::Periods::of(clock().wall()), .cost_total = 20},
                          .stamp = 99}));
  EXPECT_FALSE(use(all).standing.durable_known);
  seeded(all, 5, 30);
  EXPECT_EQ(used_of(all)[8], 30);
}

TEST_P(Using, CountsWhatComesAfterTheResetAndIsToldAgain) {
  const auto all = roomy("all");
  seeded(all, 0, 0);
  admit("a", {all}, {.tokens = 9, .cost_nanos = 9});
  value(counters().settle("a", {.tokens = 9, .cost_nanos = 9}));
  const auto reset = reset_of(all, "reset", 150);
  value(counters().reset(reset));
  backend().empty();
  // The store has the reset, and not yet the request.
  ASSERT_EQ(admit("b", {all}).outcome, Outcome::unseeded);
  auto left = balance(clock().wall(), 0, 0);
  left.requests_today = -1;
  left.tokens_today = -9;
  left.cost_today = left.cost_this_week = left.cost_this_month = left.cost_total = -9;
  left.snapshot = "160:160:";
  value(counters().seed("all", left, {}));
  value(counters().reset(reset));
  value(counters().account({{.request_id = "a",
                             .scopes = {"all"},
                             .amounts = {.tokens = 9, .cost_nanos = 9},
                             .at = clock().wall(),
                             .stamp = 170}}));
  EXPECT_EQ(used_of(all), domain::PerLimit{}) << "delivered after it was set back";
}

TEST_P(Using, BeginsMinutesAfresh) {
  clock().set(at("2026-11-20T12:00:00Z"));
  const auto minute =
      scope("minute", {{LimitKind::requests_per_minute, 3}, {LimitKind::tokens_per_minute, 100}});
  admit("a", {minute}, {.tokens = 10});
  clock().advance(seconds(5));
  admit("b", {minute}, {.tokens = 20});
  value(counters().reset({.id = "tokens", .scope = "minute", .tokens_of_minute = true}));
  EXPECT_EQ(used_of(minute), (domain::PerLimit{2, 0, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(use(minute).standing.requests_reset_seconds, 56);
  value(counters().reset({.id = "requests", .scope = "minute", .requests_of_minute = true}));
  EXPECT_EQ(used_of(minute), domain::PerLimit{});
  EXPECT_EQ(use(minute).standing.requests_reset_seconds, 0);
  admit("c", {minute}, {.tokens = 40});  // in the second of b
  value(counters().settle("b", {.tokens = 0}));
  value(counters().release("a"));
  EXPECT_EQ(used_of(minute), (domain::PerLimit{1, 0, 40, 0, 0, 0, 0, 0, 0})) << "c keeps what is its own";
  clock().advance(seconds(62));
  EXPECT_EQ(used_of(minute), domain::PerLimit{});
}

TEST_P(Using, TakesOffMoneyBeyondWhatADoubleHolds) {
  constexpr std::int64_t kMuch = 9'007'199'254'740'993;  // 2^53 + 1
  const auto money = scope("money", {{LimitKind::usd_total, INT64_MAX}});
  seeded(money, 0, kMuch);
  auto reset = reset_of(money, "reset");
  reset.taken_off.cost_total = kMuch - 1;
  value(counters().reset(reset));
  EXPECT_EQ(used_of(money)[8], 1);
}

}  // namespace
}  // namespace relayna::test
