#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relayna/pipeline/simulation.hpp"

// What the simulator tells besides the decision: which rule made it, where that comes from, what would
// follow.

namespace relayna::pipeline {
namespace {

using core::ErrorCode;
using domain::LayerKind;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using Outcome = RuleResult::Outcome;

constexpr std::uint64_t kMostBytes = 1'000'000;

class SimulateTest : public testing::Test {
 protected:
  SimulateTest() {
    known.revision = 7;
    for (const char* name : {"first", "second"}) {
      domain::Provider provider;
      provider.name = name;
      provider.kind = domain::ProviderKind::openai;
      known.providers.push_back(provider);
    }
    known.models.push_back({.name = "fast", .provider = "first", .upstream_model = "m-1"});
    known.models[0].targets.push_back({.provider = "second", .upstream_model = "m-2"});
    known.projects["p"] = {.id = "p", .name = "search", .team_id = "t"};
    key.id = "k";
    key.project_id = "p";
    request.target = "/v1/chat/completions";
    request.body = core::Buffer(R"({"model":"fast"})");
  }
  domain::PolicyLayer& layer(LayerKind kind, std::string scope, domain::Policy policy) {
    return known.layers.emplace_back(domain::PolicyLayer{.id = "layer-" + std::to_string(known.layers.size()),
                                                         .kind = kind,
                                                         .scope_id = std::move(scope),
                                                         .policy = std::move(policy)});
  }
  Simulation ask() {
    return simulate(std::make_shared<const catalog::Snapshot>(known), identity::known_key(key, {}), request,
                    kMostBytes);
  }
  static std::string rule_of(const Simulation& told) {
    if (!told.decided_by) return "";
    const auto& rule = told.rules[*told.decided_by];
    return std::string(rule.step) + '.' + std::string(rule.rule);
  }
  static Outcome outcome(const Simulation& told, std::string_view step, std::string_view name) {
    for (const auto& rule : told.rules) {
      if (rule.step == step && rule.rule == name) return rule.outcome;
    }
    ADD_FAILURE() << step << '.' << name << " is no rule";
    return {};
  }
  /// The ids of the layers; `key` for the key's own policy.
  static std::vector<std::string> ids(const std::vector<domain::PolicySource>& sources) {
    std::vector<std::string> all;
    for (const auto& source : sources) all.push_back(source.layer == nullptr ? "key" : source.layer->id);
    return all;
  }

  catalog::Snapshot known;
  domain::VirtualKey key;
  SimulatedRequest request;
};

TEST_F(SimulateTest, WhatIsAllowedHasNoDecidingRule) {
  const auto told = ask();
  EXPECT_FALSE(told.refusal);
  EXPECT_FALSE(told.decided_by);
  EXPECT_EQ(told.team_id, "t");
  EXPECT_EQ(told.route->route, domain::Route::chat_completions);
  for (const auto& rule : told.rules)
    EXPECT_TRUE(rule.outcome == Outcome::passed || rule.outcome == Outcome::not_applicable) << rule.rule;
  EXPECT_EQ(outcome(told, "model", "reachable"), Outcome::passed);
  EXPECT_EQ(outcome(told, "policy", "allowed_models"), Outcome::not_applicable) << "nobody limits them";
}

TEST_F(SimulateTest, WhatStandsBehindARefusalIsNotReached) {
  key.disabled = true;
  const auto told = ask();
  EXPECT_EQ(told.refusal->code, ErrorCode::disabled_virtual_key);
  EXPECT_EQ(rule_of(told), "key.status");
  EXPECT_EQ(outcome(told, "request", "path"), Outcome::passed);
  EXPECT_EQ(outcome(told, "route", "path"), Outcome::not_reached);
  EXPECT_EQ(outcome(told, "policy", "deny"), Outcome::not_reached);
  EXPECT_FALSE(told.policy);
  EXPECT_THAT(told.candidates, IsEmpty());
}

TEST_F(SimulateTest, EveryPolicyRuleIsToldAndTheFirstDecides) {
  key.policy.allow_streaming = false;
  key.policy.require_max_tokens = true;
  request.body = core::Buffer(R"({"model":"fast","stream":true})");
  const auto told = ask();
  EXPECT_EQ(rule_of(told), "policy.allow_streaming");
  EXPECT_EQ(told.refusal->reason, "allow_streaming");
  EXPECT_EQ(outcome(told, "policy", "require_max_tokens"), Outcome::refused) << "the next to be met";
  EXPECT_EQ(outcome(told, "cost", "max_cost_per_request"), Outcome::not_reached);
}

TEST_F(SimulateTest, TheLayerThatRefusesByItselfIsNamed) {
  layer(LayerKind::global, "", {.allowed_models = {"m-*"}});
  layer(LayerKind::team, "t", {.allowed_models = {"m-7"}});
  layer(LayerKind::team, "other", {.deny = true});
  const auto told = ask();
  EXPECT_EQ(rule_of(told), "policy.allowed_models");
  EXPECT_THAT(ids(told.deciding_sources), ElementsAre("layer-1"));
  EXPECT_THAT(ids(told.sources), ElementsAre("layer-0", "layer-1", "key"));
}

TEST_F(SimulateTest, ListsThatShareNothingDenyTogether) {
  layer(LayerKind::global, "", {.allowed_routes = {"/v1/embeddings"}});
  layer(LayerKind::project, "p", {.rpm_limit = 5});
  key.policy.allowed_routes = {"/v1/chat/completions"};
  const auto told = ask();
  EXPECT_EQ(rule_of(told), "policy.deny");
  EXPECT_THAT(ids(told.deciding_sources), ElementsAre("layer-0", "key"));
}

TEST_F(SimulateTest, CandidatesAreToldWithWhyTheyAreLeftOut) {
  key.policy.allowed_providers = {"second"};
  const auto told = ask();
  EXPECT_FALSE(told.refusal);
  ASSERT_THAT(told.candidates, SizeIs(2));
  EXPECT_EQ(told.candidates[0].candidate.provider->name, "first");
  EXPECT_EQ(told.candidates[0].refusal->reason, "allowed_providers");
  EXPECT_EQ(told.candidates[1].candidate.model, "m-2");
  EXPECT_FALSE(told.candidates[1].refusal);
}

TEST_F(SimulateTest, LimitsAreToldWithTheMostItCanTake) {
  key.policy.tpm_limit = 1'000;
  domain::Limit each{.name = "each", .scope = domain::LimitScope::end_user};
  each.limits.set(domain::LimitKind::requests_per_day, 3);
  known.limits = {each};
  request.end_user = "anna";
  request.estimated_input_tokens = 30;
  request.max_output_tokens = 12;
  const auto told = ask();
  EXPECT_EQ(told.tokens.total(), 42);
  EXPECT_FALSE(told.cost) << "nobody knows the price";
  std::vector<std::string> counters;
  for (const auto& scope : told.scopes) counters.push_back(scope.id());
  EXPECT_THAT(counters, ElementsAre("key:k", "end_user:p/anna"));
}

TEST_F(SimulateTest, AnAssumedCostIsJudgedInsteadOfThePrice) {
  layer(LayerKind::global, "", {.max_cost_per_request = core::Money::nanos(10)});
  const auto unknown = ask();
  EXPECT_EQ(rule_of(unknown), "cost.allow_unpriced_models");
  EXPECT_THAT(ids(unknown.deciding_sources), ElementsAre("layer-0")) << "who needs the price";
  request.cost = core::Money::nanos(10);
  EXPECT_FALSE(ask().refusal);
  request.cost = core::Money::nanos(11);
  const auto told = ask();
  EXPECT_EQ(rule_of(told), "cost.max_cost_per_request");
  EXPECT_THAT(ids(told.deciding_sources), ElementsAre("layer-0"));
}

TEST_F(SimulateTest, TheMomentIsTheRequests) {
  key.policy.allowed_hours_utc = {9};
  request.at = core::SystemTime(std::chrono::hours(9));
  EXPECT_FALSE(ask().refusal);
  request.at += std::chrono::hours(1);
  EXPECT_EQ(rule_of(ask()), "policy.allowed_hours_utc");
}

TEST_F(SimulateTest, BodiesAreReadAsTheProxyReadsThem) {
  request.body = core::Buffer(R"({"stream":true})");
  const auto told = ask();
  EXPECT_EQ(told.refusal->code, ErrorCode::invalid_request);
  EXPECT_EQ(told.refusal->param, "model");
  EXPECT_EQ(rule_of(told), "body.form");
  request.body_bytes = kMostBytes + 1;
  EXPECT_EQ(rule_of(ask()), "request.max_request_body_bytes");
}

TEST_F(SimulateTest, RoutesMayBeSwitchedOffOrNotBeThere) {
  known.routes[domain::Route::chat_completions] = {.route = domain::Route::chat_completions,
                                                   .enabled = false};
  EXPECT_EQ(rule_of(ask()), "route.enabled");
  request.target = "/v1/nothing";
  const auto told = ask();
  EXPECT_EQ(told.refusal->code, ErrorCode::unsupported_route);
  EXPECT_FALSE(told.route);
  request.target = "/v1//chat";
  EXPECT_EQ(rule_of(ask()), "request.path");
}

TEST_F(SimulateTest, ListsAreJudgedByTheirRoute) {
  request.target = "/v1/models";
  request.method = "GET";
  request.body = core::Buffer();
  EXPECT_FALSE(ask().refusal);
  EXPECT_EQ(outcome(ask(), "model", "reachable"), Outcome::not_applicable);
  key.policy.allowed_routes = {"/v1/chat/completions"};
  EXPECT_EQ(rule_of(ask()), "policy.allowed_routes");
}

TEST_F(SimulateTest, RawCallsAreJudgedByTheirProvidersName) {
  request.target = "/providers/first/v1/chat/completions";
  key.policy.allowed_routes = {"/providers/first/*"};
  EXPECT_FALSE(ask().refusal);
  request.target = "/providers/second/v1/chat/completions";
  EXPECT_EQ(rule_of(ask()), "policy.allowed_routes");
}

}  // namespace
}  // namespace relayna::pipeline
