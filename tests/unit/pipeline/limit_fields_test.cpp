#include "pipeline/limit_fields.hpp"

#include <gtest/gtest.h>

namespace relayna::pipeline {
namespace {

using domain::LimitKind;
using domain::LimitScope;

constexpr std::int64_t kUsd = 1'000'000'000;

ledger::ScopeStanding standing(LimitScope scope, LimitKind kind, std::int64_t limit, std::int64_t used) {
  domain::LimitedScope limited{.scope = scope, .target = {}, .hard = {}, .soft = {}};
  limited.hard.set(kind, limit);
  ledger::ScopeStanding at{std::make_shared<const domain::LimitedScope>(std::move(limited)), {}};
  at.standing.used[static_cast<std::size_t>(kind)] = used;
  return at;
}

/// What `at` is held to, to be changed.
domain::LimitedScope& held_to(ledger::ScopeStanding& at) {
  const auto own = std::make_shared<domain::LimitedScope>(*at.scope);
  at.scope = own;
  return *own;
}

/// An hour, two minutes and three seconds before the day is over.
core::SystemTime late() {
  return core::parse_rfc3339("2026-11-20T22:57:57Z").value();
}

http::Fields fields_for(const std::vector<ledger::ScopeStanding>& standings, core::SystemTime now = late()) {
  http::Fields fields;
  add_limit_fields(standings, now, fields);
  return fields;
}

std::string warning(const std::vector<ledger::ScopeStanding>& standings) {
  return std::string(fields_for(standings).get("x-relayna-budget-warning"));
}

TEST(LimitFields, WithoutLimitsThereAreNone) {
  EXPECT_EQ(fields_for({}).size(), 0U);
  EXPECT_FALSE(tells_limits({}));
}

TEST(LimitFields, SayLimitRoomAndEnd) {
  auto at = standing(LimitScope::key, LimitKind::requests_per_minute, 60, 13);
  held_to(at).hard.set(LimitKind::tokens_per_minute, 1'000);
  at.standing.used[static_cast<std::size_t>(LimitKind::tokens_per_minute)] = 400;
  at.standing.requests_reset_seconds = 17;
  at.standing.tokens_reset_seconds = 60;
  const auto fields = fields_for({at});
  EXPECT_EQ(fields.get("x-ratelimit-limit-requests"), "60");
  EXPECT_EQ(fields.get("x-ratelimit-remaining-requests"), "47");
  EXPECT_EQ(fields.get("x-ratelimit-reset-requests"), "17s");
  EXPECT_EQ(fields.get("x-ratelimit-limit-tokens"), "1000");
  EXPECT_EQ(fields.get("x-ratelimit-remaining-tokens"), "600");
  EXPECT_EQ(fields.get("x-ratelimit-reset-tokens"), "1m0s");
  EXPECT_EQ(fields.size(), 6U);
  EXPECT_TRUE(tells_limits({at}));
}

TEST(LimitFields, OnlyKindsThatAreLimitedAreSaid) {
  const auto fields = fields_for({standing(LimitScope::key, LimitKind::tokens_per_day, 10, 3)});
  EXPECT_FALSE(fields.find("x-ratelimit-limit-requests"));
  EXPECT_EQ(fields.get("x-ratelimit-remaining-tokens"), "7");
}

TEST(LimitFields, AreOfTheScopeThatRefusesFirst) {
  auto key = standing(LimitScope::key, LimitKind::requests_per_minute, 10, 2);
  key.standing.requests_reset_seconds = 5;
  const auto team = standing(LimitScope::team, LimitKind::requests_per_day, 1'000, 996);
  const auto fields =
      fields_for({key, team, standing(LimitScope::global, LimitKind::requests_per_minute, 100, 1)});
  EXPECT_EQ(fields.get("x-ratelimit-limit-requests"), "1000");
  EXPECT_EQ(fields.get("x-ratelimit-remaining-requests"), "4");
  EXPECT_EQ(fields.get("x-ratelimit-reset-requests"), "1h2m3s");
  EXPECT_EQ(fields.count("x-ratelimit-limit-requests"), 1U);
}

TEST(LimitFields, ADayEndsAtMidnightAndPartsOfASecondCount) {
  const auto day = standing(LimitScope::key, LimitKind::requests_per_day, 10, 2);
  const auto reset = [&](std::string_view now) {
    return std::string(fields_for({day}, core::parse_rfc3339(now).value()).get("x-ratelimit-reset-requests"));
  };
  EXPECT_EQ(reset("2026-11-20T00:00:00Z"), "24h0m0s");
  EXPECT_EQ(reset("2026-11-20T23:00:00Z"), "1h0m0s");
  EXPECT_EQ(reset("2026-11-20T23:54:00Z"), "6m0s");
  EXPECT_EQ(reset("2026-11-20T23:59:01.5Z"), "59s");
  EXPECT_EQ(reset("2026-11-20T23:59:59.999999Z"), "1s");
}

TEST(LimitFields, WhatIsOverdrawnLeavesNothing) {
  EXPECT_EQ(fields_for({standing(LimitScope::key, LimitKind::tokens_per_minute, 10, 25)})
                .get("x-ratelimit-remaining-tokens"),
            "0");
}

TEST(LimitFields, WhatIsNotKnownIsNotSaid) {
  auto at = standing(LimitScope::key, LimitKind::requests_per_day, 10, 0);
  held_to(at).hard.set(LimitKind::usd_per_day, 0);
  held_to(at).hard.set(LimitKind::tokens_per_minute, 50);
  at.standing.durable_known = false;
  const auto fields = fields_for({at});
  EXPECT_EQ(fields.get("x-ratelimit-remaining-tokens"), "50") << "minutes are known from the start";
  EXPECT_EQ(fields.size(), 3U);
}

TEST(LimitFields, SoftLimitsRefuseNobodySoTheyAreNotSaid) {
  auto at = standing(LimitScope::key, LimitKind::usd_per_day, kUsd, 0);
  held_to(at).soft.set(LimitKind::requests_per_minute, 5);
  EXPECT_FALSE(tells_limits({at}));
  EXPECT_EQ(fields_for({at}).size(), 0U);
}

TEST(LimitFields, ConcurrencyAndBudgetsAreNotRates) {
  EXPECT_FALSE(tells_limits({standing(LimitScope::key, LimitKind::concurrent_requests, 5, 1),
                             standing(LimitScope::key, LimitKind::usd_total, kUsd, 1)}));
}

TEST(BudgetWarning, BeginsAtFourFifths) {
  EXPECT_EQ(warning({standing(LimitScope::key, LimitKind::usd_per_day, 10 * kUsd, 8 * kUsd - 4)}), "");
  EXPECT_EQ(warning({standing(LimitScope::key, LimitKind::usd_per_day, 10 * kUsd, 8 * kUsd)}),
            "key usd_per_day 80% of 10 USD");
  EXPECT_EQ(warning({standing(LimitScope::project, LimitKind::usd_per_month, kUsd / 2, kUsd)}),
            "project usd_per_month 200% of 0.5 USD");
}

TEST(BudgetWarning, NamesEachBudgetHardOrSoft) {
  auto team = standing(LimitScope::team, LimitKind::usd_per_week, 4 * kUsd, 4 * kUsd - 1);
  held_to(team).soft.set(LimitKind::usd_total, 100 * kUsd);
  team.standing.used[static_cast<std::size_t>(LimitKind::usd_total)] = 90 * kUsd;
  const auto global = standing(LimitScope::global, LimitKind::usd_per_day, 100 * kUsd, kUsd);
  EXPECT_EQ(warning({team, global}), "team usd_per_week 99% of 4 USD, team usd_total 90% of 100 USD");
}

TEST(BudgetWarning, RatesAreNoBudgets) {
  EXPECT_EQ(warning({standing(LimitScope::key, LimitKind::requests_per_minute, 10, 10)}), "");
}

TEST(BudgetWarning, HoldsForAnyAmount) {
  EXPECT_EQ(warning({standing(LimitScope::key, LimitKind::usd_total, 0, 0)}), "key usd_total 100% of 0 USD");
  constexpr std::int64_t kMost = std::int64_t{9'000'000'000} * kUsd;
  EXPECT_EQ(warning({standing(LimitScope::key, LimitKind::usd_total, kMost, kMost)}),
            "key usd_total 100% of 9000000000 USD");
}

}  // namespace
}  // namespace relayna::pipeline
