#include "control/api/memory_list.hpp"

#include <algorithm>
#include <tuple>

#include "relayna/core/encoding.hpp"

namespace relayna::control {

using json::Document;

namespace {

auto field_of(const std::vector<FieldInfo>& fields, const std::string& column) {
  return std::ranges::find(fields, column, [](const FieldInfo& field) { return field.listed.column; });
}

std::string text_of(const Document& value) {
  return value.is_string() ? value.get<std::string>() : json::dump(value);
}

bool meets_one(const Document& value, const store::Filter& filter) {
  using Test = store::Filter::Test;
  if (filter.test == Test::is_null) return value.is_null();
  if (filter.test == Test::is_not_null) return !value.is_null();
  if (value.is_null()) return false;
  if (filter.test == Test::contains)
    return core::to_lower(text_of(value)).contains(core::to_lower(filter.value));
  return filter.test == Test::equals && text_of(value) == filter.value;
}

void sort_rows(std::vector<Document>& rows, const store::ListQuery& query,
               const std::vector<FieldInfo>& fields) {
  const auto field = field_of(fields, query.sort);
  if (field == fields.end()) return;
  std::ranges::sort(rows, [&](const Document& one, const Document& other) {
    const auto& first = query.descending ? other : one;
    const auto& second = query.descending ? one : other;
    return std::tie(first[field->name], first["id"]) < std::tie(second[field->name], second["id"]);
  });
}

}  // namespace

bool meets(const Document& shown, const store::ListQuery& query, const std::vector<FieldInfo>& fields) {
  return std::ranges::all_of(query.where, [&](const store::Filter& filter) {
    const auto field = field_of(fields, filter.column);
    return field != fields.end() && meets_one(shown[field->name], filter);
  });
}

std::optional<Document> page_of(std::vector<Document> rows, const store::ListQuery& query,
                                const std::vector<FieldInfo>& fields) {
  sort_rows(rows, query, fields);
  if (!query.after.empty()) {
    const auto last =
        std::ranges::find_if(rows, [&](const Document& row) { return row["id"] == query.after; });
    if (last == rows.end()) return std::nullopt;
    rows.erase(rows.begin(), last + 1);
  }
  std::erase_if(rows, [&](const Document& row) { return !meets(row, query, fields); });
  const bool more = rows.size() > query.limit;
  if (more) rows.resize(query.limit);
  Document data = Document::array();
  for (auto& row : rows) data.push_back(std::move(row));
  const std::string next = more ? data.back()["id"].get<std::string>() : std::string();
  return page_document(std::move(data), next);
}

}  // namespace relayna::control
