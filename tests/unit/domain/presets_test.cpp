#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relayna/domain/policy.hpp"

namespace relayna::domain {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Row {
  std::string_view name;
  bool streaming;
  bool tools;
  std::int64_t rpm;
  std::optional<std::int64_t> tpm;
  std::string_view daily;
  std::int64_t request_bytes;
  std::int64_t response_bytes;
};

TEST(Presets, AreTheDocumentedTable) {
  const Row rows[] = {
      {"developer", true, true, 60, 30'000, "10", 1'048'576, 2'097'152},
      {"production_worker", true, false, 600, 300'000, "100", 1'048'576, 4'194'304},
      {"read_only_service", false, false, 120, std::nullopt, "5", 524'288, 1'048'576},
      {"external_partner", false, false, 30, 10'000, "3", 262'144, 524'288},
      {"temporary_debugging", true, false, 20, 5'000, "1", 131'072, 262'144},
  };
  EXPECT_EQ(preset_names().size(), std::size(rows));
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    const Row& row = rows[i];
    EXPECT_EQ(preset_names()[i], row.name);
    Policy expected;
    expected.allow_streaming = row.streaming;
    expected.allow_tools = row.tools;
    expected.rpm_limit = row.rpm;
    expected.tpm_limit = row.tpm;
    expected.daily_budget = core::Money::parse(row.daily);
    expected.max_request_body_bytes = row.request_bytes;
    expected.max_response_body_bytes = row.response_bytes;
    if (row.name == "read_only_service") {
      expected.allowed_routes = {"/summary", "/embeddings"};
      expected.allowed_providers = {"internal-service"};
    }
    if (row.name == "external_partner") expected.max_cost_per_request = core::Money::parse("0.25");
    if (row.name == "temporary_debugging") expected.unused_key_auto_disable_after_days = 7;
    EXPECT_EQ(preset(row.name), expected) << row.name;
  }
  EXPECT_FALSE(preset("Developer"));
  EXPECT_FALSE(preset(""));
}

TEST(Presets, CanBeStoredAfterStripping) {
  for (const std::string_view name : preset_names()) {
    const auto [policy, stripped] = without_unenforceable(*preset(name));
    EXPECT_THAT(unenforceable_fields(policy), IsEmpty()) << name;
    EXPECT_FALSE(stripped.empty()) << name;
    EXPECT_EQ(policy.max_request_body_bytes, preset(name)->max_request_body_bytes) << name;
  }
}

TEST(Unenforceable, NamesExactlyWhatNeedsCountersOrPrices) {
  Policy p;
  EXPECT_THAT(unenforceable_fields(p), IsEmpty());
  p.rpm_limit = p.tpm_limit = p.max_requests_per_day = p.max_tokens_per_day = p.max_concurrent_requests = 0;
  p.daily_budget = p.weekly_budget = p.monthly_budget = p.total_budget = core::Money{};
  p.max_cost_per_request = core::Money{};
  const Policy enforceable = [] {
    Policy q;
    q.max_input_tokens_per_request = q.max_output_tokens_per_request = q.default_output_tokens = 1;
    q.unused_key_auto_disable_after_days = q.max_request_body_bytes = q.max_response_body_bytes = 1;
    q.max_stream_duration_seconds = q.max_sse_event_bytes = q.max_tool_call_count = q.max_tool_schema_bytes =
        1;
    q.deny = q.require_max_tokens = true;
    q.allowed_hours_utc = {1};
    q.allowed_source_addresses = {"::1"};
    return q;
  }();
  EXPECT_THAT(unenforceable_fields(p),
              ElementsAre("rpm_limit", "tpm_limit", "max_requests_per_day", "max_tokens_per_day",
                          "max_concurrent_requests", "daily_budget_usd", "weekly_budget_usd",
                          "monthly_budget_usd", "total_budget_usd", "max_cost_per_request"));
  EXPECT_EQ(without_unenforceable(p).policy, Policy{});
  EXPECT_THAT(unenforceable_fields(enforceable), IsEmpty());
}

}  // namespace
}  // namespace relayna::domain
