#pragma once

#include <span>
#include <string>
#include <vector>

#include "relayna/store/administration.hpp"

#include "store/sql.hpp"
#include "store/value.hpp"

// One page of a list as SQL. Pages are cut by position (the sorted column's value and the key of the last row
// shown), not by number, so that rows which come or go between two pages move nothing else.

namespace relayna::store {

/// How a list is sorted, found out once per query.
struct PageOrder {
  const Table& table;
  Column sort;
  Column key;  ///< the same as `sort` when rows are sorted by their key
  bool descending = false;
};
/// internal_error for a column that does not exist or has no order. Rows without created_at are in the order
/// of their key when that is asked for.
core::Result<PageOrder> page_order(const Table& table, std::span<const Column> columns,
                                   const ListQuery& query);

/// How many rows a page has at most: what the query says, within reason.
std::size_t page_limit(const ListQuery& query);

/// What follows `SELECT … FROM table`, and its parameters. Asks for one row more than the page has.
struct PageStatement {
  std::string rest;
  std::vector<Value> values;
};
core::Result<PageStatement> page_statement(const sql::Dialect& dialect, const PageOrder& order,
                                           std::span<const Column> columns, const ListQuery& query);

/// Where a page ended.
struct PagePosition {
  std::optional<Value> sorted;  ///< unset: NULL
  Value key;
};
/// Opaque to callers, safe in URLs, good for this order of this table only.
std::string write_cursor(const PageOrder& order, const PagePosition& position);
/// invalid_request with `param` = `cursor` for anything write_cursor did not write for the same order.
core::Result<PagePosition> read_cursor(const PageOrder& order, std::string_view cursor);

}  // namespace relayna::store
