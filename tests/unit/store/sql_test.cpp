#include "store/sql.hpp"

#include <gtest/gtest.h>

namespace relayna::store {
namespace {

TEST(Sql, InsertNamesEveryColumn) {
  EXPECT_EQ(sql::insert(sql::kPostgres, kTable<domain::Team>, columns_of<domain::Team>()),
            "INSERT INTO teams (id, name, managed_by, disabled, created_at, updated_at) VALUES ($1, $2, $3, "
            "$4, $5, $6)");
}

TEST(Sql, UpsertKeepsIdentityIdAndCreationAndIgnoresAMereTimestamp) {
  EXPECT_EQ(
      sql::upsert(sql::kSqlite, kTable<domain::Team>, columns_of<domain::Team>()),
      "INSERT INTO teams (id, name, managed_by, disabled, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, "
      "?5, ?6) "
      "ON CONFLICT (name) DO UPDATE SET managed_by = excluded.managed_by, disabled = excluded.disabled, "
      "updated_at = excluded.updated_at WHERE (teams.managed_by, teams.disabled) IS NOT "
      "(excluded.managed_by, excluded.disabled) RETURNING id");
}

TEST(Sql, UpsertWithAnIdentityOfTwoColumns) {
  const auto text =
      sql::upsert(sql::kPostgres, kTable<CredentialMappingRow>, columns_of<CredentialMappingRow>());
  EXPECT_NE(
      text.find(
          "ON CONFLICT (scope, target_id) DO UPDATE SET enabled = excluded.enabled, sealed_credential = "
          "excluded.sealed_credential WHERE"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find("IS DISTINCT FROM"), std::string::npos) << text;
}

TEST(Sql, UpdateMentionsEveryParameterOnce) {
  EXPECT_EQ(
      sql::update(sql::kPostgres, kTable<domain::Team>, columns_of<domain::Team>()),
      "UPDATE teams SET name = $2, managed_by = $3, disabled = $4, created_at = coalesce(created_at, $5), "
      "updated_at = $6 WHERE id = $1");
}

}  // namespace
}  // namespace relayna::store
