#include <algorithm>
#include <atomic>
#include <thread>

#include <fmt/format.h>

#include "backend.hpp"
#include "samples.hpp"
#include "store/migration.hpp"
#include "support/process.hpp"

namespace relayna::test {
namespace {

class MigrationsContract : public EmptyDatabase {
 protected:
  store::Migrations& migrations() { return store().migrations(); }
  std::span<const store::Migration> known() const {
    return GetParam() == "postgres" ? store::postgres_migrations() : store::sqlite_migrations();
  }
  /// Expects status() and apply() to refuse with `reason`, and the database to be as before.
  void expect_refused(const std::string& reason) {
    const std::string before = backend().dump();
    for (const auto& error : {migrations().status().error(), migrations().apply().error()}) {
      EXPECT_EQ(error.code, core::ErrorCode::database_reset_required) << error.describe();
      EXPECT_EQ(error.message, "database reset required: " + reason);
    }
    EXPECT_TRUE(backend().dump() == before) << "the database was touched";
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, MigrationsContract, kBackends, backend_name);

TEST_P(MigrationsContract, AnEmptyDatabaseHasAllOfThemPending) {
  const auto status = migrations().status();
  ASSERT_OK(status);
  ASSERT_EQ(status->size(), known().size());
  for (std::size_t i = 0; i < known().size(); ++i) {
    EXPECT_EQ((*status)[i].number, known()[i].number);
    EXPECT_EQ((*status)[i].name, known()[i].name);
    EXPECT_FALSE((*status)[i].applied);
  }
}

TEST_P(MigrationsContract, AppliesThemOnce) {
  const auto first = migrations().apply();
  ASSERT_OK(first);
  EXPECT_EQ(*first, static_cast<int>(known().size()));
  const auto second = migrations().apply();
  ASSERT_OK(second);
  EXPECT_EQ(*second, 0);
  const auto status = migrations().status();
  ASSERT_OK(status);
  EXPECT_TRUE(std::ranges::all_of(*status, &store::MigrationStatus::applied));
  EXPECT_EQ(backend().sql("SELECT count(*) FROM schema_migrations WHERE checksum = '" +
                          std::string(known()[0].checksum) + "' AND number = 1"),
            "1\n");
}

TEST_P(MigrationsContract, WithoutThemCallsSayWhatIsMissing) {
  EXPECT_FAILS(migrations_pending, store().keys().list());
  EXPECT_FAILS(migrations_pending, store().catalog().load());
  EXPECT_FAILS(migrations_pending, store().keys().create(sample_key("k"), kActor));
}

TEST_P(MigrationsContract, SeveralThreadsApplyThemTogether) {
  constexpr int kReplicas = 4;
  std::vector<std::unique_ptr<store::Store>> stores;
  for (int i = 0; i < kReplicas; ++i) stores.push_back(backend().open());
  std::atomic<int> applied = 0;
  std::atomic<int> failures = 0;
  std::vector<std::thread> replicas;
  for (const auto& store : stores) {
    replicas.emplace_back([&] {
      const auto done = store->migrations().apply();
      if (done)
        applied += *done;
      else
        ++failures;
    });
  }
  for (auto& replica : replicas) replica.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(applied, static_cast<int>(known().size())) << "each was applied by exactly one";
  ASSERT_OK(store().catalog().load());
}

TEST_P(MigrationsContract, SeveralProcessesApplyThemTogether) {
  std::vector<std::unique_ptr<Process>> replicas;
  for (int i = 0; i < 4; ++i)
    replicas.push_back(std::make_unique<Process>(Command{STORE_PEER, backend().location(), "migrate"}));
  for (auto& replica : replicas) EXPECT_EQ(replica->wait(), 0);
  EXPECT_EQ(*migrations().apply(), 0);
  ASSERT_OK(store().catalog().load());
}

TEST_P(MigrationsContract, ForeignTablesAreLeftAlone) {
  backend().sql("CREATE TABLE customers (id integer)");
  backend().sql("INSERT INTO customers VALUES (42)");
  expect_refused("it has tables, but not this program's record of migrations");
}

TEST_P(MigrationsContract, AnotherProgramsBookkeepingIsLeftAlone) {
  backend().sql("CREATE TABLE schema_migrations (version varchar(255) PRIMARY KEY)");
  expect_refused("it has tables, but not this program's record of migrations");
}

TEST_P(MigrationsContract, AnEmptiedRecordIsLeftAlone) {
  ASSERT_OK(migrations().apply());
  backend().sql("DELETE FROM schema_migrations");
  expect_refused("it has tables, but its record of migrations is empty");
}

TEST_P(MigrationsContract, AnAlteredChecksumIsRefused) {
  ASSERT_OK(migrations().apply());
  backend().sql("UPDATE schema_migrations SET checksum = 'something else' WHERE number = 1");
  expect_refused("migration 0001 (data_path) was applied with other contents than this program's");
}

TEST_P(MigrationsContract, ANewerSchemaIsServedWhenItSaysSo) {
  ASSERT_OK(migrations().apply());
  const int newest = static_cast<int>(known().size());
  backend().sql("INSERT INTO schema_migrations (number, name, checksum, compatible_with) VALUES (" +
                std::to_string(newest + 1) + ", 'from_the_future', 'x', " + std::to_string(newest) + ")");
  const auto status = migrations().status();
  ASSERT_OK(status);
  ASSERT_EQ(status->size(), known().size() + 1);
  EXPECT_EQ(status->back().name, "from_the_future");
  EXPECT_TRUE(status->back().applied);
  EXPECT_FALSE(status->back().known);
  EXPECT_EQ(*migrations().apply(), 0);
}

TEST_P(MigrationsContract, ANewerSchemaIsRefusedOtherwise) {
  ASSERT_OK(migrations().apply());
  const int newest = static_cast<int>(known().size());
  backend().sql(
      fmt::format("INSERT INTO schema_migrations (number, name, checksum, compatible_with) "
                  "VALUES ({0}, 'future', 'x', {0})",
                  newest + 1));
  expect_refused(
      fmt::format("migration {:04} (future) is newer than this program, which knows {:04}, and does "
                  "not declare itself compatible with it",
                  newest + 1, newest));
}

TEST_P(MigrationsContract, AGapInHistoryIsRefused) {
  ASSERT_OK(migrations().apply());
  const int beyond = static_cast<int>(known().size()) + 2;
  backend().sql(
      fmt::format("INSERT INTO schema_migrations (number, name, checksum, compatible_with) "
                  "VALUES ({}, 'future', 'x', 1)",
                  beyond));
  expect_refused(fmt::format("migration {:04} (future) is recorded without the one before it", beyond));
}

TEST_P(MigrationsContract, WhatWasThereBeforeAdministrationStaysAsItWas) {
  for (const auto& migration : known().first(3)) {
    backend().sql(std::string(migration.sql));
    backend().sql(
        fmt::format("INSERT INTO schema_migrations (number, name, checksum, compatible_with) "
                    "VALUES ({}, '{}', '{}', {})",
                    migration.number, migration.name, migration.checksum, migration.compatible_with));
  }
  const std::string time = GetParam() == "postgres" ? "'2025-01-01T00:00:00Z'" : "1735689600000000";
  const auto insert_model = [&](const std::string& name) {
    backend().sql(fmt::format(
        "INSERT INTO models (name, provider, upstream_model, enabled, managed_by, created_at, updated_at) "
        "VALUES ('{}', 'openai', 'other', '1', 'file', {}, {})",
        name, time, time));
  };
  insert_model("before");
  ASSERT_EQ(*migrations().apply(), static_cast<int>(known().size()) - 3);
  insert_model("by an older replica");
  const auto rows = store().catalog().load();
  ASSERT_OK(rows);
  ASSERT_EQ(rows->models.size(), 2U);
  for (const auto& model : rows->models) {
    EXPECT_TRUE(model.targets.empty());
    EXPECT_TRUE(model.enabled);
    EXPECT_EQ(model.upstream_model, "other");
    EXPECT_EQ(model.created_at, *core::parse_rfc3339("2025-01-01T00:00:00Z"));
  }
  EXPECT_LE(known()[3].compatible_with, 3) << "or the older replica could not have been running";
}

}  // namespace
}  // namespace relayna::test
