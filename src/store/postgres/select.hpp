#pragma once

#include <string>
#include <vector>

#include "relayna/telemetry/log.hpp"

#include "store/checks.hpp"
#include "store/postgres/connection.hpp"
#include "store/postgres/row.hpp"

namespace relayna::store::postgres {

template <class R>
std::string select_from(std::string_view rest) {
  std::string sql = "SELECT ";
  sql += select_list<R>();
  sql += " FROM ";
  sql += kTable<R>.name;
  sql += ' ';
  return sql += rest;
}

/// Every row, or the error that one cannot be read: for rows whose loss would open a door.
template <class R>
core::Result<std::vector<R>> read_all(const pqxx::result& result) {
  std::vector<R> rows;
  rows.reserve(result.size());
  for (const auto& row : result) {
    RowReader reader(row);
    fields(rows.emplace_back(), reader);
    if (!reader.unreadable.empty())
      return std::unexpected(unreadable(kTable<R>.name, row[0].c_str(), reader.unreadable));
  }
  return rows;
}

/// The rows this binary understands: a newer one may have stored a kind of provider or a route that this one
/// could not serve anyway.
template <class R>
std::vector<R> read_known(const pqxx::result& result) {
  std::vector<R> rows;
  rows.reserve(result.size());
  for (const auto& row : result) {
    RowReader reader(row);
    fields(rows.emplace_back(), reader);
    if (reader.unreadable.empty()) continue;
    rows.pop_back();
    telemetry::log("store")->warn("left out: {}",
                                  unreadable(kTable<R>.name, row[0].c_str(), reader.unreadable).describe());
  }
  return rows;
}

}  // namespace relayna::store::postgres
