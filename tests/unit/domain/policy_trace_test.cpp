#include "relayna/domain/policy_trace.hpp"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relayna/domain/policy_fields.hpp"

namespace relayna::domain {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A policy that limits about half of what it can, and a request that is as mixed.
class Mixed {
 public:
  explicit Mixed(unsigned seed) : random_(seed) {}
  Policy policy() {
    Policy made;
    for (const auto& field : kBoolFields) made.*field.member = one_in(8) == field.restricts;
    if (one_in(2)) made.allowed_routes = {"/v1/chat/completions"};
    if (one_in(2)) made.allowed_models = {"m-1", "m-2"};
    if (one_in(2)) made.allowed_providers = {"acme"};
    if (one_in(2)) made.allowed_services = {"ocr"};
    if (one_in(2)) made.allowed_hours_utc = {0, 1, 2};
    for (const auto& field : kNumberFields) {
      if (one_in(2)) made.*field.member = number();
    }
    return made;
  }
  PolicyInput input() {
    PolicyInput made;
    made.route = one_in(3) ? "/v1/messages" : "/v1/chat/completions";
    made.model = one_in(3) ? "other" : "m-1";
    made.provider = one_in(3) ? "elsewhere" : "acme";
    made.service = one_in(3) ? "ocr" : "";
    made.stream = one_in(2);
    made.tool_count = static_cast<std::size_t>(one_in(2) ? number() : 0);
    made.tool_schema_bytes = static_cast<std::size_t>(number());
    made.request_body_bytes = static_cast<std::size_t>(number());
    made.estimated_input_tokens = number();
    if (one_in(2)) made.max_output_tokens = number();
    made.now = core::SystemTime(std::chrono::hours(number() % 24));
    return made;
  }

 private:
  bool one_in(unsigned n) { return random_() % n == 0; }
  std::int64_t number() { return static_cast<std::int64_t>(random_() % 20); }
  std::mt19937 random_;
};

TEST(PolicyTrace, TheFirstRefusalIsWhatEvaluateAnswers) {
  Mixed mixed(7);
  int refused = 0;
  for (int i = 0; i < 5'000; ++i) {
    const auto policy = mixed.policy();
    const auto input = mixed.input();
    const auto denial = evaluate(policy, input);
    const auto all = judge(policy, input);
    const auto first = std::ranges::find(all, Verdict::refused, &RuleVerdict::verdict);
    ASSERT_EQ(first != all.end(), denial.has_value());
    if (!denial) continue;
    ++refused;
    EXPECT_EQ(first->rule, denial->reason);
    EXPECT_EQ(first->message, denial->message);
  }
  EXPECT_GT(refused, 1'000);
  EXPECT_LT(refused, 5'000) << "some are allowed";
}

TEST(PolicyTrace, EveryRuleHasItsPlace) {
  EXPECT_THAT(policy_rules(),
              ElementsAre("deny", "allowed_routes", "allowed_providers", "allowed_services", "allowed_models",
                          "allow_streaming", "allow_tools", "max_tool_call_count", "max_tool_schema_bytes",
                          "allowed_hours_utc", "max_request_body_bytes", "max_input_tokens_per_request",
                          "max_output_tokens_per_request", "require_max_tokens"));
}

class PolicyOriginsTest : public testing::Test {
 protected:
  void layer(LayerKind kind, std::string of, Policy policy) {
    layers.push_back(
        {.id = std::string(to_string(kind)), .kind = kind, .scope_id = std::move(of), .policy = policy});
  }
  /// Who made `field` what it is; `own` is the key.
  std::vector<std::string> makers(std::string_view field) {
    std::vector<std::string> names;
    for (const auto& origin : origins(policy_sources(layers, own, scope))) {
      if (origin.field != field) continue;
      for (const auto& source : origin.sources)
        names.push_back(source.layer == nullptr ? "own" : source.layer->id);
    }
    return names;
  }
  std::vector<PolicyLayer> layers;
  Policy own;
  PolicyScope scope{.project_id = "p", .team_id = "t", .route = "/v1/messages", .model = "m", .key_id = "k"};
};

TEST_F(PolicyOriginsTest, OfANumberTheySayTheMinimum) {
  layer(LayerKind::project, "p", {.rpm_limit = 5});
  layer(LayerKind::global, "", {.rpm_limit = 9});
  own.rpm_limit = 5;
  EXPECT_THAT(makers("rpm_limit"), ElementsAre("project", "own"));
  EXPECT_THAT(makers("tpm_limit"), IsEmpty()) << "nobody speaks of it";
}

TEST_F(PolicyOriginsTest, OfAListTheyHaveOne) {
  layer(LayerKind::global, "", {.allowed_models = {"m*"}});
  layer(LayerKind::team, "other", {.allowed_models = {"m"}});
  own.allowed_models = {"m-1"};
  EXPECT_THAT(makers("allowed_models"), ElementsAre("global", "own"));
}

TEST_F(PolicyOriginsTest, OfASwitchTheyTurnedIt) {
  layer(LayerKind::route, "/v1/*", {.allow_tools = false});
  layer(LayerKind::model, "m", {.allow_unpriced_models = true, .require_max_tokens = true});
  EXPECT_THAT(makers("allow_tools"), ElementsAre("route"));
  EXPECT_THAT(makers("require_max_tokens"), ElementsAre("model"));
  EXPECT_THAT(makers("allow_unpriced_models"), ElementsAre("model"));
  EXPECT_THAT(makers("allow_streaming"), IsEmpty());
}

TEST_F(PolicyOriginsTest, DenyingMayTakeTwo) {
  layer(LayerKind::global, "", {.allowed_models = {"gpt-*"}, .allowed_hours_utc = {1}});
  layer(LayerKind::project, "p", {.allowed_hours_utc = {1, 2}});
  own.allowed_models = {"claude-*"};
  EXPECT_THAT(makers("deny"), ElementsAre("global", "own")) << "their hours have something in common";
  layer(LayerKind::key, "k", {.deny = true});
  EXPECT_THAT(makers("deny"), ElementsAre("global", "key", "own"));
}

}  // namespace
}  // namespace relayna::domain
