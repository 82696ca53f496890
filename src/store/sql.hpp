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
  char parameter;                ///< `$1` or `?1`
  std::string_view is_distinct;  ///< null-safe inequality of row values
};
inline constexpr Dialect kPostgres{'$', "IS DISTINCT FROM"};
inline constexpr Dialect kSqlite{'?', "IS NOT"};

/// `a, b, c`
std::string names(std::span<const Column> columns);
/// `$1, $2, $3`
std::string parameters(const Dialect& dialect, std::size_t count);
std::string insert(const Dialect& dialect, const Table& table, std::span<const Column> columns);
/// Inserts, or overwrites what may change of the row with the same identity; id and created_at stay. Returns
/// the row's notice id, or no row when nothing but updated_at would have changed.
std::string upsert(const Dialect& dialect, const Table& table, std::span<const Column> columns);
/// `UPDATE … SET …` of everything but id and created_at, by id; parameters as for insert.
std::string update(const Dialect& dialect, const Table& table, std::span<const Column> columns);

}  // namespace relayna::store::sql
