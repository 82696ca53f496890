#pragma once

#include <string>
#include <vector>

#include "relayna/telemetry/log.hpp"

#include "store/checks.hpp"
#include "store/sql.hpp"
#include "store/sqlite/connection.hpp"
#include "store/sqlite/row.hpp"

namespace relayna::store::sqlite {

template <class R>
std::string select_from(std::string_view rest) {
  std::string sql = "SELECT ";
  sql += sql::names(columns_of<R>());
  sql += " FROM ";
  sql += kTable<R>.name;
  sql += ' ';
  return sql += rest;
}

/// Every row, or the error that one cannot be read: for rows whose loss would open a door.
template <class R>
core::Result<std::vector<R>> read_all(Statement statement) {
  std::vector<R> rows;
  while (statement.step()) {
    RowReader reader(statement);
    fields(rows.emplace_back(), reader);
    if (!reader.unreadable.empty())
      return std::unexpected(unreadable(kTable<R>.name, statement.bytes(0), reader.unreadable));
  }
  return rows;
}

/// The rows this binary understands: a newer one may have stored a kind of provider or a route that this one
/// could not serve anyway.
template <class R>
std::vector<R> read_known(Statement statement) {
  std::vector<R> rows;
  while (statement.step()) {
    RowReader reader(statement);
    fields(rows.emplace_back(), reader);
    if (reader.unreadable.empty()) continue;
    rows.pop_back();
    telemetry::log("store")->warn(
        "left out: {}", unreadable(kTable<R>.name, statement.bytes(0), reader.unreadable).describe());
  }
  return rows;
}

}  // namespace relayna::store::sqlite
