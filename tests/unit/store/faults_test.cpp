#include "store/postgres/faults.hpp"

#include <regex>

#include <gtest/gtest.h>
#include <pqxx/except>
#include <sqlite3.h>

#include "store/migration.hpp"
#include "store/sqlite/faults.hpp"

namespace relayna::store {
namespace {

using core::ErrorCode;

template <class E>
postgres::Fault classified(const E& exception) {
  return postgres::classify(std::make_exception_ptr(exception));
}

TEST(PostgresFaultTable, SqlStates) {
  struct Case {
    std::string_view state;
    ErrorCode code;
    bool lost;
    bool rolled_back;
  };
  for (const auto& [state, code, lost, rolled_back] : {
           Case{"23505", ErrorCode::conflict, false, false},
           Case{"23503", ErrorCode::invalid_request, false, false},
           Case{"23514", ErrorCode::invalid_request, false, false},
           Case{"23502", ErrorCode::invalid_request, false, false},
           Case{"22P02", ErrorCode::invalid_request, false, false},
           Case{"40001", ErrorCode::store_unavailable, false, true},
           Case{"40P01", ErrorCode::store_unavailable, false, true},
           Case{"57014", ErrorCode::store_unavailable, false, false},
           Case{"57P01", ErrorCode::store_unavailable, true, false},
           Case{"57P03", ErrorCode::store_unavailable, true, false},
           Case{"08006", ErrorCode::store_unavailable, true, false},
           Case{"53300", ErrorCode::store_unavailable, false, false},
           Case{"53100", ErrorCode::store_unavailable, false, false},
           Case{"55P03", ErrorCode::store_unavailable, false, false},
           Case{"25006", ErrorCode::store_unavailable, true, false},
           Case{"28P01", ErrorCode::store_unavailable, false, false},
           Case{"3D000", ErrorCode::store_unavailable, false, false},
           Case{"42501", ErrorCode::store_unavailable, false, false},
           Case{"42P01", ErrorCode::migrations_pending, false, false},
           Case{"42703", ErrorCode::migrations_pending, false, false},
           Case{"0A000", ErrorCode::store_unavailable, true, true},
           Case{"42601", ErrorCode::internal_error, false, false},
       }) {
    const auto fault = postgres::fault_of_state(state, "");
    EXPECT_EQ(fault.error.code, code) << state;
    EXPECT_EQ(fault.connection_lost, lost) << state;
    EXPECT_EQ(fault.rolled_back, rolled_back) << state;
    EXPECT_NE(fault.error.detail.find(state), std::string::npos) << fault.error.describe();
  }
}

TEST(PostgresFaultTable, Exceptions) {
  EXPECT_TRUE(classified(pqxx::broken_connection("gone\nsecond line")).connection_lost);
  EXPECT_EQ(classified(pqxx::broken_connection("gone\nsecond line")).error.detail, "gone");
  EXPECT_TRUE(classified(pqxx::deadlock_detected("x")).rolled_back);
  EXPECT_TRUE(classified(pqxx::serialization_failure("x")).rolled_back);
  EXPECT_FALSE(classified(pqxx::statement_completion_unknown("x")).rolled_back);
  EXPECT_NE(classified(pqxx::in_doubt_error("x")).error.detail.find("unknown"), std::string::npos);
  EXPECT_TRUE(classified(pqxx::sql_error("no state")).connection_lost);
  EXPECT_EQ(classified(std::runtime_error("a bug")).error.code, ErrorCode::internal_error);
}

TEST(PostgresFaultTable, NeverShowsAValue) {
  const std::string message = "FEHLER:  ungültige Eingabe »hunter2«\nDETAIL:  Key (name)=(hunter2)";
  for (const char* state : {"22P02", "23505", "23503", "23502", "57014", "42601"}) {
    const auto fault = classified(pqxx::sql_error(message, "SELECT 'hunter2'", state));
    EXPECT_EQ(fault.error.describe().find("hunter2"), std::string::npos) << fault.error.describe();
  }
}

TEST(PostgresFaultTable, NamesTheFieldInAnyLanguage) {
  const auto fault = postgres::fault_of_state(
      "23505", "FEHLER:  doppelter Schlüsselwert verletzt Unique-Constraint »keys_name_unique«");
  EXPECT_EQ(fault.error.param, "name");
  EXPECT_EQ(postgres::fault_of_state("23505", "... \"teams_pkey\"").error.param, "id");
  EXPECT_EQ(postgres::fault_of_state("23514", "FEHLER:  »keys« verletzt »keys_name_length«").error.message,
            "not allowed by keys_name_length");
}

/// Names of constraints and unique indexes in a migration, by their ending.
std::vector<std::string> constraints(std::string_view sql, const std::string& endings) {
  std::vector<std::string> names;
  const std::string text(sql);
  const std::regex pattern("\\b[a-z_]+_(" + endings + ")\\b");
  for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it)
    names.push_back(it->str());
  return names;
}

TEST(PostgresFaultTable, KnowsEveryConstraintOfTheSchema) {
  std::size_t seen = 0;
  for (const Migration& migration : postgres_migrations()) {
    for (const std::string& name : constraints(migration.sql, "unique")) {
      EXPECT_NE(postgres::fault_of_state("23505", name).error.param, "reference") << name;
      ++seen;
    }
    for (const std::string& name : constraints(migration.sql, "fkey")) {
      EXPECT_NE(postgres::fault_of_state("23503", name).error.param, "reference") << name;
      ++seen;
    }
  }
  EXPECT_GE(seen, 15U);
}

TEST(SqliteFaultTable, ResultCodes) {
  const auto code = [](int result, const char* message = "") {
    return sqlite::classify(sqlite::Failure(result, message), "team_id").error.code;
  };
  EXPECT_EQ(code(SQLITE_FULL), ErrorCode::store_unavailable);
  EXPECT_EQ(code(SQLITE_READONLY), ErrorCode::store_unavailable);
  EXPECT_EQ(code(SQLITE_READONLY_DBMOVED), ErrorCode::store_unavailable);
  EXPECT_EQ(code(SQLITE_IOERR_WRITE), ErrorCode::store_unavailable);
  EXPECT_EQ(code(SQLITE_CANTOPEN), ErrorCode::store_unavailable);
  EXPECT_EQ(code(SQLITE_BUSY_SNAPSHOT), ErrorCode::store_unavailable);
  EXPECT_EQ(code(SQLITE_CORRUPT), ErrorCode::store_unavailable);
  EXPECT_EQ(code(SQLITE_NOTADB), ErrorCode::database_reset_required);
  EXPECT_EQ(code(SQLITE_ERROR, "no such table: keys"), ErrorCode::migrations_pending);
  EXPECT_EQ(code(SQLITE_ERROR, "no such column: colour"), ErrorCode::migrations_pending);
  EXPECT_EQ(code(SQLITE_ERROR, "near \"x\": syntax error"), ErrorCode::internal_error);
  EXPECT_EQ(code(SQLITE_CONSTRAINT_CHECK, "CHECK constraint failed: keys_name_length"),
            ErrorCode::invalid_request);
  EXPECT_EQ(code(SQLITE_MISUSE), ErrorCode::internal_error);
}

TEST(SqliteFaultTable, NamesTheField) {
  const auto error = [](int result, const char* message) {
    return sqlite::classify(sqlite::Failure(result, message), "team_id").error;
  };
  EXPECT_EQ(error(SQLITE_CONSTRAINT_UNIQUE, "UNIQUE constraint failed: keys.name").param, "name");
  EXPECT_EQ(
      error(SQLITE_CONSTRAINT_UNIQUE, "UNIQUE constraint failed: policy_layers.kind, policy_layers.scope_id")
          .param,
      "scope_id");
  EXPECT_EQ(error(SQLITE_CONSTRAINT_PRIMARYKEY, "UNIQUE constraint failed: teams.id").param, "id");
  EXPECT_EQ(error(SQLITE_CONSTRAINT_FOREIGNKEY, "FOREIGN KEY constraint failed").param, "team_id");
  EXPECT_EQ(error(SQLITE_CONSTRAINT_CHECK, "CHECK constraint failed: keys_name_length").message,
            "not allowed by keys_name_length");
}

TEST(SqliteFaultTable, SaysWhatTheDiskDid) {
  const auto full = sqlite::classify(sqlite::Failure(SQLITE_FULL, ""), "");
  EXPECT_NE(full.error.detail.find("full"), std::string::npos) << full.error.detail;
  EXPECT_TRUE(full.reopen);
}

}  // namespace
}  // namespace relayna::store
