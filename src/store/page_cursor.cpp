#include <algorithm>

#include "relayna/core/encoding.hpp"
#include "relayna/json/document.hpp"
#include "relayna/store/cursor.hpp"

#include "store/checks.hpp"
#include "store/page_sql.hpp"

namespace relayna::store {

namespace {

constexpr int kVersion = 1;
/// The year 10000: what no database can compare with was not ours.
constexpr std::int64_t kLatest = 253'402'300'800'000'000;

bool is_number(ColumnKind kind) {
  return kind == ColumnKind::flag || kind == ColumnKind::number || kind == ColumnKind::time;
}

json::Document write(const Value& value) {
  if (is_number(value.kind)) return value.number;
  return value.text;
}

std::optional<Value> read(const Column& column, const json::Document& written) {
  if (is_number(column.kind)) {
    if (!written.is_number_integer()) return std::nullopt;
    const Value value{column.kind, written.get<std::int64_t>(), {}};
    if (column.kind == ColumnKind::time && (value.number < -kLatest || value.number > kLatest))
      return std::nullopt;
    return value;
  }
  if (!written.is_string()) return std::nullopt;
  auto value = parse_value(column, written.get<std::string>());
  if (!value) return std::nullopt;
  return std::move(*value);
}

/// Base64 with the two characters and the padding that URLs have other uses for.
std::string to_base64url(std::string_view bytes) {
  std::string out = core::to_base64(bytes);
  std::erase(out, '=');
  std::ranges::replace(out, '+', '-');
  std::ranges::replace(out, '/', '_');
  return out;
}
std::optional<std::string> from_base64url(std::string_view text) {
  std::string padded(text);
  std::ranges::replace(padded, '-', '+');
  std::ranges::replace(padded, '_', '/');
  padded.append((4 - padded.size() % 4) % 4, '=');
  return core::from_base64(padded);
}

/// What a cursor is good for.
json::Document purpose(const PageOrder& order) {
  return {kVersion, order.table.name, order.sort.name, order.descending};
}

/// Purpose, sorted value, key.
std::optional<json::Document> parts_of(std::string_view cursor) {
  const auto bytes = from_base64url(cursor);
  if (!bytes) return std::nullopt;
  auto written = json::parse(*bytes);
  if (!written || !written->is_array() || written->size() != 3) return std::nullopt;
  return std::move(*written);
}

std::optional<PagePosition> parse(const PageOrder& order, std::string_view cursor) {
  const auto written = parts_of(cursor);
  if (!written || (*written)[0] != purpose(order)) return std::nullopt;
  PagePosition position;
  if (const auto& sorted = (*written)[1]; !sorted.is_null() || !order.sort.nullable) {
    position.sorted = read(order.sort, sorted);
    if (!position.sorted) return std::nullopt;
  }
  auto key = read(order.key, (*written)[2]);
  if (!key) return std::nullopt;
  position.key = std::move(*key);
  return position;
}

}  // namespace

bool well_formed_cursor(std::string_view text) {
  return parts_of(text).has_value();
}

std::string write_cursor(const PageOrder& order, const PagePosition& position) {
  json::Document sorted;
  if (position.sorted) sorted = write(*position.sorted);
  return to_base64url(json::dump({purpose(order), sorted, write(position.key)}));
}

core::Result<PagePosition> read_cursor(const PageOrder& order, std::string_view cursor) {
  auto position = parse(order, cursor);
  if (!position)
    return std::unexpected(
        core::Error(core::ErrorCode::invalid_request,
                    "cursor is not one that a page of this list, in this order, ended with")
            .with_param("cursor"));
  return std::move(*position);
}

}  // namespace relayna::store
