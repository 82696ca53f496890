#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relayna/domain/policy.hpp"

namespace relayna::domain {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Strings = std::vector<std::string>;

Policy models(Strings list) {
  Policy p;
  p.allowed_models = std::move(list);
  return p;
}
Policy providers(Strings list) {
  Policy p;
  p.allowed_providers = std::move(list);
  return p;
}

TEST(Merge, NeutralChangesNothing) {
  Policy p = *preset("read_only_service");
  p.policy_version = 9;
  p.allowed_models = {"gpt-*"};
  EXPECT_EQ(merge(p, Policy{}), p);
  EXPECT_EQ(merge(Policy{}, p), p);
}

TEST(Merge, BooleansTakeTheStricterSide) {
  Policy strict;
  strict.deny = true;
  strict.allow_streaming = false;
  strict.allow_tools = false;
  strict.require_max_tokens = true;
  EXPECT_EQ(merge(strict, Policy{}), strict);
  EXPECT_EQ(merge(Policy{}, strict), strict);
}

TEST(Merge, APermissionIsGivenByWhoSaysYesUnlessSomebodySaysNo) {
  Policy unsaid, yes, no;
  yes.allow_unpriced_models = true;
  no.allow_unpriced_models = false;
  EXPECT_FALSE(unsaid.allow_unpriced_models);
  EXPECT_TRUE(merge(unsaid, yes).allow_unpriced_models) << "other layers need not repeat it";
  EXPECT_TRUE(merge(yes, unsaid).allow_unpriced_models);
  EXPECT_FALSE(merge(yes, no).allow_unpriced_models);
  EXPECT_FALSE(merge(merge(no, unsaid), yes).allow_unpriced_models);
}

TEST(Merge, NumbersTakeTheMinimumOfTheSetOnes) {
  Policy a;
  a.rpm_limit = 10;
  a.max_sse_event_bytes = 5;
  a.daily_budget = core::Money::nanos(7);
  a.default_output_tokens = 100;
  a.policy_version = 3;
  Policy b;
  b.rpm_limit = 4;
  b.max_tool_call_count = 0;
  b.daily_budget = core::Money::nanos(9);
  b.default_output_tokens = 50;
  b.policy_version = 2;
  const Policy both = merge(a, b);
  EXPECT_EQ(both.rpm_limit, 4);
  EXPECT_EQ(both.max_sse_event_bytes, 5);
  EXPECT_EQ(both.max_tool_call_count, 0);
  EXPECT_EQ(both.daily_budget, core::Money::nanos(7));
  EXPECT_EQ(both.default_output_tokens, 50);
  EXPECT_EQ(both.policy_version, 3);
  EXPECT_FALSE(both.tpm_limit);
}

TEST(Merge, ListsIntersectInTheEarlierOrder) {
  Policy a;
  a.allowed_services = {"ocr", "summary", "translation"};
  Policy b;
  b.allowed_services = {"translation", "ocr", "other"};
  EXPECT_THAT(merge(a, b).allowed_services, ElementsAre("ocr", "translation"));
  EXPECT_FALSE(merge(a, b).deny);
}

TEST(Merge, EmptyIntersectionDenies) {
  Policy a;
  a.allowed_services = {"ocr"};
  Policy b;
  b.allowed_services = {"summary"};
  EXPECT_TRUE(merge(a, b).deny);
  EXPECT_TRUE(merge(models({"gpt-4o"}), models({"claude-*"})).deny);
  EXPECT_TRUE(merge(providers({"openai"}), providers({"anthropic"})).deny);
  EXPECT_TRUE(merge(merge(a, b), Policy{}).deny) << "and nothing later allows again";
  EXPECT_TRUE(merge(merge(a, b), a).deny);
}

TEST(Merge, PatternsIntersectByWhatTheyMatch) {
  EXPECT_THAT(merge(models({"gpt-*"}), models({"gpt-4o", "claude-3"})).allowed_models, ElementsAre("gpt-4o"));
  EXPECT_THAT(merge(models({"gpt-4o"}), models({"gpt-*"})).allowed_models, ElementsAre("gpt-4o"));
  EXPECT_THAT(merge(models({"gpt-*"}), models({"gpt-4*", "o*"})).allowed_models, ElementsAre("gpt-4*"));
  EXPECT_THAT(merge(models({"*"}), models({"a", "b*"})).allowed_models, ElementsAre("a", "b*"));
  Policy a;
  a.allowed_routes = {"/v1/*"};
  Policy b;
  b.allowed_routes = {"/v1/messages", "/providers/openai/*"};
  EXPECT_THAT(merge(a, b).allowed_routes, ElementsAre("/v1/messages"));
  a.allowed_routes = {"/providers/*"};
  EXPECT_THAT(merge(a, b).allowed_routes, ElementsAre("/providers/openai/*"));
}

TEST(Merge, ABareModelAndAProvidersModelKeepBothConditions) {
  const Policy both = merge(models({"gpt-4o"}), models({"openai/*"}));
  EXPECT_FALSE(both.deny);
  EXPECT_TRUE(may_call_model(both, "gpt-4o", "openai", "openai"));
  EXPECT_FALSE(may_call_model(both, "gpt-4o", "azure", "azure-openai"));
  EXPECT_FALSE(may_call_model(both, "o3", "openai", "openai"));
  EXPECT_FALSE(may_call_model(both, "openai/gpt-4o", "openrouter", "openai")) << "another provider's model";
  EXPECT_EQ(merge(both, both), both);
  EXPECT_EQ(merge(both, models({"openai/*"})), both);
}

TEST(Merge, AKindAndANameKeepBothConditions) {
  const Policy both = merge(providers({"litellm"}), providers({"team-proxy"}));
  EXPECT_FALSE(both.deny);
  EXPECT_TRUE(may_call_model(both, "m", "team-proxy", "litellm"));
  EXPECT_FALSE(may_call_model(both, "m", "other-proxy", "litellm"));
  EXPECT_FALSE(may_call_model(both, "m", "team-proxy", "openai"));
  const Policy alias = merge(providers({"openai"}), providers({"openai-compatible"}));
  EXPECT_FALSE(alias.deny);
  EXPECT_TRUE(may_call_model(alias, "m", "groq", "openai"));
}

TEST(Merge, HoursAreSortedAndChecked) {
  Policy a;
  a.allowed_hours_utc = {23, 9, 9, 8, 99, -1};
  Policy b;
  b.allowed_hours_utc = {10, 9, 8};
  EXPECT_THAT(merge(a, b).allowed_hours_utc, ElementsAre(8, 9));
  EXPECT_THAT(merge(Policy{}, a).allowed_hours_utc, ElementsAre(8, 9, 23));
  b.allowed_hours_utc = {1};
  EXPECT_TRUE(merge(a, b).deny);
}

TEST(Merge, SourceAddressesKeepTheNarrowerRange) {
  Policy a;
  a.allowed_source_addresses = {"10.0.0.0/8", "2001:db8::/32"};
  Policy b;
  b.allowed_source_addresses = {"10.1.0.0/16", "10.2.0.7", "::/0"};
  EXPECT_THAT(merge(a, b).allowed_source_addresses, ElementsAre("10.1.0.0/16", "10.2.0.7", "2001:db8::/32"));
  b.allowed_source_addresses = {"192.168.0.0/16"};
  EXPECT_TRUE(merge(a, b).deny);
  EXPECT_THAT(merge(a, b).allowed_source_addresses, IsEmpty());
}

TEST(PatternMatches, ExactOrPrefix) {
  EXPECT_TRUE(pattern_matches("gpt-4o", "gpt-4o"));
  EXPECT_FALSE(pattern_matches("gpt-4o", "gpt-4o-mini"));
  EXPECT_FALSE(pattern_matches("gpt-4o", "GPT-4o"));
  EXPECT_TRUE(pattern_matches("gpt-*", "gpt-"));
  EXPECT_TRUE(pattern_matches("*", ""));
  EXPECT_FALSE(pattern_matches("gpt-*", "gpt"));
  EXPECT_FALSE(pattern_matches("", "x"));
  EXPECT_TRUE(pattern_matches("", ""));
}

}  // namespace
}  // namespace relayna::domain
