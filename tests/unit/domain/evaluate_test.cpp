#include <functional>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relayna/domain/policy.hpp"

namespace relayna::domain {
namespace {

using ::testing::HasSubstr;

core::SystemTime at_hour(int hour) {
  return std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + std::chrono::hours(hour);
}

// A request that breaks every rule of `strict()` at once.
PolicyInput everything() {
  PolicyInput in;
  in.route = "/v1/chat/completions";
  in.model = "gpt-4o";
  in.provider = "openai";
  in.provider_kind = "openai";
  in.service = "ocr";
  in.stream = true;
  in.tools = true;
  in.tool_count = 3;
  in.tool_schema_bytes = 900;
  in.request_body_bytes = 5'000;
  in.estimated_input_tokens = 1'500;
  in.max_output_tokens = 800;
  in.now = at_hour(12);
  return in;
}

struct Rule {
  std::string_view reason;
  core::ErrorCode code;
  std::function<void(Policy&)> forbid;
};

const std::vector<Rule>& rules_in_order() {
  using core::ErrorCode;
  static const std::vector<Rule> kRules{
      {"deny", ErrorCode::policy_denied, [](Policy& p) { p.deny = true; }},
      {"allowed_routes", ErrorCode::policy_denied, [](Policy& p) { p.allowed_routes = {"/v1/messages"}; }},
      {"allowed_providers", ErrorCode::policy_denied, [](Policy& p) { p.allowed_providers = {"anthropic"}; }},
      {"allowed_services", ErrorCode::policy_denied, [](Policy& p) { p.allowed_services = {"summary"}; }},
      {"allowed_models", ErrorCode::policy_denied, [](Policy& p) { p.allowed_models = {"claude-*"}; }},
      {"allow_streaming", ErrorCode::policy_denied, [](Policy& p) { p.allow_streaming = false; }},
      {"allow_tools", ErrorCode::policy_denied, [](Policy& p) { p.allow_tools = false; }},
      {"max_tool_call_count", ErrorCode::policy_denied, [](Policy& p) { p.max_tool_call_count = 2; }},
      {"max_tool_schema_bytes", ErrorCode::policy_denied, [](Policy& p) { p.max_tool_schema_bytes = 899; }},
      {"allowed_hours_utc", ErrorCode::policy_denied, [](Policy& p) { p.allowed_hours_utc = {11, 13}; }},
      {"max_request_body_bytes", ErrorCode::request_body_too_large,
       [](Policy& p) { p.max_request_body_bytes = 4'999; }},
      {"max_input_tokens_per_request", ErrorCode::policy_denied,
       [](Policy& p) { p.max_input_tokens_per_request = 1'499; }},
      {"max_output_tokens_per_request", ErrorCode::policy_denied,
       [](Policy& p) { p.max_output_tokens_per_request = 799; }},
  };
  return kRules;
}

TEST(Evaluate, ANeutralPolicyAllowsEverything) {
  EXPECT_FALSE(evaluate(Policy{}, everything()));
  EXPECT_FALSE(evaluate(Policy{}, PolicyInput{}));
}

TEST(Evaluate, EachRuleRefusesAloneAndNamesItself) {
  for (const Rule& rule : rules_in_order()) {
    Policy policy;
    rule.forbid(policy);
    const auto denial = evaluate(policy, everything());
    ASSERT_TRUE(denial) << rule.reason;
    EXPECT_EQ(denial->reason, rule.reason);
    EXPECT_EQ(denial->code, rule.code) << rule.reason;
    EXPECT_FALSE(denial->message.empty());
  }
}

TEST(Evaluate, TheFirstRuleInOrderWins) {
  const auto& rules = rules_in_order();
  for (std::size_t first = 0; first < rules.size(); ++first) {
    Policy policy;
    for (std::size_t i = first; i < rules.size(); ++i) rules[i].forbid(policy);
    const auto denial = evaluate(policy, everything());
    ASSERT_TRUE(denial);
    EXPECT_EQ(denial->reason, rules[first].reason);
  }
}

TEST(Evaluate, EqualityIsAllowed) {
  Policy p;
  p.max_tool_call_count = 3;
  p.max_tool_schema_bytes = 900;
  p.max_request_body_bytes = 5'000;
  p.max_input_tokens_per_request = 1'500;
  p.max_output_tokens_per_request = 800;
  p.allowed_hours_utc = {12};
  EXPECT_FALSE(evaluate(p, everything()));
}

TEST(Evaluate, UnknownThingsAreNotJudged) {
  Policy p;
  p.allowed_models = {"a"};
  p.allowed_providers = {"b"};
  p.allowed_services = {"c"};
  p.max_input_tokens_per_request = 0;
  p.max_output_tokens_per_request = 0;
  PolicyInput in;
  in.route = "/v1/models";
  EXPECT_FALSE(evaluate(p, in));
}

TEST(Evaluate, AWithoutToolsRequestMeetsNoToolRule) {
  Policy p;
  p.allow_tools = false;
  p.max_tool_call_count = 0;
  PolicyInput in;
  in.route = "/v1/messages";
  EXPECT_FALSE(evaluate(p, in));
  in.tool_count = 1;
  EXPECT_EQ(evaluate(p, in)->reason, "allow_tools") << "counted tools are tools";
}

TEST(Evaluate, HoursAreUtcAndTheirWholeHour) {
  Policy p;
  p.allowed_hours_utc = {0, 23};
  PolicyInput in;
  using namespace std::chrono_literals;
  in.now = at_hour(0);
  EXPECT_FALSE(evaluate(p, in));
  in.now = at_hour(1) - 1us;
  EXPECT_FALSE(evaluate(p, in));
  in.now = at_hour(1);
  EXPECT_TRUE(evaluate(p, in));
  in.now = at_hour(23) + 59min + 59s;
  EXPECT_FALSE(evaluate(p, in));
  in.now = core::SystemTime{} - 30min;  // before the epoch: 23:30
  EXPECT_FALSE(evaluate(p, in));
}

TEST(Evaluate, RoutesByLabelPatternAndNamedProvider) {
  struct Row {
    std::string_view allowed, route, provider;
    bool ok;
  };
  const Row rows[] = {
      {"/v1/messages", "/v1/messages", "", true},
      {"/v1/messages", "/v1/messages/count_tokens", "", false},
      {"/v1/messages*", "/v1/messages/count_tokens", "", true},
      {"/v1/models", "/v1/models/*", "", false},
      {"/v1/models/*", "/v1/models/*", "", true},
      {"/v1/*", "/providers/*", "openai", false},
      {"/providers/*", "/providers/*", "openai", true},
      {"/providers/openai/*", "/providers/*", "openai", true},
      {"/providers/openai/*", "/providers/*", "openai-eu", false},
      {"/providers/openai/*", "/providers/*", "", false},
      {"*", "/health", "", true},
      {"/providers/*", "/providers/openai/*", "openai", true},
      {"/providers/openai/*", "/providers/openai/*", "openai", true},
      {"/providers/azure/*", "/providers/openai/*", "openai", false},
  };
  for (const Row& row : rows) {
    Policy p;
    p.allowed_routes = {std::string(row.allowed)};
    PolicyInput in;
    in.route = row.route;
    in.provider = row.provider;
    EXPECT_EQ(!evaluate(p, in), row.ok) << row.allowed << " " << row.route << " " << row.provider;
  }
}

TEST(Evaluate, ModelsBareWithProviderAndByPattern) {
  struct Row {
    std::string_view allowed, model, provider;
    bool ok;
  };
  const Row rows[] = {
      {"gpt-4o", "gpt-4o", "openai", true},
      {"gpt-4o", "gpt-4o-mini", "openai", false},
      {"gpt-4o", "Gpt-4o", "openai", false},
      {"gpt-*", "gpt-4o-mini", "azure", true},
      {"openai/gpt-4o", "gpt-4o", "openai", true},
      {"openai/gpt-4o", "gpt-4o", "azure", false},
      {"openai/*", "o3", "openai", true},
      {"openai/*", "o3", "openai-eu", false},
      {"openai*", "o3", "openai-eu", true},
      {"open*", "o3", "openai", true},
      {"openai/", "o3", "openai", false},
      {"meta/llama", "meta/llama", "groq", true},
      {"groq/meta/*", "meta/llama", "groq", true},
      {"*", "anything", "", true},
      {"openai/*", "o3", "", false},
  };
  for (const Row& row : rows) {
    Policy p;
    p.allowed_models = {"never", std::string(row.allowed)};
    EXPECT_EQ(may_call_model(p, row.model, row.provider, "openai"), row.ok)
        << row.allowed << " " << row.model << " " << row.provider;
  }
}

TEST(Evaluate, ProvidersByNameKindAndOlderSpelling) {
  struct Row {
    std::string_view allowed, provider, kind;
    bool ok;
  };
  const Row rows[] = {
      {"my-openai", "my-openai", "openai", true},    {"openai", "my-openai", "openai", true},
      {"openai-compatible", "groq", "openai", true}, {"anthropic", "my-openai", "openai", false},
      {"litellm", "litellm", "litellm", true},       {"openai", "openai", "azure-openai", true},
  };
  for (const Row& row : rows) {
    Policy p;
    p.allowed_providers = {std::string(row.allowed)};
    EXPECT_EQ(may_call_model(p, "m", row.provider, row.kind), row.ok) << row.allowed << " " << row.provider;
  }
}

TEST(MayCallModel, ADenyingPolicyListsNothing) {
  Policy p;
  p.deny = true;
  EXPECT_FALSE(may_call_model(p, "m", "openai", "openai"));
  EXPECT_TRUE(may_call_model(Policy{}, "m", "openai", "openai"));
}

TEST(Evaluate, ARawCallWithABodyCannotHideItsModel) {
  Policy p;
  p.allowed_models = {"gpt-4o"};
  PolicyInput in;
  in.provider = "openai";
  in.request_body_bytes = 10;
  for (const std::string_view label : {"/providers/*", "/providers/openai/*"}) {
    in.route = label;
    ASSERT_TRUE(evaluate(p, in)) << label;
    EXPECT_EQ(evaluate(p, in)->reason, "allowed_models") << label;
  }
  in.model = "gpt-4o";
  EXPECT_FALSE(evaluate(p, in));
  in.model = "";
  in.request_body_bytes = 0;
  EXPECT_FALSE(evaluate(p, in)) << "a listing has no body";
  in.request_body_bytes = 10;
  EXPECT_FALSE(evaluate(Policy{}, in)) << "nothing is restricted";
}

TEST(Evaluate, RequireMaxTokensWhereSomethingIsGenerated) {
  Policy p;
  p.require_max_tokens = true;
  struct Row {
    std::string_view route, model;
    bool refused;
  };
  const Row rows[] = {
      {"/v1/chat/completions", "m", true},
      {"/v1/completions", "m", true},
      {"/v1/responses", "m", true},
      {"/v1/messages", "m", true},
      {"/v1/messages/count_tokens", "m", false},
      {"/v1/embeddings", "m", false},
      {"/v1/models", "", false},
      {"/providers/*", "m", true},
      {"/providers/*", "", false},
      {"/providers/openai/*", "m", true},
  };
  for (const Row& row : rows) {
    PolicyInput in;
    in.route = row.route;
    in.model = row.model;
    EXPECT_EQ(evaluate(p, in).has_value(), row.refused) << row.route;
    if (row.refused) EXPECT_EQ(evaluate(p, in)->reason, "require_max_tokens");
    in.max_output_tokens = 5;
    EXPECT_FALSE(evaluate(p, in)) << row.route;
  }
}

TEST(Evaluate, ARequestWithoutAMaximumIsAllowedUnderAnOutputLimit) {
  Policy p;
  p.max_output_tokens_per_request = 10;
  PolicyInput in;
  in.route = "/v1/messages";
  EXPECT_FALSE(evaluate(p, in));
}

TEST(Evaluate, MessagesSayWhatWasAskedAndAllowed) {
  Policy p;
  p.max_request_body_bytes = 4'999;
  EXPECT_THAT(evaluate(p, everything())->message, HasSubstr("5000"));
  EXPECT_THAT(evaluate(p, everything())->message, HasSubstr("4999"));
}

}  // namespace
}  // namespace relayna::domain
