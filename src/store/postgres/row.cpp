#include "store/postgres/row.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "store/postgres/params.hpp"

namespace relayna::store::postgres {

std::string time_text(core::SystemTime time) {
  return core::to_rfc3339(time);
}
std::string digest_text(const core::Digest& digest) {
  return "\\x" + core::to_hex(digest);
}

std::string select_list(std::span<const Column> columns) {
  std::string out;
  for (const auto& [name, kind, nullable] : columns) {
    if (!out.empty()) out += ", ";
    switch (kind) {
      case ColumnKind::time:  // whole microseconds: extract() is exact, unlike the text format independent of
                              // settings
        out += fmt::format("(extract(epoch FROM {}) * 1000000)::bigint", name);
        break;
      case ColumnKind::digest:
        out += fmt::format("encode({}, 'hex')", name);
        break;
      case ColumnKind::policy:
      case ColumnKind::json:
        out += fmt::format("{}::text", name);
        break;
      default:
        out += name;
    }
  }
  return out;
}

std::int64_t RowReader::integer(std::string_view name, const pqxx::field& field) {
  std::int64_t value = 0;
  const std::string_view digits = view(field);
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (problem != std::errc() || end != digits.data() + digits.size()) note(name);
  return value;
}

void RowReader::number_or_null(std::string_view name, std::optional<std::int64_t>& out) {
  const auto field = next();
  out = field.is_null() ? std::nullopt : std::optional(integer(name, field));
}

void RowReader::time(std::string_view name, core::SystemTime& out) {
  out = core::SystemTime(std::chrono::microseconds(integer(name, next())));
}

void RowReader::time_or_null(std::string_view name, std::optional<core::SystemTime>& out) {
  const auto field = next();
  out.reset();
  if (!field.is_null()) out.emplace(std::chrono::microseconds(integer(name, field)));
}

void RowReader::read_digest(std::string_view name, const pqxx::field& field, core::Digest& out) {
  const auto bytes = core::from_hex(view(field));
  if (!bytes || bytes->size() != out.size()) return note(name);
  std::ranges::copy(*bytes, out.begin());
}

void RowReader::digest(std::string_view name, core::Digest& out) {
  read_digest(name, next(), out);
}

void RowReader::digest_or_null(std::string_view name, std::optional<core::Digest>& out) {
  const auto field = next();
  out.reset();
  if (!field.is_null()) read_digest(name, field, out.emplace());
}

void RowReader::policy(std::string_view name, domain::Policy& out) {
  auto policy = domain::policy_from_json(view(next()));
  if (policy)
    out = std::move(*policy);
  else
    note(name);
}

}  // namespace relayna::store::postgres
