// What both implementations promise, one promise per test. The arithmetic is left to the random schedules.

#include <algorithm>
#include <ranges>

#include "contract/counters/counting.hpp"

namespace relayna::test {
namespace {

INSTANTIATE_TEST_SUITE_P(Both, Counting, testing::Values("memory", "redis"),
                         [](const auto& info) { return info.param; });

TEST_P(Counting, ReservesEverywhereOrNowhere) {
  const auto wide = scope("wide", {{LimitKind::concurrent_requests, 10}});
  const auto narrow = scope("narrow", {{LimitKind::concurrent_requests, 1}});
  EXPECT_EQ(admit("a", {wide, narrow}).outcome, Outcome::admitted);
  const auto refused = admit("b", {wide, narrow});
  EXPECT_EQ(refused.outcome, Outcome::refused);
  ASSERT_TRUE(refused.refusal);
  EXPECT_EQ(*refused.refusal, (counters::Refusal{.scope = 1,
                                                 .kind = LimitKind::concurrent_requests,
                                                 .limit = 1,
                                                 .used = 1,
                                                 .wanted = 1,
                                                 .retry_after = 1}));
  EXPECT_EQ(used(admit("c", {wide}), LimitKind::concurrent_requests), 2) << "b left nothing behind";
}

TEST_P(Counting, AnswersTheSameIdTheSameAndReservesItOnce) {
  const auto one = scope("one", {{LimitKind::concurrent_requests, 1}, {LimitKind::tokens_per_minute, 100}});
  const auto first = admit("a", {one}, {.tokens = 60});
  clock().advance(seconds(2));
  const auto second = admit("a", {one}, {.tokens = 60});
  EXPECT_EQ(second.outcome, Outcome::admitted);
  EXPECT_EQ(second.at, first.at);
  EXPECT_EQ(used(second, LimitKind::concurrent_requests), 1);
  EXPECT_EQ(used(second, LimitKind::tokens_per_minute), 60);
}

TEST_P(Counting, SettlesOnceAndOnlyWhatItKnows) {
  const auto one = scope("one", {{LimitKind::concurrent_requests, 5}, {LimitKind::tokens_per_minute, 100}});
  const auto admission = admit("a", {one}, {.tokens = 60});
  const auto settled = value(counters().settle("a", {.tokens = 25}));
  EXPECT_TRUE(settled.known && settled.all_seeded);
  EXPECT_EQ(settled.epoch, admission.epoch);
  const auto again = value(counters().settle("a", {.tokens = 99}));
  EXPECT_FALSE(again.known);
  EXPECT_EQ(again.epoch, admission.epoch) << "which says that it was settled before";
  EXPECT_FALSE(value(counters().settle("never", {.tokens = 99})).known);
  value(counters().release("a"));
  const auto after = admit("b", {one});
  EXPECT_EQ(used(after, LimitKind::concurrent_requests), 1);
  EXPECT_EQ(used(after, LimitKind::tokens_per_minute), 25);
}

TEST_P(Counting, SettlesSeveralAtOnceAsItDoesOneByOne) {
  const auto one = scope("one", {{LimitKind::concurrent_requests, 5}, {LimitKind::tokens_per_minute, 100}});
  const auto two = scope("two", {{LimitKind::concurrent_requests, 5}, {LimitKind::usd_total, 1000}});
  const auto first = admit("a", {one}, {.tokens = 10});
  clock().advance(seconds(30));
  ASSERT_EQ(admit("b", {one, two}, {.tokens = 50, .cost_nanos = 7}).outcome, Outcome::unseeded);
  value(counters().seed("two", balance(clock().wall(), 5, 50), {}));
  ASSERT_EQ(admit("b", {one, two}, {.tokens = 50, .cost_nanos = 7}).outcome, Outcome::admitted);
  clock().advance(seconds(40));
  // The second of a has left the minute: what it took beyond its reservation counts now, and that of b moves
  // to those before.
  const auto settled = value(counters().settle_all({{"a", {.tokens = 13}},
                                                    {"never", {.tokens = 99}},
                                                    {"b", {.tokens = 20, .cost_nanos = 4}},
                                                    {"b", {.tokens = 99}}}));
  ASSERT_EQ(settled.size(), 4U);
  EXPECT_TRUE(settled[0].known && settled[2].known && settled[2].all_seeded);
  EXPECT_FALSE(settled[1].known || settled[3].known);
  for (const auto& settlement : settled) EXPECT_EQ(settlement.epoch, first.epoch);
  const auto after = admit("c", {one, two});
  EXPECT_EQ(used(after, LimitKind::concurrent_requests), 1);
  EXPECT_EQ(used(after, LimitKind::tokens_per_minute), 3 + 20);
  EXPECT_EQ(used(after, LimitKind::usd_total, 1), 50 + 4);
}

TEST_P(Counting, SettlesMoreThanOneScriptTakes) {
  const auto one =
      scope("one", {{LimitKind::concurrent_requests, 500}, {LimitKind::tokens_per_minute, 10'000}});
  std::vector<counters::Ended> ended;
  for (int i = 0; i < 100; ++i) {
    const auto id = "r" + std::to_string(i);
    admit(id, {one}, {.tokens = 50});
    ended.push_back({id, {.tokens = i}});
  }
  EXPECT_EQ(value(counters().settle_all(std::move(ended))).size(), 100U);
  const auto after = admit("after", {one});
  EXPECT_EQ(used(after, LimitKind::concurrent_requests), 1);
  EXPECT_EQ(used(after, LimitKind::tokens_per_minute), 99 * 100 / 2);
  EXPECT_TRUE(value(counters().settle_all({})).empty());
}

TEST_P(Counting, GivesEverythingBackOnRelease) {
  const auto all = scope("all", {{LimitKind::requests_per_minute, 10},
                                 {LimitKind::tokens_per_minute, 100},
                                 {LimitKind::concurrent_requests, 10},
                                 {LimitKind::requests_per_day, 10},
                                 {LimitKind::tokens_per_day, 1000},
                                 {LimitKind::usd_total, 1000}});
  const AdmitRequest request{.request_id = "a", .scopes = {all}, .amounts = {.tokens = 60, .cost_nanos = 7}};
  ASSERT_EQ(admit_seeded(request, balance(clock().wall(), 5, 50)).outcome, Outcome::admitted);
  value(counters().extend("a", {.tokens = 5, .cost_nanos = 1}));
  value(counters().release("a"));
  const auto after = admit("b", {all});
  EXPECT_EQ(after.standings.at(0).used, (domain::PerLimit{1, 2, 0, 10, 1, 0, 0, 0, 50}));
}

TEST_P(Counting, RefusesWhatIsFullOrWouldOverflow) {
  const auto limited = scope("one", {{LimitKind::tokens_per_minute, 100}});
  EXPECT_EQ(admit("a", {limited}, {.tokens = 90}).outcome, Outcome::admitted);
  EXPECT_EQ(admit("b", {limited}, {.tokens = 11}).outcome, Outcome::refused);
  EXPECT_EQ(admit("c", {limited}, {.tokens = 10}).outcome, Outcome::admitted);
  EXPECT_EQ(admit("d", {limited}).outcome, Outcome::refused) << "full, although it asks for nothing";
  const auto never = admit("e", {limited}, {.tokens = 101});
  EXPECT_EQ(never.refusal->retry_after, std::nullopt) << "larger than the limit itself";
  EXPECT_EQ(admit("f", {scope("none", {{LimitKind::requests_per_minute, 0}})}).refusal->retry_after,
            std::nullopt);
}

TEST_P(Counting, SaysWhenThisVeryRequestFits) {
  const auto limited = scope("one", {{LimitKind::tokens_per_minute, 100}});
  clock().set(at("2026-11-20T12:00:00.9Z"));
  admit("a", {limited}, {.tokens = 30});
  clock().advance(seconds(10));
  admit("b", {limited}, {.tokens = 60});
  clock().advance(seconds(10));
  EXPECT_EQ(admit("c", {limited}, {.tokens = 40}).refusal->retry_after, 41);
  const auto longer = admit("d", {limited}, {.tokens = 90});
  EXPECT_EQ(longer.refusal->retry_after, 51);
  clock().advance(seconds(50));
  EXPECT_EQ(admit("d", {limited}, {.tokens = 90}).refusal->retry_after, 1);
  clock().advance(seconds(1));
  EXPECT_EQ(admit("d", {limited}, {.tokens = 90}).outcome, Outcome::admitted);
}

TEST_P(Counting, NamesTheLimitThatRefusesLongest) {
  clock().set(at("2026-11-20T23:59:30.25Z"));
  const std::vector<Scope> scopes{scope("one", {{LimitKind::concurrent_requests, 1}}),
                                  scope("two", {{LimitKind::requests_per_day, 2}}),
                                  scope("three", {{LimitKind::requests_per_minute, 1}})};
  const AdmitRequest request{.request_id = "a", .scopes = scopes};
  ASSERT_EQ(admit_seeded(request, balance(clock().wall(), 0, 0)).outcome, Outcome::admitted);
  const auto refused = admit("b", scopes);
  EXPECT_EQ(refused.refusal->scope, 2U);
  EXPECT_EQ(refused.refusal->retry_after, 61);
  EXPECT_EQ(admit("b", {scopes[0], scopes[1]}).refusal->kind, LimitKind::requests_per_day);
  EXPECT_EQ(admit("b", {scopes[0], scopes[1]}).refusal->retry_after, 30);
}

TEST_P(Counting, NeverLetsMoreThanTheLimitIntoAnySlidingMinute) {
  const auto limited = scope("one", {{LimitKind::requests_per_minute, 5}});
  std::vector<core::SystemTime> admitted;
  for (int i = 0; i < 2'000; ++i) {
    if (admit("r" + std::to_string(i), {limited}).outcome == Outcome::admitted)
      admitted.push_back(clock().wall());
    clock().advance(std::chrono::milliseconds(137));
  }
  ASSERT_GT(admitted.size(), 15U);
  for (std::size_t i = 5; i < admitted.size(); ++i)
    EXPECT_GT(admitted[i] - admitted[i - 5], seconds(60)) << "six requests within a minute";
}

TEST_P(Counting, ExtendsWithinTheLimitsOfTheAdmission) {
  const auto limited =
      scope("one", {{LimitKind::tokens_per_minute, 100}, {LimitKind::concurrent_requests, 1}});
  admit("a", {limited}, {.tokens = 60});
  EXPECT_TRUE(value(counters().extend("a", {.tokens = 40})).granted);
  EXPECT_TRUE(value(counters().extend("a", {})).granted) << "nothing more is asked of a full scope";
  const auto refused = value(counters().extend("a", {.tokens = 1}));
  EXPECT_FALSE(refused.granted);
  EXPECT_EQ(refused.refusal->used, 100);
  EXPECT_EQ(refused.refusal->retry_after, 61);
  EXPECT_FALSE(value(counters().extend("never", {.tokens = 1})).known);
  value(counters().settle("a", {.tokens = 70}));
  EXPECT_EQ(used(admit("b", {limited}), LimitKind::tokens_per_minute), 70);
}

TEST_P(Counting, AsksForTheDurablePartOfANewScope) {
  const auto plain = scope("plain", {{LimitKind::requests_per_minute, 5}});
  const auto durable = scope("durable", {{LimitKind::usd_total, 100}});
  const AdmitRequest request{.request_id = "a", .scopes = {plain, durable}, .amounts = {.cost_nanos = 10}};
  const auto first = value(counters().admit(request));
  EXPECT_EQ(first.outcome, Outcome::unseeded);
  EXPECT_EQ(first.unseeded, std::vector<std::size_t>{1});
  EXPECT_EQ(value(counters().admit(request)).outcome, Outcome::unseeded) << "until it is seeded";
  value(counters().seed("durable", balance(clock().wall(), 3, 95), {}));
  value(counters().seed("durable", balance(clock().wall(), 3, 95), {}));
  const auto refused = value(counters().admit(request));
  EXPECT_EQ(refused.refusal->used, 95) << "seeded once";
  EXPECT_EQ(refused.refusal->retry_after, std::nullopt);
  EXPECT_EQ(used(admit("b", {plain, durable}, {.cost_nanos = 5}), LimitKind::requests_per_minute), 1);
}

TEST_P(Counting, IgnoresASeedNobodyAskedForOrThatIsTooOld) {
  const auto durable = scope("durable", {{LimitKind::usd_total, 100}});
  value(counters().seed("durable", balance(clock().wall(), 3, 95), {}));
  const AdmitRequest request{.request_id = "a", .scopes = {durable}};
  ASSERT_EQ(value(counters().admit(request)).outcome, Outcome::unseeded);
  value(counters().seed("durable", balance(clock().wall(), 3, 95), "another"));
  EXPECT_EQ(value(counters().admit(request)).outcome, Outcome::unseeded);
}

TEST_P(Counting, BeginsDaysWeeksAndMonthsAtNothing) {
  clock().set(at("2026-11-29T23:59:59Z"));  // a Sunday; Tuesday is the first of December
  const auto money = scope("money", {{LimitKind::usd_per_day, 100},
                                     {LimitKind::usd_per_week, 100},
                                     {LimitKind::usd_per_month, 100},
                                     {LimitKind::usd_total, 1000},
                                     {LimitKind::requests_per_day, 10},
                                     {LimitKind::tokens_per_day, 100}});
  const AdmitRequest request{
      .request_id = "a", .scopes = {money}, .amounts = {.tokens = 5, .cost_nanos = 50}};
  ASSERT_EQ(admit_seeded(request, balance(clock().wall(), 20, 200)).outcome, Outcome::admitted);
  clock().advance(seconds(2));
  const auto monday = admit("b", {money}, {.tokens = 1, .cost_nanos = 1});
  EXPECT_EQ(monday.standings[0].used, (domain::PerLimit{0, 1, 0, 1, 0, 1, 1, 71, 251}));
  value(counters().settle("a", {.tokens = 7, .cost_nanos = 60}));  // charged to Sunday, to November
  EXPECT_EQ(admit("c", {money}).standings[0].used, (domain::PerLimit{0, 2, 0, 1, 0, 1, 1, 81, 261}));
  clock().set(at("2026-12-01T00:00:00Z"));
  value(counters().settle("b", {}));
  EXPECT_EQ(admit("d", {money}).standings[0].used, (domain::PerLimit{0, 1, 0, 0, 0, 0, 0, 0, 260}));
}

TEST_P(Counting, SeedsOnlyThePeriodsThatStillAre) {
  const auto money = scope("money", {{LimitKind::usd_per_day, 100},
                                     {LimitKind::usd_per_week, 100},
                                     {LimitKind::usd_per_month, 100},
                                     {LimitKind::usd_total, 1000},
                                     {LimitKind::requests_per_day, 10}});
  clock().set(at("2026-11-27T23:59:59Z"));  // read on Friday, written on Saturday
  const auto read = balance(clock().wall(), 20, 200);
  clock().advance(seconds(2));
  EXPECT_EQ(admit_seeded({.request_id = "a", .scopes = {money}}, read).standings[0].used,
            (domain::PerLimit{0, 1, 0, 0, 0, 0, 20, 20, 200}));
}

TEST_P(Counting, CountsMoneyBeyondWhatADoubleHolds) {
  constexpr std::int64_t kMuch = 9'007'199'254'740'993;  // 2^53 + 1
  const auto money = scope("money", {{LimitKind::usd_total, kMuch + 2}});
  ASSERT_EQ(admit_seeded({.request_id = "a", .scopes = {money}, .amounts = {.cost_nanos = 1}},
                         balance(clock().wall(), 0, kMuch))
                .outcome,
            Outcome::admitted);
  EXPECT_EQ(used(admit("b", {money}, {.cost_nanos = 1}), LimitKind::usd_total), kMuch + 2);
  EXPECT_EQ(admit("c", {money}).outcome, Outcome::refused);
}

TEST_P(Counting, AnnouncesWhatLivedBeforeWithoutAskingForRoom) {
  const auto full = scope("full", {{LimitKind::concurrent_requests, 1}, {LimitKind::usd_total, 10}});
  const auto announced = value(counters().admit(
      {.request_id = "a", .scopes = {full}, .amounts = {.cost_nanos = 50}, .announce = true}));
  EXPECT_EQ(announced.outcome, Outcome::admitted);
  EXPECT_EQ(admit("b", {full}).outcome, Outcome::refused) << "concurrency needs no seed";
  EXPECT_FALSE(value(counters().settle("a", {.cost_nanos = 4})).all_seeded);
  ASSERT_EQ(admit("b", {full}).outcome, Outcome::unseeded);
  value(counters().seed("full", balance(clock().wall(), 0, 5), {}));
  EXPECT_EQ(used(admit("b", {full}, {.cost_nanos = 1}), LimitKind::usd_total), 10);
}

TEST_P(Counting, CountsWhatWasUnderWayWhenAScopeGotItsFirstBudget) {
  const auto before = scope("scope", {{LimitKind::concurrent_requests, 9}});
  const auto budget = scope("scope", {{LimitKind::usd_total, 100}, {LimitKind::requests_per_day, 9}});
  admit("settled", {before}, {.cost_nanos = 10});
  admit("released", {before}, {.cost_nanos = 10});
  ASSERT_EQ(admit_seeded({.request_id = "a", .scopes = {budget}}, balance(clock().wall(), 3, 20)).outcome,
            Outcome::admitted);
  EXPECT_TRUE(value(counters().settle("settled", {.cost_nanos = 4})).all_seeded);
  value(counters().release("released"));
  const auto after = admit("b", {budget});
  EXPECT_EQ(used(after, LimitKind::usd_total), 24);
  EXPECT_EQ(used(after, LimitKind::requests_per_day), 4) << "one from the seed, settled, a and b";
  admit("c", {before}, {.cost_nanos = 5});
  EXPECT_EQ(used(admit("d", {budget}), LimitKind::usd_total), 29) << "it goes on counting";
}

TEST_P(Counting, EmptiedCountersShowAnotherEpochAndKnowNobody) {
  const auto durable = scope("durable", {{LimitKind::usd_total, 100}, {LimitKind::concurrent_requests, 9}});
  const AdmitRequest request{.request_id = "a", .scopes = {durable}, .amounts = {.cost_nanos = 10}};
  const auto admission = admit_seeded(request, balance(clock().wall(), 3, 20));
  ASSERT_EQ(admission.outcome, Outcome::admitted);
  EXPECT_EQ(value(counters().epoch()), admission.epoch);
  backend().empty();
  const auto settled = value(counters().settle("a", {.cost_nanos = 10}));
  EXPECT_FALSE(settled.known);
  EXPECT_NE(settled.epoch, admission.epoch);
  EXPECT_EQ(value(counters().epoch()), settled.epoch);
  EXPECT_EQ(value(counters().admit(request)).outcome, Outcome::unseeded);
}

TEST_P(Counting, TakesAmountsAsFarAsTheyMakeSense) {
  const auto limited =
      scope("one", {{LimitKind::tokens_per_minute, INT64_MAX}, {LimitKind::requests_per_minute, 10}});
  EXPECT_EQ(used(admit("a", {limited}, {.tokens = -5}), LimitKind::tokens_per_minute), 0);
  EXPECT_EQ(used(admit("b", {limited}, {.tokens = INT64_MAX}), LimitKind::tokens_per_minute),
            1'000'000'000'000'000);
  value(counters().settle("b", {.tokens = 3}));
  EXPECT_EQ(used(admit("c", {limited}), LimitKind::tokens_per_minute), 3);
}

TEST_P(Counting, TakesARequestWithoutScopes) {
  EXPECT_EQ(admit("a", {}).outcome, Outcome::admitted);
  EXPECT_TRUE(value(counters().settle("a", {})).known);
}

TEST_P(Counting, SaysHowFullEachScopeIsAndWhenItEmpties) {
  clock().set(at("2026-11-20T12:00:00Z"));
  const auto minute =
      scope("minute", {{LimitKind::requests_per_minute, 5}, {LimitKind::tokens_per_minute, 100}});
  const auto first = admit("a", {minute}, {.tokens = 10});
  EXPECT_EQ(first.standings[0].requests_reset_seconds, 61);
  value(counters().settle("a", {.tokens = 0}));
  clock().advance(seconds(20));
  const auto second =
      admit("b", {minute, scope("other", {{LimitKind::concurrent_requests, 5}})}, {.tokens = 7});
  EXPECT_EQ(second.standings[0].requests_reset_seconds, 41);
  EXPECT_EQ(second.standings[0].tokens_reset_seconds, 61) << "nothing is left of the first one's";
  EXPECT_EQ(second.standings[0].used, (domain::PerLimit{2, 0, 7, 0, 0, 0, 0, 0, 0}))
      << "kinds without limit are 0";
  EXPECT_EQ(second.standings[1].requests_reset_seconds, 0);
}

TEST_P(Counting, SaysHowFullEachScopeIsWhenItRefuses) {
  clock().set(at("2026-11-20T12:00:00Z"));
  const auto minute =
      scope("minute", {{LimitKind::requests_per_minute, 1}, {LimitKind::tokens_per_minute, 100}});
  admit("a", {minute}, {.tokens = 10});
  clock().advance(seconds(20));
  const auto refused = admit("b", {scope("day", {{LimitKind::requests_per_day, 5}}), minute}, {.tokens = 7});
  ASSERT_EQ(refused.outcome, Outcome::refused);
  ASSERT_EQ(refused.standings.size(), 2U);
  EXPECT_FALSE(refused.standings[0].durable_known) << "nobody has read its balance";
  EXPECT_TRUE(refused.standings[1].durable_known);
  EXPECT_EQ(refused.standings[1].used, (domain::PerLimit{1, 0, 10, 0, 0, 0, 0, 0, 0})) << "b is not in it";
  EXPECT_EQ(refused.standings[1].requests_reset_seconds, 41);
  EXPECT_EQ(refused.standings[1].tokens_reset_seconds, 41);
}

TEST_P(Counting, CountsTokensBeyondTheReservationNowWhenItsSecondIsOver) {
  const auto minute = scope("minute", {{LimitKind::tokens_per_minute, 100}});
  admit("a", {minute}, {.tokens = 10});
  admit("b", {minute}, {.tokens = 10});
  clock().advance(seconds(61));
  value(counters().settle("a", {.tokens = 30}));
  value(counters().settle("b", {.tokens = 4}));
  const auto after = admit("c", {minute});
  EXPECT_EQ(used(after, LimitKind::tokens_per_minute), 20);
  EXPECT_EQ(after.standings[0].tokens_reset_seconds, 61);
}

}  // namespace
}  // namespace relayna::test
