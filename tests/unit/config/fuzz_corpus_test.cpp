// What the fuzzer starts from, and what it once found, stays answered.
#include <sstream>

#include "relayna/config/schema.hpp"

#include "fixture.hpp"

namespace relayna::config {
namespace {

TEST(FuzzCorpus, EveryFileIsAnswered) {
  int files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(RELAYNA_SOURCE_DIR) + "/tests/fuzz/corpus/config")) {
    std::stringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    yaml::Diagnostics diagnostics("f.yaml");
    auto root = yaml::parse(text.str(), diagnostics);
    if (root) schema::check(*root, {{"A", "alpha"}}, diagnostics);
    EXPECT_TRUE(root || !diagnostics.empty()) << entry.path();
    for (const Problem& problem : diagnostics.problems())
      EXPECT_EQ(problem.message.find('\n'), std::string::npos) << entry.path();
    ++files;
  }
  EXPECT_GE(files, 8);
}

}  // namespace
}  // namespace relayna::config
