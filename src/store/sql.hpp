#pragma once

#include <span>
#include <string>
#include <string_view>

#include "store/columns.hpp"
#include "store/tables.hpp"

// The statements that follow from a table's columns. What is particular stands where it is used.

namespace relayna::store::sql {

/// Where the two databases spell the same thing differently.
struct Dialect {
  char parameter;                  ///< `$1` or `?1`
  std::string_view is_distinct;    ///< null-safe inequality of row values
  std::string_view by_code_point;  ///< the collation
  std::string_view position;       ///< function: where a text is found in another, from 1
  std::string_view locked;         ///< after a SELECT: the rows stay as they are until the transaction ends
};
inline constexpr Dialect kPostgres{'$', "IS DISTINCT FROM", "\"C\"", "strpos", " FOR UPDATE"};
inline constexpr Dialect kSqlite{'?', "IS NOT", "BINARY", "instr", ""};

/// A statement both databases take, its parameters written `$1`.
std::string spelled(const Dialect& dialect, std::string_view statement);

/// `a, b, c`
std::string names(std::span<const Column> columns);
/// `$1, $2, $3`
std::string parameters(const Dialect& dialect, std::size_t count);
std::string insert(const Dialect& dialect, const Table& table, std::span<const Column> columns);
/// Inserts, or overwrites what may change of the row with the same identity; id and created_at stay. Returns
/// the row's key, or no row when nothing but updated_at would have changed.
std::string upsert(const Dialect& dialect, const Table& table, std::span<const Column> columns);
/// `UPDATE … SET …` of everything but key and created_at, by key; parameters as for insert.
std::string update(const Dialect& dialect, const Table& table, std::span<const Column> columns);

}  // namespace relayna::store::sql
