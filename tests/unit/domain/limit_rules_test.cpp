#include "relayna/domain/limit_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace relayna::domain {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr PolicyScope kCaller{
    .project_id = "p", .team_id = "t", .route = "/v1/chat/completions", .model = "gpt-4o", .key_id = "k"};

PolicyLayer layer(LayerKind kind, std::string scope_id, std::int64_t rpm) {
  PolicyLayer out{.kind = kind, .scope_id = std::move(scope_id)};
  out.policy.rpm_limit = rpm;
  return out;
}

Limit shared(LimitScope scope, std::string target, LimitKind kind, std::int64_t most) {
  Limit out{.scope = scope, .target = std::move(target)};
  out.limits.set(kind, most);
  return out;
}

std::vector<std::string> ids(const std::vector<LimitedScope>& scopes) {
  std::vector<std::string> out;
  for (const LimitedScope& scope : scopes) out.push_back(scope.id());
  return out;
}

TEST(LimitedScopes, NothingLimitedIsNoScope) {
  EXPECT_THAT(limited_scopes({}, {}, Policy{}, kCaller), IsEmpty());
}

TEST(LimitedScopes, LayersThatHoldForTheKeyTightenItsOwnCounter) {
  Policy key;
  key.rpm_limit = 50;
  key.daily_budget = core::Money::nanos(7);
  const auto scopes = limited_scopes({layer(LayerKind::global, "", 60), layer(LayerKind::project, "p", 40),
                                      layer(LayerKind::project, "other", 1), layer(LayerKind::team, "t", 45)},
                                     {}, key, kCaller);
  ASSERT_THAT(ids(scopes), ElementsAre("key:k"));
  EXPECT_EQ(scopes[0].hard.of(LimitKind::requests_per_minute), 40);
  EXPECT_EQ(scopes[0].hard.of(LimitKind::usd_per_day), 7);
  EXPECT_FALSE(scopes[0].hard.has(LimitKind::usd_total));
}

TEST(LimitedScopes, AModelLayerCountsOnlyThatModel) {
  const auto scopes =
      limited_scopes({layer(LayerKind::model, "gpt-4*", 10), layer(LayerKind::model, "claude-*", 1),
                      layer(LayerKind::route, "/v1/chat/completions", 20)},
                     {}, Policy{}, kCaller);
  EXPECT_THAT(ids(scopes), ElementsAre("key:k|model:gpt-4*", "key:k|route:/v1/chat/completions"));
}

TEST(LimitedScopes, SharedLimitsCountTogetherWhatTheirScopeCounts) {
  const auto scopes = limited_scopes({},
                                     {shared(LimitScope::project, "", LimitKind::usd_per_month, 100),
                                      shared(LimitScope::project, "p", LimitKind::usd_per_month, 90),
                                      shared(LimitScope::team, "t", LimitKind::usd_total, 5),
                                      shared(LimitScope::team, "other", LimitKind::usd_total, 1),
                                      shared(LimitScope::global, "", LimitKind::concurrent_requests, 3)},
                                     Policy{}, kCaller);
  ASSERT_THAT(ids(scopes), ElementsAre("project:p", "team:t", "global"));
  EXPECT_EQ(scopes[0].hard.of(LimitKind::usd_per_month), 90);
}

TEST(LimitedScopes, ASoftLimitStandsBesideAHardOne) {
  Limit soft = shared(LimitScope::key, "", LimitKind::usd_per_day, 50);
  soft.soft = true;
  const auto scopes =
      limited_scopes({}, {soft, shared(LimitScope::key, "k", LimitKind::usd_per_day, 80)}, Policy{}, kCaller);
  ASSERT_THAT(scopes, SizeIs(1));
  EXPECT_EQ(scopes[0].soft.of(LimitKind::usd_per_day), 50);
  EXPECT_EQ(scopes[0].hard.of(LimitKind::usd_per_day), 80);
}

TEST(LimitedScopes, WhatIsSwitchedOffOrAboutAnotherModelIsLeftOut) {
  Limit off = shared(LimitScope::global, "", LimitKind::usd_total, 1);
  off.enabled = false;
  Limit other = shared(LimitScope::global, "", LimitKind::usd_total, 1);
  other.model = "claude-*";
  EXPECT_THAT(limited_scopes({}, {off, other}, Policy{}, kCaller), IsEmpty());
}

TEST(LimitedScopes, EndUsersBelongToTheirProjectOrKey) {
  const std::vector<Limit> each{shared(LimitScope::end_user, "", LimitKind::requests_per_minute, 5)};
  const auto in_project = limited_scopes({}, each, Policy{}, kCaller);
  EXPECT_THAT(ids(for_end_user(in_project, "ada")), ElementsAre("end_user:p/ada"));
  EXPECT_THAT(ids(for_end_user(in_project, "")), ElementsAre("end_user:p/"));
  PolicyScope alone = kCaller;
  alone.project_id = {};
  EXPECT_THAT(ids(for_end_user(limited_scopes({}, each, Policy{}, alone), "ada")),
              ElementsAre("end_user:k/ada"));
}

TEST(LimitedScopes, AnEndUsersNameIsNoOtherCounters) {
  Limit of_model = shared(LimitScope::end_user, "", LimitKind::requests_per_minute, 5);
  of_model.model = "gpt-4o";
  const auto ada = for_end_user(limited_scopes({}, {of_model}, Policy{}, kCaller), "ada");
  const std::vector<Limit> each{shared(LimitScope::end_user, "", LimitKind::requests_per_minute, 5)};
  const auto sly = for_end_user(limited_scopes({}, each, Policy{}, kCaller), "ada|model:gpt-4o");
  EXPECT_THAT(ids(ada), ElementsAre("end_user:p/ada|model:gpt-4o"));
  EXPECT_THAT(ids(sly), ElementsAre("end_user:p/ada||model:gpt-4o"));
}

TEST(LimitedScopes, ALimitOnOneEndUserTightensTheOneOnAll) {
  const std::vector<Limit> limits{shared(LimitScope::end_user, "", LimitKind::requests_per_minute, 5),
                                  shared(LimitScope::end_user, "ada", LimitKind::requests_per_minute, 2)};
  const auto scopes = limited_scopes({}, limits, Policy{}, kCaller);
  const auto ada = for_end_user(scopes, "ada");
  ASSERT_THAT(ada, SizeIs(1));
  EXPECT_EQ(ada[0].hard.of(LimitKind::requests_per_minute), 2);
  EXPECT_EQ(for_end_user(scopes, "bob")[0].hard.of(LimitKind::requests_per_minute), 5);
}

TEST(EstimateUsage, TakesTheMaximumForEveryChoice) {
  EXPECT_EQ(estimate_usage(10, 100, 3, std::nullopt).total(), 310);
  EXPECT_EQ(estimate_usage(10, std::nullopt, 1, std::nullopt).total(), 10 + kDefaultOutputTokens);
  EXPECT_EQ(estimate_usage(10, std::nullopt, 2, 50).output, 100);
  EXPECT_EQ(estimate_usage(0, 0, 1, 50).total(), 0);
  EXPECT_GT(estimate_usage(1, INT64_MAX, 4, std::nullopt).total(), 0) << "saturates";
}

TEST(LimitScope, SpellingsAgree) {
  for (const LimitScope scope :
       {LimitScope::key, LimitScope::project, LimitScope::team, LimitScope::global, LimitScope::end_user}) {
    EXPECT_EQ(parse_limit_scope(to_string(scope)), scope);
  }
  EXPECT_EQ(parse_limit_scope("user"), std::nullopt);
}

TEST(LimitsInForce, ComeOneByOneWhateverTheModel) {
  Policy own;
  own.rpm_limit = 10;
  PolicyLayer layer{.id = "l1", .kind = LayerKind::model, .scope_id = "gpt*"};
  layer.policy.tpm_limit = 100;
  PolicyLayer silent{.id = "l2", .kind = LayerKind::global};
  PolicyLayer others{.id = "l3", .kind = LayerKind::project, .scope_id = "another"};
  others.policy.rpm_limit = 1;
  Limit off = shared(LimitScope::global, "", LimitKind::usd_per_day, 1);
  off.enabled = false;
  Limit of_model = shared(LimitScope::team, "", LimitKind::usd_per_day, 7);
  of_model.model = "claude*";
  of_model.soft = true;
  PolicyScope scope = kCaller;
  scope.model = {};
  scope.route = {};
  const auto all =
      limits_in_force({layer, silent, others},
                      {off, of_model, shared(LimitScope::end_user, "bob", LimitKind::tokens_per_day, 3),
                       shared(LimitScope::end_user, "", LimitKind::tokens_per_day, 4),
                       shared(LimitScope::project, "p", LimitKind::usd_total, 9)},
                      own, scope, "ada");
  std::vector<std::string> counters;
  for (const auto& one : all) counters.push_back(one.counter.id());
  EXPECT_THAT(counters, ElementsAre("key:k", "key:k|model:gpt*", "team:t|model:claude*", "end_user:p/ada",
                                    "project:p"));
  EXPECT_EQ(all[0].source, LimitInForce::Source::key_policy);
  EXPECT_EQ(all[1].source_id, "l1");
  EXPECT_EQ(all[1].name, "model gpt*");
  EXPECT_TRUE(all[2].counter.hard.empty());
  EXPECT_EQ(all[2].counter.soft.of(LimitKind::usd_per_day), 7);
}

TEST(CounterOf, IsTheOneRequestsAreChargedTo) {
  auto limit = shared(LimitScope::end_user, "ada", LimitKind::tokens_per_day, 3);
  EXPECT_EQ(counter_of(limit, kCaller, "ada")->id(),
            for_end_user(limited_scopes({}, {limit}, Policy{}, kCaller), "ada").at(0).id());
  EXPECT_EQ(counter_of(limit, kCaller, "bob"), std::nullopt);
  EXPECT_EQ(counter_of(shared(LimitScope::team, "another", LimitKind::usd_total, 3), kCaller, ""),
            std::nullopt);
}

}  // namespace
}  // namespace relayna::domain
