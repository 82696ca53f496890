#include "store/page_sql.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "store/checks.hpp"

namespace relayna::store {

namespace {

using Test = Filter::Test;

core::Error caller_bug(std::string_view what, std::string_view column) {
  return core::Error(core::ErrorCode::internal_error, {}, fmt::format("{}: {}", what, column));
}

const Column* find_column(std::span<const Column> columns, std::string_view name) {
  const auto found = std::ranges::find(columns, name, &Column::name);
  return found == columns.end() ? nullptr : &*found;
}

/// Puts conditions and their parameters together.
class PageBuilder {
 public:
  PageBuilder(const sql::Dialect& dialect, const PageOrder& order) : dialect_(dialect), order_(order) {}

  core::Result<void> where(const Column& column, const Filter& filter);
  void after(const PagePosition& position);
  PageStatement finish(std::size_t limit);

 private:
  std::string unset(const Column& column, bool wanted);
  void add(const std::string& condition) {
    statement_.rest += fmt::format("{} ({})", conditions_++ == 0 ? "WHERE" : " AND", condition);
  }
  /// The next parameter.
  std::string parameter(Value value) {
    statement_.values.push_back(std::move(value));
    const std::string name = fmt::format("{}{}", dialect_.parameter, statement_.values.size());
    // Said explicitly where PostgreSQL would take a narrower type from the column beside it.
    return statement_.values.back().kind == ColumnKind::number ? fmt::format("CAST({} AS bigint)", name)
                                                               : name;
  }
  /// `column` as it is sorted and compared: texts by code points, in both databases.
  [[nodiscard]] std::string ordered(const Column& column) const {
    if (column.kind != ColumnKind::text) return std::string(column.name);
    return fmt::format("{} COLLATE {}", column.name, dialect_.by_code_point);
  }

  const sql::Dialect& dialect_;
  const PageOrder& order_;
  PageStatement statement_;
  int conditions_ = 0;
};

/// A column that cannot be NULL says otherwise that it is not set: a text is empty, a moment the first of
/// all.
std::string PageBuilder::unset(const Column& column, bool wanted) {
  const std::string_view comparison = wanted ? "=" : "<>";
  if (!column.nullable && column.kind == ColumnKind::text)
    return fmt::format("{} {} {}", column.name, comparison, parameter(Value::of(std::string())));
  if (!column.nullable && column.kind == ColumnKind::time)
    return fmt::format("{} {} {}", column.name, comparison, parameter(Value::of(core::SystemTime{})));
  return fmt::format("{} IS {}NULL", column.name, wanted ? "" : "NOT ");
}

core::Result<void> PageBuilder::where(const Column& column, const Filter& filter) {
  if (filter.test == Test::is_null || filter.test == Test::is_not_null) {
    add(unset(column, filter.test == Test::is_null));
    return {};
  }
  if (filter.test == Test::contains) {
    if (!storable(filter.value)) return std::unexpected(bad_text(column.name));
    // No LIKE: in a search, % and _ are characters like others.
    add(fmt::format("{}(lower(CAST({} AS text)), lower({})) > 0", dialect_.position, column.name,
                    parameter(Value::of(filter.value))));
    return {};
  }
  if (!comparable(column))
    return std::unexpected(caller_bug("a column that cannot be compared", column.name));
  auto value = parse_value(column, filter.value);
  if (!value) return std::unexpected(std::move(value.error()));
  const std::string_view comparison = filter.test == Test::equals  ? "="
                                      : filter.test == Test::below ? "<"
                                                                   : ">=";
  auto condition = fmt::format("{} {} {}", ordered(column), comparison, parameter(std::move(*value)));
  if (filter.test == Test::at_least_or_null) condition += fmt::format(" OR {} IS NULL", column.name);
  add(condition);
  return {};
}

void PageBuilder::after(const PagePosition& position) {
  const std::string sort = ordered(order_.sort);
  const std::string key = ordered(order_.key);
  const char beyond = order_.descending ? '<' : '>';
  if (order_.sort.name == order_.key.name)
    return add(fmt::format("{} {} {}", key, beyond, parameter(position.key)));
  if (!position.sorted)
    return add(
        fmt::format("{} IS NULL AND {} {} {}", order_.sort.name, key, beyond, parameter(position.key)));
  const std::string at = parameter(*position.sorted);
  const std::string id = parameter(position.key);
  // Compared as a pair, which an index can do.
  if (!order_.sort.nullable) return add(fmt::format("({}, {}) {} ({}, {})", sort, key, beyond, at, id));
  add(fmt::format("{0} {1} {2} OR ({0} = {2} AND {3} {1} {4}) OR {5} IS NULL", sort, beyond, at, key, id,
                  order_.sort.name));
}

PageStatement PageBuilder::finish(std::size_t limit) {
  const std::string_view direction = order_.descending ? "DESC" : "ASC";
  statement_.rest += fmt::format(" ORDER BY {} {}", ordered(order_.sort), direction);
  // Only where there may be some: PostgreSQL does not use an index for a position of NULLs it was not made
  // with.
  if (order_.sort.nullable) statement_.rest += " NULLS LAST";
  if (order_.sort.name != order_.key.name)
    statement_.rest += fmt::format(", {} {}", ordered(order_.key), direction);
  statement_.rest += " LIMIT " + parameter(Value::of(static_cast<std::int64_t>(limit) + 1));
  return std::move(statement_);
}

}  // namespace

std::size_t page_limit(const ListQuery& query) {
  return std::clamp<std::size_t>(query.limit, 1, 100'000);
}

core::Result<PageOrder> page_order(const Table& table, std::span<const Column> columns,
                                   const ListQuery& query) {
  const Column* key = find_column(columns, table.key);
  const Column* sort = find_column(columns, query.sort);
  if (sort == nullptr && query.sort == "created_at") sort = key;
  if (sort == nullptr || !comparable(*sort))
    return std::unexpected(caller_bug("no column to sort by", query.sort));
  return PageOrder{table, *sort, *key, query.descending};
}

core::Result<PageStatement> page_statement(const sql::Dialect& dialect, const PageOrder& order,
                                           std::span<const Column> columns, const ListQuery& query) {
  PageBuilder builder(dialect, order);
  for (const Filter& filter : query.where) {
    const Column* column = find_column(columns, filter.column);
    if (column == nullptr) return std::unexpected(caller_bug("no such column", filter.column));
    if (auto ok = builder.where(*column, filter); !ok) return std::unexpected(std::move(ok.error()));
  }
  if (!query.after.empty()) {
    const auto position = read_cursor(order, query.after);
    if (!position) return std::unexpected(position.error());
    builder.after(*position);
  }
  return builder.finish(page_limit(query));
}

}  // namespace relayna::store
