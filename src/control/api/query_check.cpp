#include "control/api/query_check.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace relayna::control {

namespace {

using json::Document;

bool says(const Document& schema, const char* what, std::string_view value) {
  const auto found = schema.find(what);
  return found != schema.end() && found->is_string() && found->get_ref<const std::string&>() == value;
}

bool is_whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

std::optional<std::string> none_of(const Document& values, const std::string& value) {
  std::string names;
  for (const auto& one : values) {
    if (one == value) return std::nullopt;
    if (one.is_string()) names.append(names.empty() ? "" : ", ").append(one.get_ref<const std::string&>());
  }
  return "must be one of: " + names;
}

/// Nothing when one of the alternatives fits.
std::optional<std::string> none_fits(const Document& alternatives, const std::string& value) {
  std::string all;
  for (const auto& schema : alternatives) {
    const auto problem = parameter_problem(schema, value);
    if (!problem) return std::nullopt;
    all.append(all.empty() ? "" : ", or ").append(*problem);
  }
  return all;
}

std::string problem_of_unknown(const std::vector<Parameter>& known) {
  if (known.empty()) return "is unknown: this request takes no parameters";
  std::string names;
  for (const auto& parameter : known) names.append(names.empty() ? "" : ", ").append(parameter.name);
  return "is unknown; there are: " + names;
}

}  // namespace

std::optional<std::string> parameter_problem(const Document& schema, const std::string& value) {
  if (const auto values = schema.find("enum"); values != schema.end()) return none_of(*values, value);
  if (const auto among = schema.find("anyOf"); among != schema.end()) return none_fits(*among, value);
  if (says(schema, "type", "boolean") && value != "true" && value != "false") return "must be true or false";
  if (says(schema, "type", "integer") && !is_whole_number(value) && !schema.contains("minimum"))
    return "must be a whole number";
  if (says(schema, "format", "uuid") && !core::Uuid::parse(value)) return "must be a UUID";
  return std::nullopt;
}

bool may_be_empty(const Parameter& parameter) noexcept {
  return parameter.name == "q";
}

void check_query(Call& call) {
  const auto& known = call.operation->query;
  call.query.refuse(
      [&](const std::string& name, const std::string& value) -> std::optional<std::string> {
        const auto parameter = std::ranges::find(known, name, &Parameter::name);
        if (parameter == known.end()) return problem_of_unknown(known);
        if (!value.empty()) return parameter_problem(parameter->schema, value);
        if (may_be_empty(*parameter)) return std::nullopt;
        return "must not be empty; leave it out";
      },
      call.problems);
}

}  // namespace relayna::control
