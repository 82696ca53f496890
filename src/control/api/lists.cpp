#include "control/api/lists.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "relayna/core/encoding.hpp"

namespace relayna::control {

using json::Document;

namespace {

bool is_moment(const FieldInfo& field) {
  return field.schema.contains("format") && field.schema["format"] == "date-time";
}
bool may_be_null(const FieldInfo& field) {
  return field.schema.contains("type") && field.schema["type"].is_array();
}

std::string sortable_names(const std::vector<FieldInfo>& fields) {
  std::string names;
  for (const auto& field : fields) {
    if (field.listed.sort) names.append(names.empty() ? "" : ", ").append(field.name);
  }
  return names;
}

void read_sort(Call& call, const std::vector<FieldInfo>& fields, store::ListQuery& query) {
  const auto first = std::ranges::find_if(fields, [](const FieldInfo& field) { return field.listed.sort; });
  if (first == fields.end()) {  // ids tell the time, too
    query.sort = "created_at";
    query.descending = true;
    return;
  }
  const auto given = call.query.take("sort");
  if (!given) {
    // Newest first where there is a moment of creation, else in the order of the first sortable field.
    const auto created = std::ranges::find(fields, "created_at", &FieldInfo::name);
    const bool newest = created != fields.end() && created->listed.sort;
    query.sort = newest ? "created_at" : first->listed.column;
    query.descending = newest;
    return;
  }
  query.descending = given->starts_with('-');
  const auto name = std::string_view(*given).substr(query.descending ? 1 : 0);
  const auto field = std::ranges::find_if(
      fields, [&](const FieldInfo& candidate) { return candidate.name == name && candidate.listed.sort; });
  if (field == fields.end()) {
    call.problems.add(
        "sort", fmt::format("must be one of {}, with `-` before it for the reverse", sortable_names(fields)));
  } else {
    query.sort = field->listed.column;
  }
}

std::string filter_names(const FieldInfo& field) {
  std::string names;
  for (const auto& value : field.filter_values) names.append(names.empty() ? "" : ", ").append(value.name);
  return names;
}

void read_named_conditions(Call& call, const FieldInfo& field, store::ListQuery& query) {
  const auto given = call.query.take(field.name);
  if (!given) return;
  const auto meant = std::ranges::find(field.filter_values, *given, &FilterValue::name);
  if (meant == field.filter_values.end())
    return call.problems.add(field.name, "must be one of " + filter_names(field));
  for (auto& condition : meant->conditions(call.now)) query.where.push_back(std::move(condition));
}

void read_conditions(Call& call, const FieldInfo& field, store::ListQuery& query) {
  using Test = store::Filter::Test;
  if (auto value = call.query.take(field.name)) {
    const bool null = *value == "null" && may_be_null(field);
    query.where.push_back(
        {field.listed.column, null ? Test::is_null : Test::equals, null ? "" : std::move(*value)});
  }
  if (!is_moment(field)) return;
  if (auto from = call.query.take(field.name + "_from"))
    query.where.push_back({field.listed.column, Test::at_least, *from});
  if (auto to = call.query.take(field.name + "_to"))
    query.where.push_back({field.listed.column, Test::below, *to});
}

}  // namespace

store::ListQuery read_list_query(Call& call, const std::vector<FieldInfo>& fields,
                                 const std::string& search) {
  store::ListQuery query;
  query.limit =
      static_cast<std::size_t>(call.query.take_number("limit", 1, kMostPage, kDefaultPage, call.problems));
  query.after = call.query.take("cursor").value_or("");
  read_sort(call, fields, query);
  if (!search.empty()) {
    if (auto part = call.query.take("q"))
      query.where.push_back({search, store::Filter::Test::contains, std::move(*part)});
  }
  for (const auto& field : fields) {
    if (!field.filter_values.empty()) read_named_conditions(call, field, query);
    if (!field.listed.column.empty() && field.listed.filter) read_conditions(call, field, query);
  }
  return query;
}

std::vector<Parameter> list_parameters(const std::vector<FieldInfo>& fields, const std::string& search) {
  std::vector<Parameter> all{
      {"limit",
       {{"type", "integer"}, {"minimum", 1}, {"maximum", kMostPage}, {"default", kDefaultPage}},
       "Rows per page."},
      {"cursor", {{"type", "string"}}, "`next_cursor` of the page before."}};
  if (const auto names = sortable_names(fields); !names.empty())
    all.push_back({"sort", {{"type", "string"}}, "Order: " + names + "; `-` before it for the reverse."});
  if (!search.empty()) all.push_back({"q", {{"type", "string"}}, "Part of `" + search + "`, in any case."});
  for (const auto& field : fields) {
    if (!field.filter_values.empty()) {
      Document names = Document::array();
      for (const auto& value : field.filter_values) names.push_back(value.name);
      all.push_back({field.name, {{"type", "string"}, {"enum", std::move(names)}}, "Only these."});
    }
    if (field.listed.column.empty() || !field.listed.filter) continue;
    all.push_back({field.name,
                   {{"type", "string"}},
                   may_be_null(field) ? "Only these; `null` for unset." : "Only these."});
    if (!is_moment(field)) continue;
    all.push_back(
        {field.name + "_from", {{"type", "string"}, {"format", "date-time"}}, "At this moment or later."});
    all.push_back({field.name + "_to", {{"type", "string"}, {"format", "date-time"}}, "Before this moment."});
  }
  return all;
}

bool meets(const json::Document& shown, const store::ListQuery& query, const std::vector<FieldInfo>& fields) {
  using Test = store::Filter::Test;
  return std::ranges::all_of(query.where, [&](const store::Filter& filter) {
    const auto field = std::ranges::find(fields, filter.column, [](const FieldInfo& f) { return f.listed.column; });
    if (field == fields.end()) return false;
    const auto& value = shown[field->name];
    if (filter.test == Test::is_null) return value.is_null();
    if (filter.test == Test::is_not_null) return !value.is_null();
    if (value.is_null()) return false;
    const std::string text = value.is_string() ? value.get<std::string>() : json::dump(value);
    if (filter.test == Test::contains) return core::to_lower(text).contains(core::to_lower(filter.value));
    return filter.test == Test::equals && text == filter.value;
  });
}

core::Error in_terms_of_fields(core::Error error, const std::vector<FieldInfo>& fields) {
  const auto field =
      std::ranges::find_if(fields, [&](const FieldInfo& f) { return f.listed.column == error.param; });
  if (!error.param.empty() && field != fields.end()) error.param = field->name;
  return error;
}

Document page_document(Document data, const std::string& next) {
  return {{"data", std::move(data)}, {"next_cursor", next.empty() ? Document() : Document(next)}};
}

Document page_schema(const std::string& item) {
  return {{"type", "object"},
          {"required", {"data", "next_cursor"}},
          {"additionalProperties", false},
          {"properties",
           {{"data", {{"type", "array"}, {"items", {{"$ref", "#/components/schemas/" + item}}}}},
            {"next_cursor", {{"type", Document::array({"string", "null"})}}}}}};
}

}  // namespace relayna::control
