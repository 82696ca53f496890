#include "store/sql.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace relayna::store::sql {

namespace {

/// Whether `name` is one of the comma-separated `list`.
bool listed(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const std::size_t comma = list.find(", ");
    if (list.substr(0, comma) == name) return true;
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 2);
  }
  return false;
}

bool stays(const Table& table, std::string_view name) {
  return name == table.key || name == "created_at";
}

void append(std::string& list, std::string_view item) {
  if (!list.empty()) list += ", ";
  list += item;
}

}  // namespace

std::string spelled(const Dialect& dialect, std::string_view statement) {
  std::string out(statement);
  std::ranges::replace(out, '$', dialect.parameter);
  return out;
}

std::string names(std::span<const Column> columns) {
  std::string out;
  for (const Column& column : columns) append(out, column.name);
  return out;
}

std::string parameters(const Dialect& dialect, std::size_t count) {
  std::string out;
  for (std::size_t i = 1; i <= count; ++i) append(out, fmt::format("{}{}", dialect.parameter, i));
  return out;
}

std::string insert(const Dialect& dialect, const Table& table, std::span<const Column> columns) {
  return fmt::format("INSERT INTO {} ({}) VALUES ({})", table.name, names(columns),
                     parameters(dialect, columns.size()));
}

std::string upsert(const Dialect& dialect, const Table& table, std::span<const Column> columns) {
  std::string sets;
  std::string now;
  std::string wanted;
  for (const auto& [name, kind, nullable] : columns) {
    if (stays(table, name) || listed(table.identity, name)) continue;
    append(sets, fmt::format("{0} = excluded.{0}", name));
    if (name == "updated_at") continue;
    append(now, fmt::format("{}.{}", table.name, name));
    append(wanted, fmt::format("excluded.{}", name));
  }
  return fmt::format("{} ON CONFLICT ({}) DO UPDATE SET {} WHERE ({}) {} ({}) RETURNING {}",
                     insert(dialect, table, columns), table.identity, sets, now, dialect.is_distinct, wanted,
                     table.key);
}

std::string update(const Dialect& dialect, const Table& table, std::span<const Column> columns) {
  std::string sets;
  std::string where;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string_view name = columns[i].name;
    const std::string assignment = fmt::format("{} = {}{}", name, dialect.parameter, i + 1);
    if (name == table.key) where = assignment;
    if (!stays(table, name)) append(sets, assignment);
    // Kept, but its parameter must occur: PostgreSQL gives an unmentioned one no type.
    if (name == "created_at")
      append(sets, fmt::format("{0} = coalesce({0}, {1}{2})", name, dialect.parameter, i + 1));
  }
  return fmt::format("UPDATE {} SET {} WHERE {}", table.name, sets, where);
}

}  // namespace relayna::store::sql
