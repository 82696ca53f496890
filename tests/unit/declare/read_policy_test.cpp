#include "relayna/config/schema.hpp"
#include "relayna/json/document.hpp"

#include "fixture.hpp"

namespace relayna::declare {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

domain::Policy policy_of(std::string_view fields) {
  const Reading reading = read("keys: [{name: k, policy: {" + std::string(fields) + "}}]\n", "f.yaml", {});
  EXPECT_EQ(problems_of(reading), "");
  return reading.file.keys.at(0).policy;
}

TEST(ReadPolicy, FieldsOfEveryType) {
  const domain::Policy policy = policy_of(
      "deny: yes, allow_streaming: 'off', allowed_models: [gpt-4o, 'claude-*'], allowed_hours_utc: [23, 0, "
      "23], max_tool_call_count: 0,"
      "allowed_source_addresses: [10.0.0.0/8], allowed_routes: [/v1/models], policy_version: 7");
  EXPECT_TRUE(policy.deny);
  EXPECT_FALSE(policy.allow_streaming);
  EXPECT_TRUE(policy.allow_tools);
  EXPECT_THAT(policy.allowed_models, ElementsAre("gpt-4o", "claude-*"));
  EXPECT_THAT(policy.allowed_hours_utc, ElementsAre(0, 23));
  EXPECT_EQ(policy.max_tool_call_count, 0);
  EXPECT_EQ(policy.policy_version, 7);
  EXPECT_EQ(policy_of(""), domain::Policy{});
}

TEST(ReadPolicy, TheSchemaNamesExactlyTheFieldsOfThePolicy) {
  const auto document = json::parse(domain::to_json(domain::Policy{})).value();
  std::vector<std::string> of_domain, of_schema;
  for (const auto& [key, value] : document.items()) of_domain.push_back(key);
  for (const auto& field : config::schema::policy_fields()) of_schema.emplace_back(field.key);
  EXPECT_THAT(of_schema, testing::UnorderedElementsAreArray(of_domain));
}

TEST(ReadPolicy, TheSchemaNamesWhatDomainKnows) {
  using config::schema::find;
  const auto& kinds = find(find(config::schema::sections(), "providers")->fields, "kind")->choices;
  for (const std::string_view kind : kinds) EXPECT_TRUE(domain::parse_provider_kind(kind)) << kind;
  for (int i = 0; i <= static_cast<int>(domain::ProviderKind::echo); ++i) {
    EXPECT_THAT(kinds, testing::Contains(domain::to_string(static_cast<domain::ProviderKind>(i))));
  }
  const auto& layers = find(find(config::schema::sections(), "policies")->fields, "kind")->choices;
  EXPECT_EQ(layers.size(), 6U);
  for (const std::string_view kind : layers) EXPECT_TRUE(domain::parse_layer_kind(kind)) << kind;
  const auto& presets = find(find(config::schema::sections(), "keys")->fields, "preset")->choices;
  EXPECT_THAT(presets, testing::ElementsAreArray(domain::preset_names()));
}

TEST(ReadPolicy, DomainRulesAreReportedWhereTheFieldStands) {
  EXPECT_EQ(
      problems_in(
          "keys:\n- name: k\n  policy:\n    allowed_routes: [/v1/models, /nope]\n    max_sse_event_bytes: "
          "0\n    allowed_source_addresses:\n    - 10.0.0.0/8\n    - somewhere\n"),
      "f.yaml:4:34: keys[0].policy.allowed_routes[1]: not a known route\n"
      "f.yaml:5:26: keys[0].policy.max_sse_event_bytes: must be at least 1\n"
      "f.yaml:8:7: keys[0].policy.allowed_source_addresses[1]: not an address or CIDR such as 10.0.0.0/8\n");
  EXPECT_THAT(problems_in("policies:\n- kind: global\n  allowed_models: ['a*b']\n"),
              HasSubstr("f.yaml:3:20: policies[0].allowed_models[0]: "));
}

TEST(ReadPolicy, WhatTheSchemaReportedIsNotReportedTwice) {
  EXPECT_EQ(problems_in("keys: [{name: k, policy: {max_sse_event_bytes: x, allowed_hours_utc: [24]}}]\n"),
            "f.yaml:1:48: keys[0].policy.max_sse_event_bytes: must be a whole number from 0 to "
            "9223372036854775807; example: 65536\n"
            "f.yaml:1:71: keys[0].policy.allowed_hours_utc[0]: must be a whole number from 0 to 23; example: "
            "[8, 9, 10]\n");
}

TEST(ReadPolicy, NumbersThatNeedCountersAreKept) {
  const domain::Policy policy = policy_of(
      "rpm_limit: 5, daily_budget_usd: 1.50, max_cost_per_request: '0.000000001', allow_unpriced_models: no");
  EXPECT_EQ(policy.rpm_limit, 5);
  EXPECT_EQ(policy.daily_budget, core::Money::nanos(1'500'000'000));
  EXPECT_EQ(policy.max_cost_per_request, core::Money::nanos(1));
  EXPECT_EQ(policy.allow_unpriced_models, domain::Permission(false));
  EXPECT_EQ(policy_of("rpm_limit: 5").allow_unpriced_models, domain::Permission());
}

TEST(ReadPolicy, PresetsAreTheStartAndFieldsGoOverThem) {
  const Reading reading = read(
      "keys:\n- name: k\n  preset: read_only_service\n  policy: {allow_tools: true, allowed_routes: "
      "[/v1/embeddings], max_request_body_bytes: ~}\n",
      "f.yaml", {});
  EXPECT_EQ(problems_of(reading), "");
  const domain::Policy& policy = reading.file.keys.at(0).policy;
  EXPECT_TRUE(policy.allow_tools);
  EXPECT_FALSE(policy.allow_streaming);
  EXPECT_THAT(policy.allowed_routes, ElementsAre("/v1/embeddings"));
  EXPECT_THAT(policy.allowed_providers, ElementsAre("internal-service"));
  EXPECT_EQ(policy.max_request_body_bytes, 512 * 1024);
  EXPECT_EQ(policy.rpm_limit, 120);
  EXPECT_EQ(policy.daily_budget, core::Money::nanos(5'000'000'000));
}

TEST(ReadPolicy, NumbersKeepAll64Bits) {
  EXPECT_EQ(policy_of("max_request_body_bytes: 9007199254740993").max_request_body_bytes,
            9'007'199'254'740'993);
}

TEST(ReadPolicy, TextCannotBecomeJson) {
  const domain::Policy policy = policy_of("allowed_models: ['a\",\"b']");
  EXPECT_THAT(policy.allowed_models, ElementsAre("a\",\"b"));
}

}  // namespace
}  // namespace relayna::declare
