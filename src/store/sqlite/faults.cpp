#include "store/sqlite/faults.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include "store/checks.hpp"
#include "store/migration_history.hpp"

namespace relayna::store::sqlite {

namespace {

using core::ErrorCode;

/// `scope_id` of "UNIQUE constraint failed: policy_layers.kind, policy_layers.scope_id".
std::string_view last_column(std::string_view message) {
  const std::size_t dot = message.rfind('.');
  return dot == std::string_view::npos ? "id" : message.substr(dot + 1);
}

std::string_view after_colon(std::string_view message) {
  const std::size_t colon = message.rfind(": ");
  return colon == std::string_view::npos ? "a constraint" : message.substr(colon + 2);
}

core::Error away(const Failure& failure) {
  return core::Error(ErrorCode::store_unavailable, {},
                     fmt::format("SQLite {}: {}", failure.code(), sqlite3_errstr(failure.code())));
}

Fault constraint(const Failure& failure, std::string_view reference) {
  switch (failure.code()) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return {taken(last_column(failure.message()))};
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return {dangling(reference.empty() ? "reference" : reference)};
    case SQLITE_CONSTRAINT_CHECK:
      return {core::Error(ErrorCode::invalid_request,
                          fmt::format("not allowed by {}", after_colon(failure.message())))};
    default:
      return {core::Error(ErrorCode::invalid_request, {}, fmt::format("SQLite {}", failure.code()))};
  }
}

}  // namespace

Fault classify(const Failure& failure, std::string_view reference) {
  const std::string_view message = failure.message();
  switch (failure.code() & 0xff) {
    case SQLITE_CONSTRAINT:
      return constraint(failure, reference);
    case SQLITE_ERROR:
      if (message.starts_with("no such table") || message.starts_with("no such column") ||
          message.contains("has no column named"))
        return {core::Error(ErrorCode::migrations_pending,
                            "the database's schema is missing or older than this program")};
      return {core::Error(ErrorCode::internal_error, {}, std::string(message))};
    case SQLITE_NOTADB:
      return {reset_required("the file is not a SQLite database"), true};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_SCHEMA:
    case SQLITE_NOMEM:
      return {away(failure)};
    case SQLITE_INTERRUPT:
      return {took_too_long("SQLite interrupted it")};
    case SQLITE_FULL:  // disk
    case SQLITE_READONLY:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_CORRUPT:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_PROTOCOL:
      return {away(failure), true};
    default:
      return {core::Error(ErrorCode::internal_error, {},
                          fmt::format("SQLite {}: {}", failure.code(), sqlite3_errstr(failure.code())))};
  }
}

}  // namespace relayna::store::sqlite
