#include <gmock/gmock.h>

#include "control/alerts/budgets.hpp"
#include "control/alerts/rules.hpp"

namespace relayna::control {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

const core::SystemTime kNow = core::parse_rfc3339("2026-11-20T12:00:00Z").value();

const AlertThresholds kThresholds;

std::vector<std::string> occasions(const std::vector<Alert>& alerts) {
  std::vector<std::string> out;
  for (const auto& alert : alerts) out.push_back(alert.occasion);
  return out;
}

BudgetState budget(std::int64_t used, bool hard = true) {
  return {"key:k", domain::LimitKind::usd_per_day, 1'000, used, hard};
}

TEST(BudgetAlerts, AreToldAtFourFifthsAndWhenItIsUsedUp) {
  const auto look = [](const BudgetState& state) {
    return occasions(budget_alerts(std::span(&state, 1), kThresholds, kNow));
  };
  EXPECT_THAT(look(budget(799)), IsEmpty());
  const std::string day = "key:k:usd_per_day:" + core::to_rfc3339(kNow + 12h) + ":1000";
  EXPECT_THAT(look(budget(800)), ElementsAre("budget.threshold:80:" + day));
  EXPECT_THAT(look(budget(1'000)), ElementsAre("budget.threshold:80:" + day, "budget.threshold:100:" + day,
                                               "budget.exceeded:" + day));
  EXPECT_THAT(look(budget(1'000, false)),
              ElementsAre("budget.threshold:80:" + day, "budget.threshold:100:" + day));
}

TEST(BudgetAlerts, AreToldWhereOperatorsSay) {
  const auto state = budget(600);
  const AlertThresholds thresholds{.budget_percents = {50, 60, 70}};
  const auto alerts = budget_alerts(std::span(&state, 1), thresholds, kNow);
  ASSERT_EQ(alerts.size(), 2U);
  EXPECT_EQ(alerts[1].data["percent"], 60);
}

TEST(BudgetAlerts, AreOfEachMoneyLimitOfAScope) {
  domain::LimitedScope scope;
  scope.hard.set(domain::LimitKind::usd_per_day, 100);
  scope.hard.set(domain::LimitKind::requests_per_day, 5);
  scope.soft.set(domain::LimitKind::usd_per_month, 1'000);
  scope.soft.set(domain::LimitKind::usd_total, 0);
  domain::Balance balance;
  balance.cost_today = 80;
  balance.cost_this_month = 700;
  const auto states = budget_states("key:k", scope, balance);
  ASSERT_EQ(states.size(), 2U);
  EXPECT_EQ(states[0].used_nanos, 80);
  EXPECT_TRUE(states[0].hard);
  EXPECT_EQ(states[1].used_nanos, 700);
  EXPECT_FALSE(states[1].hard);
}

TEST(BudgetAlerts, AreNewWithEachPeriodAndEachLimit) {
  const auto at = [](BudgetState state, core::SystemTime now) {
    return budget_alerts(std::span(&state, 1), kThresholds, now).at(0).occasion;
  };
  auto state = budget(900);
  EXPECT_EQ(at(state, kNow), at(state, kNow + 11h));
  EXPECT_NE(at(state, kNow), at(state, kNow + 12h));
  auto raised = state;
  raised.limit_nanos = 1'100;
  EXPECT_NE(at(state, kNow), at(raised, kNow));
}

TEST(BudgetAlerts, DoNotOverflow) {
  const BudgetState huge{"global", domain::LimitKind::usd_total, 9'000'000'000'000'000'000,
                         8'000'000'000'000'000'000};
  EXPECT_EQ(budget_alerts(std::span(&huge, 1), kThresholds, kNow).size(), 1U);
}

domain::VirtualKey expiring(core::Duration in) {
  domain::VirtualKey key;
  key.id = "k";
  key.name = "n";
  key.expires_at = kNow + std::chrono::duration_cast<core::SystemTime::duration>(in);
  return key;
}
std::vector<std::string_view> key_events(const domain::VirtualKey& key) {
  std::vector<std::string_view> out;
  for (const auto& alert : key_alerts(std::span(&key, 1), kThresholds, kNow)) out.push_back(alert.event);
  return out;
}

TEST(KeyAlerts, ComeAWeekBeforeADayBeforeAndAfter) {
  EXPECT_THAT(key_events(expiring(std::chrono::days(8))), IsEmpty());
  EXPECT_THAT(key_events(expiring(std::chrono::days(7))), ElementsAre("key.expiring"));
  EXPECT_THAT(key_events(expiring(1s)), ElementsAre("key.expiring"));
  EXPECT_THAT(key_events(expiring(0s)), ElementsAre("key.expired"));
  EXPECT_THAT(key_events(expiring(-std::chrono::days(2))), IsEmpty());
  const auto week = expiring(std::chrono::days(3)), day = expiring(3h);
  EXPECT_EQ(key_alerts(std::span(&week, 1), kThresholds, kNow)[0].data["within_days"], 7);
  EXPECT_EQ(key_alerts(std::span(&day, 1), kThresholds, kNow)[0].data["within_days"], 1);
}

TEST(KeyAlerts, ComeWhenOperatorsSay) {
  const auto key = expiring(std::chrono::days(20));
  EXPECT_THAT(key_alerts(std::span(&key, 1), {.key_expiry_days = {}}, kNow), IsEmpty());
  const auto alerts = key_alerts(std::span(&key, 1), {.key_expiry_days = {7, 30, 60}}, kNow);
  ASSERT_EQ(alerts.size(), 1U);
  EXPECT_EQ(alerts[0].data["within_days"], 30);
}

TEST(KeyAlerts, AreNotOfKeysThatAreOff) {
  auto off = expiring(1h), revoked = expiring(1h), endless = expiring(1h);
  off.disabled = true;
  revoked.revoked_at = kNow;
  endless.expires_at.reset();
  for (const auto& key : {off, revoked, endless}) EXPECT_THAT(key_events(key), IsEmpty());
}

TEST(ReplicaAlerts, TellWhoHasGoneWithoutLeave) {
  const std::vector<store::Replica> replicas{{"a", "1", "h", kNow, kNow - 59s},
                                             {"b", "1", "h", kNow, kNow - 60s}};
  EXPECT_THAT(occasions(replica_alerts(replicas, kNow)),
              ElementsAre("replica.lost:b:" + core::to_rfc3339(kNow - 60s)));
}

TEST(StoreWatch, TellsOfAnAbsenceOnceAndOfItsEnd) {
  StoreWatch watch("r", "redis");
  EXPECT_FALSE(watch.look(true, kNow));
  EXPECT_FALSE(watch.look(false, kNow));
  EXPECT_FALSE(watch.look(false, kNow + 29s));
  EXPECT_EQ(watch.look(false, kNow + 30s)->event, "store.unavailable");
  EXPECT_FALSE(watch.look(false, kNow + 60s));
  EXPECT_EQ(watch.look(true, kNow + 61s)->event, "store.recovered");
  EXPECT_FALSE(watch.look(true, kNow + 62s));
  EXPECT_FALSE(watch.look(false, kNow + 63s));
  EXPECT_FALSE(watch.look(true, kNow + 64s));  // too short to be told of, so its end is not, either
}

TEST(SpoolWatch, TellsWhenManyBecomeMore) {
  SpoolWatch watch("r");
  for (const int waiting : {9'000, 9'500, 9'999}) EXPECT_FALSE(watch.look(waiting, kNow));
  EXPECT_TRUE(watch.look(10'000, kNow));
  EXPECT_FALSE(watch.look(20'000, kNow));
  EXPECT_FALSE(watch.look(4'999, kNow));
  EXPECT_FALSE(watch.look(11'000, kNow));
  EXPECT_FALSE(watch.look(11'000, kNow));
  for (const int waiting : {11'001, 11'002}) EXPECT_FALSE(watch.look(waiting, kNow));
  EXPECT_TRUE(watch.look(11'003, kNow));
}

TEST(ProviderWatch, TellsOfTenFailuresInARow) {
  ProviderWatch watch("r");
  upstream::ProviderStanding provider{.name = "a", .last_error = "status_502", .failures_in_a_row = 9};
  EXPECT_FALSE(watch.look(provider, kNow));
  provider.failures_in_a_row = 12;
  const auto alert = watch.look(provider, kNow);
  ASSERT_TRUE(alert);
  EXPECT_EQ(alert->event, "provider.failing");
  EXPECT_EQ(alert->data["last_error"], "status_502");
  EXPECT_FALSE(watch.look(provider, kNow));
  provider.failures_in_a_row = 0;
  EXPECT_FALSE(watch.look(provider, kNow));
  provider.failures_in_a_row = 10;
  EXPECT_TRUE(watch.look(provider, kNow));
}

TEST(RotationWatch, TellsOfTheEndAndOfWhatKeepsItFromEnding) {
  RotationWatch watch;
  identity::KeyRotation::Progress progress{.running = false, .data_key_id = "k2"};
  EXPECT_FALSE(watch.look(progress, kNow));
  progress.running = true;
  progress.begun_at = kNow;
  EXPECT_FALSE(watch.look(progress, kNow + 1h));
  EXPECT_TRUE(watch.running());
  EXPECT_EQ(watch.look(progress, kNow + 61min)->event, "data_key.stuck");
  progress.unreadable = {"providers/p"};
  const auto stuck = watch.look(progress, kNow);
  EXPECT_EQ(stuck->occasion, "data_key.stuck:k2");
  EXPECT_EQ(stuck->data["unreadable"][0], "providers/p");
  progress.running = false;
  EXPECT_EQ(watch.look(progress, kNow)->event, "data_key.rotated");
  EXPECT_FALSE(watch.look(progress, kNow));
}

}  // namespace
}  // namespace relayna::control
