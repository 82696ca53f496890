#include <filesystem>

#include <gtest/gtest.h>

#include "relayna/ledger/spool_folder.hpp"

#include "ledger/spool/segment_name.hpp"
#include "support/temp_dir.hpp"

namespace relayna::ledger::test {
namespace {

using relayna::test::TempDir;

TEST(SpoolFolder, IsMadeAndHasOneOwner) {
  TempDir dir;
  const std::string state = dir.path("a/state");
  auto first = SpoolFolder::open(state, {});
  ASSERT_TRUE(first) << first.error().describe();
  EXPECT_EQ((*first)->path(), state + "/spool");
  EXPECT_EQ(std::filesystem::status((*first)->path()).permissions(), std::filesystem::perms::owner_all);
  const auto second = SpoolFolder::open(state, {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, core::ErrorCode::invalid_configuration);
  EXPECT_TRUE(second.error().message.contains("GATEWAY_STATE_DIR")) << second.error().message;
  EXPECT_TRUE(second.error().message.contains("another process uses it")) << second.error().message;
  const std::string instance = (*first)->instance();
  first->reset();
  auto third = SpoolFolder::open(state, {});
  ASSERT_TRUE(third);
  EXPECT_NE((*third)->instance(), instance);
}

TEST(SpoolFolder, WhatCannotBeMadeIsSaidByName) {
  TempDir dir;
  dir.write("file", "x");
  const auto refused = SpoolFolder::open(dir.path("file"), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, core::ErrorCode::invalid_configuration);
  EXPECT_TRUE(refused.error().message.contains("GATEWAY_STATE_DIR")) << refused.error().message;
}

TEST(SpoolFolder, FindsTheLogsOfEarlierProcessesInTheirOrder) {
  TempDir dir;
  std::filesystem::create_directory(dir.path("spool"));
  for (const char* name :
       {"spool/aa.0.00000010.spool", "spool/aa.0.00000009.spool", "spool/aa.1.00000001.spool",
        "spool/bb.0.100000000.spool", "spool/bb.0.00000002.spool", "spool/rejected.aa.0.00000001.spool",
        "spool/rejected.aa.0", "spool/lock", "spool/notes.txt", "spool/x.spool", "spool/.1.spool"})
    dir.write(name, "");
  auto folder = SpoolFolder::open(dir.path(""), {});
  ASSERT_TRUE(folder);
  const auto logs = (*folder)->take_previous();
  ASSERT_EQ(logs.size(), 3U);
  const auto name = [](const std::string& path) { return std::filesystem::path(path).filename().string(); };
  EXPECT_EQ(logs[0].size(), 2U);
  EXPECT_EQ(name(logs[0][0]), "aa.0.00000009.spool");
  EXPECT_EQ(name(logs[0][1]), "aa.0.00000010.spool");
  EXPECT_EQ(name(logs[1][0]), "aa.1.00000001.spool");
  EXPECT_EQ(name(logs[2][0]), "bb.0.00000002.spool");
  EXPECT_EQ(name(logs[2][1]), "bb.0.100000000.spool");
  EXPECT_TRUE((*folder)->take_previous().empty()) << "they belong to who took them";
}

TEST(SegmentName, IsReadAsWritten) {
  const SegmentName name{.log = "some.instance.3", .number = 12};
  EXPECT_EQ(name.str(), "some.instance.3.00000012.spool");
  const auto read = SegmentName::parse(name.str());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->log, name.log);
  EXPECT_EQ(read->number, 12U);
}

}  // namespace
}  // namespace relayna::ledger::test
