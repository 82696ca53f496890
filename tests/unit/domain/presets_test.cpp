#include <gtest/gtest.h>

#include "relayna/domain/policy.hpp"

namespace relayna::domain {
namespace {

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

}  // namespace
}  // namespace relayna::domain
