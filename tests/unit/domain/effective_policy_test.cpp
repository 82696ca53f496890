#include "relayna/domain/effective_policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace relayna::domain {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

PolicyLayer layer(LayerKind kind, std::string scope, std::int64_t input_tokens, std::int64_t version = 1) {
  PolicyLayer l;
  l.kind = kind;
  l.scope_id = std::move(scope);
  l.policy.max_input_tokens_per_request = input_tokens;
  l.policy.policy_version = version;
  return l;
}

const PolicyScope kScope{
    .project_id = "p1", .team_id = "t1", .route = "/v1/messages", .model = "claude-3", .key_id = "k1"};

TEST(EffectivePolicy, WithoutLayersTheKeysOwnPolicy) {
  const Policy own = *preset("developer");
  const auto effective = compute({}, own, kScope);
  EXPECT_EQ(effective.policy, own);
  EXPECT_THAT(effective.applied, IsEmpty());
  EXPECT_EQ(compute({}, Policy{}, {}).policy, Policy{}) << "neutral: nothing is restricted";
}

TEST(EffectivePolicy, AllSixKindsApplyInOrderWhateverTheRowsOrder) {
  const std::vector<PolicyLayer> layers{
      layer(LayerKind::key, "k1", 6),
      layer(LayerKind::model, "claude-3", 5, 4),
      layer(LayerKind::route, "/v1/messages", 4),
      layer(LayerKind::team, "t1", 3),
      layer(LayerKind::project, "p1", 2),
      layer(LayerKind::global, "", 7),
  };
  const auto effective = compute(layers, Policy{}, kScope);
  EXPECT_EQ(effective.policy.max_input_tokens_per_request, 2);
  EXPECT_EQ(effective.policy.policy_version, 4);
  std::vector<LayerKind> kinds;
  for (const AppliedLayer& a : effective.applied) kinds.push_back(a.kind);
  EXPECT_THAT(kinds, ElementsAre(LayerKind::global, LayerKind::project, LayerKind::team, LayerKind::route,
                                 LayerKind::model, LayerKind::key));
  EXPECT_EQ(effective.applied[4], (AppliedLayer{LayerKind::model, "claude-3", 4}));
}

TEST(EffectivePolicy, EachKindRestrictsAlone) {
  const PolicyLayer each[] = {
      layer(LayerKind::global, "", 1),        layer(LayerKind::project, "p1", 1),
      layer(LayerKind::team, "t1", 1),        layer(LayerKind::route, "/v1/messages", 1),
      layer(LayerKind::model, "claude-3", 1), layer(LayerKind::key, "k1", 1),
  };
  for (const PolicyLayer& l : each) {
    EXPECT_EQ(compute({l}, Policy{}, kScope).policy.max_input_tokens_per_request, 1) << to_string(l.kind);
  }
}

TEST(EffectivePolicy, OtherScopesDoNotApply) {
  const std::vector<PolicyLayer> others{
      layer(LayerKind::project, "p2", 1),
      layer(LayerKind::team, "t2", 1),
      layer(LayerKind::route, "/v1/responses", 1),
      layer(LayerKind::model, "claude", 1),
      layer(LayerKind::key, "k2", 1),
  };
  EXPECT_THAT(compute(others, Policy{}, kScope).applied, IsEmpty());
}

TEST(EffectivePolicy, WhatIsNotKnownHasNoLayer) {
  std::vector<PolicyLayer> blank{layer(LayerKind::project, "", 1), layer(LayerKind::team, "", 1),
                                 layer(LayerKind::route, "*", 1), layer(LayerKind::model, "*", 1),
                                 layer(LayerKind::key, "", 1)};
  EXPECT_THAT(compute(blank, Policy{}, {}).applied, IsEmpty());
}

TEST(EffectivePolicy, RouteAndModelScopesMayEndInAStar) {
  const std::vector<PolicyLayer> layers{layer(LayerKind::route, "/v1/*", 9),
                                        layer(LayerKind::model, "claude-*", 8),
                                        layer(LayerKind::model, "claude-3", 7)};
  const auto effective = compute(layers, Policy{}, kScope);
  EXPECT_EQ(effective.applied.size(), 3U);
  EXPECT_EQ(effective.policy.max_input_tokens_per_request, 7);
}

TEST(EffectivePolicy, DisjointListsOfLayerAndKeyDeny) {
  PolicyLayer global = layer(LayerKind::global, "", 1);
  global.policy.allowed_models = {"gpt-*"};
  Policy own;
  own.allowed_models = {"claude-3"};
  EXPECT_TRUE(compute({global}, own, kScope).policy.deny);
}

TEST(LayerKind, SpellingsRoundTrip) {
  for (const auto kind : {LayerKind::global, LayerKind::project, LayerKind::team, LayerKind::route,
                          LayerKind::model, LayerKind::key}) {
    EXPECT_EQ(parse_layer_kind(to_string(kind)), kind);
  }
  EXPECT_FALSE(parse_layer_kind("Global"));
  EXPECT_FALSE(parse_layer_kind(""));
}

}  // namespace
}  // namespace relayna::domain
