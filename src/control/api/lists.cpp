#include "control/api/lists.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "relayna/store/cursor.hpp"

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

void read_named_conditions(Call& call, const FieldInfo& field, store::ListQuery& query) {
  const auto given = call.query.take(field.name);
  if (!given) return;
  const auto meant = std::ranges::find(field.filter_values, *given, &FilterValue::name);
  if (meant == field.filter_values.end()) return;  // check_query has told
  for (auto& condition : meant->conditions(call.now)) query.where.push_back(std::move(condition));
}

void read_moment(Call& call, const FieldInfo& field, std::string_view suffix, store::Filter::Test test,
                 store::ListQuery& query) {
  if (const auto moment = call.query.take_moment(field.name + std::string(suffix), call.problems))
    query.where.push_back({field.listed.column, test, core::to_rfc3339(*moment)});
}

void read_conditions(Call& call, const FieldInfo& field, store::ListQuery& query) {
  using Test = store::Filter::Test;
  auto value = call.query.take(field.name);
  if (value == "null" && may_be_null(field)) {
    query.where.push_back({field.listed.column, Test::is_null, {}});
  } else if (is_moment(field)) {
    read_moment(call, field, "", Test::equals, query);
  } else if (value) {
    query.where.push_back({field.listed.column, Test::equals, std::move(*value)});
  }
  if (!is_moment(field)) return;
  read_moment(call, field, "_from", Test::at_least, query);
  read_moment(call, field, "_to", Test::below, query);
}

Document one_of(const std::vector<std::string>& names) {
  return {{"type", "string"}, {"enum", names}};
}

/// What a condition on the field may say, as far as the field itself says what it may be.
Document condition_schema(const FieldInfo& field) {
  const bool nullable = may_be_null(field);
  Document schema{
      {"type", nullable ? field.schema["type"][0] : field.schema.value("type", Document("string"))}};
  if (schema["type"] == "integer" || schema["type"] == "boolean") return schema;
  for (const char* says : {"enum", "format"}) {
    if (field.schema.contains(says)) schema[says] = field.schema[says];
  }
  if (schema.size() == 1 || !nullable) return schema;
  return {{"type", "string"}, {"anyOf", Document::array({std::move(schema), one_of({"null"})})}};
}

void add_conditions(const FieldInfo& field, std::vector<Parameter>& all) {
  const bool nullable = may_be_null(field);
  all.push_back(
      {field.name, condition_schema(field), nullable ? "Only these; `null` for unset." : "Only these."});
  if (!is_moment(field)) return;
  const Document moment{{"type", "string"}, {"format", "date-time"}};
  all.push_back({field.name + "_from", moment, "At this moment or later; a date is its midnight in UTC."});
  all.push_back({field.name + "_to", moment, "Before this moment."});
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

std::vector<Parameter> list_parameters(const std::vector<FieldInfo>& fields, const std::string& search,
                                       const ValuesOfFields& values) {
  std::vector<Parameter> all{
      {"limit",
       {{"type", "integer"}, {"minimum", 1}, {"maximum", kMostPage}, {"default", kDefaultPage}},
       "Rows per page."},
      {"cursor", {{"type", "string"}}, "`next_cursor` of the page before."}};
  if (const auto names = sortable_names(fields); !names.empty())
    all.push_back({"sort", {{"type", "string"}}, "Order: " + names + "; `-` before it for the reverse."});
  if (!search.empty()) all.push_back({"q", {{"type", "string"}}, "Part of `" + search + "`, in any case."});
  for (const auto& field : fields) {
    std::vector<std::string> names;
    for (const auto& value : field.filter_values) names.push_back(value.name);
    if (!names.empty()) all.push_back({field.name, one_of(names), "Only these."});
    if (!field.listed.column.empty() && field.listed.filter) add_conditions(field, all);
  }
  for (auto& parameter : all) {
    const auto only = values.find(parameter.name);
    if (only != values.end()) parameter.schema = one_of(only->second);
  }
  return all;
}

void check_cursor(Call& call, const store::ListQuery& query) {
  if (!query.after.empty() && !store::well_formed_cursor(query.after))
    call.problems.add("cursor", "is none that a page of a list ended with");
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
