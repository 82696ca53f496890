#include "store/value.hpp"

#include <charconv>

#include <fmt/format.h>

#include "store/checks.hpp"

namespace relayna::store {

namespace {

core::Error not_a(std::string_view what, const Column& column) {
  return core::Error(core::ErrorCode::invalid_request,
                     fmt::format("{} must be compared with {}", column.name, what))
      .with_param(std::string(column.name));
}

core::Result<Value> parse_flag(const Column& column, std::string_view text) {
  if (text != "true" && text != "false") return std::unexpected(not_a("true or false", column));
  return Value{ColumnKind::flag, text == "true" ? 1 : 0, {}};
}

core::Result<Value> parse_number(const Column& column, std::string_view text) {
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size())
    return std::unexpected(not_a("a whole number", column));
  return Value::of(number);
}

core::Result<Value> parse_time(const Column& column, std::string_view text) {
  const auto time = core::parse_rfc3339(text);
  if (!time) return std::unexpected(not_a("a time like 2025-01-31T12:00:00Z", column));
  return Value::of(*time);
}

}  // namespace

core::Result<Value> parse_value(const Column& column, std::string_view text) {
  switch (column.kind) {
    case ColumnKind::id: {
      auto id = canonical_id(text);
      if (!id) return std::unexpected(bad_id(column.name));
      return Value::of_id(std::move(*id));
    }
    case ColumnKind::flag:
      return parse_flag(column, text);
    case ColumnKind::number:
      return parse_number(column, text);
    case ColumnKind::time:
      return parse_time(column, text);
    default:
      if (!storable(text)) return std::unexpected(bad_text(column.name));
      return Value::of(std::string(text));
  }
}

bool comparable(const Column& column) {
  return column.kind != ColumnKind::digest && column.kind != ColumnKind::policy &&
         column.kind != ColumnKind::json;
}

}  // namespace relayna::store
