#include "store/migration_history.hpp"

#include <gtest/gtest.h>

#include "relayna/core/encoding.hpp"

namespace relayna::store {
namespace {

constexpr Migration kThree[] = {{1, "one", 1, "c1", ""}, {2, "two", 1, "c2", ""}, {3, "three", 3, "c3", ""}};

History history(std::vector<AppliedMigration> applied) {
  return {.has_tables = true, .has_bookkeeping = true, .applied = std::move(applied)};
}

void expect_refused(const core::Result<std::vector<MigrationStatus>>& result, const std::string& reason) {
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, core::ErrorCode::database_reset_required);
  EXPECT_EQ(result.error().message, "database reset required: " + reason);
}

TEST(MigrationHistory, NothingAppliedYet) {
  const auto status = judge(kThree, {});
  ASSERT_TRUE(status);
  ASSERT_EQ(status->size(), 3U);
  for (const auto& migration : *status) EXPECT_FALSE(migration.applied);
}

TEST(MigrationHistory, SomeApplied) {
  const auto status = judge(kThree, history({{1, "one", "c1", 1}, {2, "two", "c2", 1}}));
  ASSERT_TRUE(status);
  EXPECT_TRUE((*status)[0].applied);
  EXPECT_TRUE((*status)[1].applied);
  EXPECT_FALSE((*status)[2].applied);
}

TEST(MigrationHistory, ARenamedFileWithTheSameContentsIsTheSame) {
  EXPECT_TRUE(judge(kThree, history({{1, "another name", "c1", 1}})));
}

TEST(MigrationHistory, NewerOnesThatAllDeclareThemselvesCompatible) {
  const auto status = judge(kThree, history({{1, "one", "c1", 1},
                                             {2, "two", "c2", 1},
                                             {3, "three", "c3", 3},
                                             {4, "four", "x", 3},
                                             {5, "five", "y", 2}}));
  ASSERT_TRUE(status);
  ASSERT_EQ(status->size(), 5U);
  EXPECT_TRUE((*status)[2].known);
  EXPECT_FALSE((*status)[4].known);
  EXPECT_EQ((*status)[4].number, 5);
}

TEST(MigrationHistory, OneNewerOneThatDoesNot) {
  expect_refused(
      judge(kThree, history({{1, "one", "c1", 1},
                             {2, "two", "c2", 1},
                             {3, "three", "c3", 3},
                             {4, "four", "x", 4},
                             {5, "five", "y", 3}})),
      "migration 0004 (four) is newer than this program, which knows 0003, and does not declare itself "
      "compatible with it");
  expect_refused(
      judge(kThree,
            history({{1, "one", "c1", 1}, {2, "two", "c2", 1}, {3, "three", "c3", 3}, {4, "four", "x", 0}})),
      "migration 0004 (four) is newer than this program, which knows 0003, and does not declare itself "
      "compatible with it");
}

TEST(MigrationHistory, WhatIsNotOurs) {
  expect_refused(judge(kThree, {.has_tables = true}),
                 "it has tables, but not this program's record of migrations");
  expect_refused(judge(kThree, history({})), "it has tables, but its record of migrations is empty");
  expect_refused(judge(kThree, history({{1, "one", "altered", 1}})),
                 "migration 0001 (one) was applied with other contents than this program's");
  expect_refused(judge(kThree, history({{2, "two", "c2", 1}})),
                 "migration 0002 (two) is recorded without the one before it");
  expect_refused(judge(kThree, history({{1, "one", "c1", 1}, {3, "three", "c3", 1}})),
                 "migration 0003 (three) is recorded without the one before it");
  expect_refused(judge(kThree, history({{0, "zero", "c0", 1}})),
                 "migration 0000 (zero) is recorded without the one before it");
}

TEST(EmbeddedMigrations, AreTheSameInBothDatabases) {
  const auto postgres = postgres_migrations();
  const auto sqlite = sqlite_migrations();
  ASSERT_EQ(postgres.size(), sqlite.size());
  for (std::size_t i = 0; i < postgres.size(); ++i) {
    EXPECT_EQ(postgres[i].number, static_cast<int>(i) + 1);
    EXPECT_EQ(postgres[i].name, sqlite[i].name);
    EXPECT_EQ(postgres[i].compatible_with, sqlite[i].compatible_with);
    EXPECT_EQ(postgres[i].checksum, core::to_hex(core::sha256(postgres[i].sql)));
    EXPECT_EQ(sqlite[i].checksum, core::to_hex(core::sha256(sqlite[i].sql)));
  }
}

}  // namespace
}  // namespace relayna::store
