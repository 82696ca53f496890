// The example of the documentation is a right file, and shows every section that this version supports.
#include <fstream>
#include <sstream>

#include "relayna/config/schema.hpp"
#include "relayna/declare/validate.hpp"

#include "fixture.hpp"

namespace relayna::declare {
namespace {

const std::string kPath = std::string(RELAYNA_SOURCE_DIR) + "/docs/examples/relayna-gateway.yaml";
const config::Environment kEnvironment{{"OPENAI_API_KEY", "a"},
                                       {"ANTHROPIC_API_KEY", "b"},
                                       {"LITELLM_KEY", "c"},
                                       {"SEARCH_KEY", key_secret('1')},
                                       {"PARTNER_KEY", key_secret('2')}};

TEST(Example, IsValid) {
  EXPECT_THAT(validate_file(kPath, kEnvironment), testing::IsEmpty());
  config::Overrides overrides;
  overrides.file = kPath;
  EXPECT_THAT(config::load(kEnvironment, overrides).problems, testing::IsEmpty());
}

TEST(Example, NamesItsVariables) {
  std::stringstream text;
  text << std::ifstream(kPath).rdbuf();
  for (const auto& [name, value] : kEnvironment) EXPECT_THAT(text.str(), testing::HasSubstr(name));
  EXPECT_EQ(validate_file(kPath, {}).size(), kEnvironment.size());
}

TEST(Example, ShowsEverySectionAndCanBeApplied) {
  const Reading reading = read_file(kPath, kEnvironment);
  const File& file = reading.file;
  for (const bool shown : {!file.providers.empty(), !file.models.empty(), !file.routes.empty(),
                           !file.projects.empty(), !file.teams.empty(), !file.keys.empty(),
                           !file.layers.empty(), !file.limits.empty(), !file.prices.empty()}) {
    EXPECT_TRUE(shown);
  }
  FakeStore store;
  FakeSealing sealing;
  const auto report = apply(file, store, sealing.get(), core::parse_rfc3339("2026-11-20T12:00:00Z").value());
  ASSERT_TRUE(report);
  EXPECT_THAT(report->skipped, testing::IsEmpty());
  EXPECT_GT(report->created.size(), 15U);
}

}  // namespace
}  // namespace relayna::declare
