#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relayna/domain/policy.hpp"
#include "relayna/json/document.hpp"

namespace relayna::domain {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Policy full() {
  Policy p;
  p.deny = true;
  p.allowed_routes = {"/v1/chat/completions", "/v1/*", "/providers/openai/*", "/summary"};
  p.allowed_models = {"gpt-4o", "openai/*", "claude \"quoted\""};
  p.allowed_models.back() = "mod\u00e8le-\"x\"\\y";
  p.allowed_providers = {"openai-compatible", "my.provider_1"};
  p.allowed_services = {"ocr"};
  p.allow_streaming = false;
  p.allow_tools = false;
  p.allowed_hours_utc = {0, 9, 23};
  p.allowed_source_addresses = {"10.0.0.0/8", "::1"};
  p.rpm_limit = 0;
  p.tpm_limit = std::numeric_limits<std::int64_t>::max();
  p.max_requests_per_day = 1;
  p.max_tokens_per_day = 9'007'199'254'740'993;  // not a double
  p.max_concurrent_requests = 3;
  p.daily_budget = core::Money::parse("0.1");
  p.weekly_budget = core::Money::parse("0.000000001");
  p.monthly_budget = core::Money::parse("123456789.123456789");
  p.total_budget = core::Money{};
  p.max_cost_per_request = core::Money::parse("0.25");
  p.max_input_tokens_per_request = 5;
  p.max_output_tokens_per_request = 6;
  p.default_output_tokens = 7;
  p.require_max_tokens = true;
  p.unused_key_auto_disable_after_days = 8;
  p.max_request_body_bytes = 9;
  p.max_response_body_bytes = 10;
  p.max_stream_duration_seconds = 11;
  p.max_sse_event_bytes = 12;
  p.max_tool_call_count = 13;
  p.max_tool_schema_bytes = 14;
  p.allow_unpriced_models = false;  // said, which unset is not
  p.policy_version = 15;
  return p;
}

TEST(PolicyJson, RoundTrips) {
  for (const Policy& policy : {Policy{}, full(), *preset("external_partner"), *preset("read_only_service")}) {
    const auto back = policy_from_json(to_json(policy));
    ASSERT_TRUE(back) << back.error().describe() << "\n" << to_json(policy);
    EXPECT_EQ(*back, policy);
  }
}

TEST(PolicyJson, ShowsEveryFieldWithNullForUnset) {
  const auto shown = json::parse(to_json(Policy{}));
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->size(), 4 + 1 + 5 + 1 + 15 + 5 + 1);
  EXPECT_TRUE(shown->at("rpm_limit").is_null());
  EXPECT_TRUE(shown->at("daily_budget_usd").is_null());
  EXPECT_EQ(shown->at("allow_streaming"), true);
  EXPECT_TRUE(shown->at("allow_unpriced_models").is_null());
  EXPECT_EQ(shown->at("allowed_models"), json::Document::array());
  EXPECT_EQ(shown->at("policy_version"), 1);
}

TEST(PolicyJson, WritesDollarsAsExactNumbers) {
  EXPECT_THAT(to_json(full()), HasSubstr(R"("monthly_budget_usd":123456789.123456789)"));
  EXPECT_THAT(to_json(full()), HasSubstr(R"("weekly_budget_usd":0.000000001)"));
}

TEST(PolicyJson, AbsentAndNullAreNeutral) {
  EXPECT_EQ(policy_from_json("{}"), Policy{});
  EXPECT_EQ(
      policy_from_json(" \n{ \"rpm_limit\" : null , \"deny\":null, \"allowed_models\":null,"
                       "\"daily_budget_usd\":null, \"allowed_hours_utc\":null, \"policy_version\":null } "),
      Policy{});
}

TEST(PolicyJson, DollarsAsNumbersOrStrings) {
  for (const char* text :
       {R"({"daily_budget_usd":0.1})", R"({"daily_budget_usd":"0.1"})", R"({"daily_budget_usd": 0.10})"}) {
    const auto policy = policy_from_json(text);
    ASSERT_TRUE(policy) << text;
    EXPECT_EQ(policy->daily_budget, core::Money::nanos(100'000'000)) << text;
  }
}

TEST(PolicyJson, HoursAreSortedAndDistinct) {
  EXPECT_THAT(policy_from_json(R"({"allowed_hours_utc":[9,8,9]})")->allowed_hours_utc, ElementsAre(8, 9));
}

struct Bad {
  std::string_view json;
  std::string_view problem;
};

class BadPolicy : public ::testing::TestWithParam<Bad> {};

TEST_P(BadPolicy, IsRefusedByField) {
  const auto policy = policy_from_json(GetParam().json);
  ASSERT_FALSE(policy) << GetParam().json;
  EXPECT_EQ(policy.error().code, core::ErrorCode::invalid_request);
  EXPECT_THAT(std::string(policy.error().public_message()), HasSubstr(GetParam().problem)) << GetParam().json;
}

INSTANTIATE_TEST_SUITE_P(
    Fields, BadPolicy,
    ::testing::Values(
        Bad{R"([])", "policy: must be an object"}, Bad{R"(null)", "policy: must be an object"},
        Bad{R"({"rpm":1})", "rpm: is not a policy field"},
        Bad{R"({"also_allowed_models":[]})", "also_allowed_models: is not a policy field"},
        Bad{R"({"Deny":true})", "Deny: is not a policy field"},
        Bad{R"({"a\nb":1})", R"("a\nb": is not a policy field)"},
        Bad{R"({"deny":true,"deny":false})", "deny: is given twice"},
        Bad{R"({"deny":1})", "deny: must be true or false"},
        Bad{R"({"allow_tools":"true"})", "allow_tools: must be"},
        Bad{R"({"allow_unpriced_models":1})", "allow_unpriced_models: must be true or false"},
        Bad{R"({"rpm_limit":-1})", "rpm_limit: must be at least 0"},
        Bad{R"({"rpm_limit":1.5})", "rpm_limit: must be a whole number"},
        Bad{R"({"rpm_limit":1e3})", "rpm_limit: must be a whole number"},
        Bad{R"({"rpm_limit":"5"})", "rpm_limit: must be a whole number"},
        Bad{R"({"rpm_limit":true})", "rpm_limit: must be a whole number"},
        Bad{R"({"tpm_limit":9223372036854775808})", "tpm_limit: must be a whole number"},
        Bad{R"({"default_output_tokens":0})", "default_output_tokens: must be at least 1"},
        Bad{R"({"unused_key_auto_disable_after_days":0})", "must be at least 1"},
        Bad{R"({"unused_key_auto_disable_after_days":36501})", "must be at most 36500"},
        Bad{R"({"max_response_body_bytes":0})", "max_response_body_bytes: must be at least 1"},
        Bad{R"({"max_stream_duration_seconds":31536001})", "must be at most 31536000"},
        Bad{R"({"max_sse_event_bytes":0})", "must be at least 1"},
        Bad{R"({"daily_budget_usd":-1})", "daily_budget_usd: must not be negative"},
        Bad{R"({"daily_budget_usd":1e-10})", "daily_budget_usd: must be US dollars"},
        Bad{R"({"daily_budget_usd":"ten"})", "daily_budget_usd: must be US dollars"},
        Bad{R"({"daily_budget_usd":""})", "daily_budget_usd: must be US dollars"},
        Bad{R"({"weekly_budget_usd":0.0000000001})", "weekly_budget_usd: must be US dollars"},
        Bad{R"({"total_budget_usd":99999999999})", "total_budget_usd: must be US dollars"},
        Bad{R"({"max_cost_per_request":[1]})", "max_cost_per_request: must be US dollars"},
        Bad{R"({"allowed_hours_utc":[24]})", "allowed_hours_utc[0]: must be a whole number from 0 to 23"},
        Bad{R"({"allowed_hours_utc":[1,-1]})", "allowed_hours_utc[1]"},
        Bad{R"({"allowed_hours_utc":[1.0]})", "allowed_hours_utc[0]"},
        Bad{R"({"allowed_hours_utc":["1"]})", "allowed_hours_utc[0]"},
        Bad{R"({"allowed_hours_utc":9})", "allowed_hours_utc: must be a list"},
        Bad{R"({"allowed_models":"gpt"})", "allowed_models: must be a list of strings"},
        Bad{R"({"allowed_models":[1]})", "allowed_models[0]: must be a string"},
        Bad{R"({"allowed_models":["a",""]})", "allowed_models[1]: must not be empty"},
        Bad{R"({"allowed_models":["gpt-*-mini"]})", "allowed_models[0]: `*` may only stand at the end"},
        Bad{R"({"allowed_models":["**"]})", "allowed_models[0]: `*` may only stand at the end"},
        Bad{R"({"allowed_models":["a b"]})", "allowed_models[0]: must not contain spaces"},
        Bad{R"({"allowed_models":["a\u0000b"]})", "allowed_models[0]: must not contain"},
        Bad{R"({"allowed_models":{"a":1}})", "allowed_models: must be a list"},
        Bad{R"({"allowed_routes":["/v1/nothing"]})", "allowed_routes[0]: not a known route"},
        Bad{R"({"allowed_routes":["v1/messages"]})", "allowed_routes[0]: not a known route"},
        Bad{R"({"allowed_routes":["unknown"]})", "allowed_routes[0]: not a known route"},
        Bad{R"({"allowed_routes":["/providers//*"]})", "allowed_routes[0]: not a known route"},
        Bad{R"({"allowed_routes":["/providers/a/b/*"]})", "allowed_routes[0]: not a known route"},
        Bad{R"({"allowed_routes":["/litellm/*"]})", "allowed_routes[0]: not a known route"},
        Bad{R"({"allowed_providers":["a/b"]})", "allowed_providers[0]: may only have"},
        Bad{R"({"allowed_providers":["open*"]})", "allowed_providers[0]: may only have"},
        Bad{R"({"allowed_services":["a?"]})", "allowed_services[0]: may only have"},
        Bad{R"({"allowed_source_addresses":["10.0.0.0/33"]})", "allowed_source_addresses[0]: not an address"},
        Bad{R"({"allowed_source_addresses":["localhost"]})", "allowed_source_addresses[0]: not an address"},
        Bad{R"({"policy_version":0})", "policy_version: must be a whole number from 1"}));

TEST(PolicyJson, ReportsEveryProblemOnALineOfItsOwn) {
  const auto policy = policy_from_json(
      R"({"rpm_limit":-1,"nonsense":1,"allowed_hours_utc":[24,25],"allowed_models":["",7],"deny":"no"})");
  ASSERT_FALSE(policy);
  EXPECT_EQ(policy.error().public_message(),
            "rpm_limit: must be at least 0\n"
            "nonsense: is not a policy field\n"
            "allowed_hours_utc[0]: must be a whole number from 0 to 23\n"
            "allowed_hours_utc[1]: must be a whole number from 0 to 23\n"
            "allowed_models[0]: must not be empty\n"
            "allowed_models[1]: must be a string\n"
            "deny: must be true or false");
}

TEST(PolicyJson, TextThatIsNoJson) {
  for (const char* text :
       {"", "{", "{\"deny\":}", "{\"deny\":true,}", "{'deny':true}", "{\"deny\":true} x", "\xff"}) {
    const auto policy = policy_from_json(text);
    ASSERT_FALSE(policy) << text;
    EXPECT_EQ(policy.error().code, core::ErrorCode::invalid_json) << text;
  }
}

TEST(PolicyJson, SizesAreBounded) {
  std::string many = R"({"allowed_models":[)";
  for (int i = 0; i < 1'001; ++i) many += (i == 0 ? "" : ",") + ("\"m" + std::to_string(i) + "\"");
  EXPECT_THAT(std::string(policy_from_json(many + "]}").error().public_message()),
              HasSubstr("more than 1000"));
  EXPECT_FALSE(policy_from_json(R"({"allowed_models":[")" + std::string(257, 'm') + "\"]}"));
  EXPECT_TRUE(policy_from_json(R"({"allowed_models":[")" + std::string(256, 'm') + "\"]}"));
  std::string fields = "{";
  for (int i = 0; i < 300; ++i) fields += (i == 0 ? "" : ",") + ("\"f" + std::to_string(i) + "\":1");
  EXPECT_THAT(std::string(policy_from_json(fields + "}").error().public_message()),
              HasSubstr("more than 200"));
}

TEST(PolicyJson, KnownRoutesAreAccepted) {
  for (const char* route : {"/v1/chat/completions",
                            "/v1/completions",
                            "/v1/responses",
                            "/v1/embeddings",
                            "/v1/models",
                            "/v1/models/*",
                            "/v1/messages",
                            "/v1/messages/count_tokens",
                            "/v1/messages/batches",
                            "/v1/messages/batches/*/results",
                            "/providers/*",
                            "/providers/openai/*",
                            "/health",
                            "/summary",
                            "/translation",
                            "/ocr",
                            "/embeddings",
                            "/services/*",
                            "/v1/*",
                            "*"}) {
    EXPECT_TRUE(policy_from_json(std::string(R"({"allowed_routes":[")") + route + "\"]}")) << route;
  }
}

}  // namespace
}  // namespace relayna::domain
