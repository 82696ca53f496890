// docs/configuration.md says what the tables say. RELAYNA_WRITE_DOCS=1 writes it anew.
#include <sstream>

#include <stdlib.h>

#include "relayna/config/schema.hpp"

#include "config/setting.hpp"
#include "fixture.hpp"

namespace relayna::config {
namespace {

TEST(Document, NamesEverySettingAndKey) {
  const std::string page = configuration_markdown();
  for (const Setting* setting : all_settings()) {
    EXPECT_THAT(page, testing::HasSubstr(setting->name));
    EXPECT_THAT(page, testing::HasSubstr(setting->file_key));
  }
  for (const schema::Field& section : schema::sections()) {
    for (const schema::Field& field : section.fields)
      EXPECT_THAT(page, testing::HasSubstr("| `" + std::string(field.key) + "` |"));
  }
}

TEST(Document, IsCommitted) {
  const std::string path = std::string(RELAYNA_SOURCE_DIR) + "/docs/configuration.md";
  if (::getenv("RELAYNA_WRITE_DOCS") != nullptr) std::ofstream(path) << configuration_markdown();
  std::stringstream committed;
  committed << std::ifstream(path).rdbuf();
  EXPECT_EQ(committed.str(), configuration_markdown())
      << "relayna-gateway docs configuration > docs/configuration.md";
}

}  // namespace
}  // namespace relayna::config
