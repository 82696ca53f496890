#include "declare/as_json.hpp"

#include "relayna/config/values.hpp"
#include "relayna/core/encoding.hpp"
#include "relayna/core/money.hpp"
#include "relayna/json/scan.hpp"

namespace relayna::declare {
namespace {

using config::schema::Field;
using config::schema::Shape;

/// One scalar as JSON; nullopt for what the schema has reported.
std::optional<std::string> scalar_json(const Field& field, const Node& node) {
  if (node.kind != Node::Kind::scalar || node.broken || node.unset()) return std::nullopt;
  const std::string_view text = core::trim(node.text);
  switch (field.shape) {
    case Shape::boolean: {
      const auto value = config::parse_boolean(text);
      if (!value) return std::nullopt;
      return *value ? "true" : "false";
    }
    case Shape::integer:
    case Shape::integer_list: {
      const auto value = config::parse_integer(text, field.min, field.max);
      if (!value) return std::nullopt;
      return std::to_string(*value);
    }
    case Shape::dollars: {
      const auto value = core::Money::parse(text);
      if (!value || value->nanos() < 0) return std::nullopt;
      return value->str();
    }
    default:
      return json::quote(text);
  }
}

/// What a path such as `allowed_routes[1]` or `long_context.input` leads to from `object`, as far as it is
/// there.
const Node& place_of(const Node& object, std::string_view path) {
  const Node* node = &object;
  while (!path.empty()) {
    const Node* next = nullptr;
    if (path.front() == '[') {
      const std::size_t end = std::min(path.find(']'), path.size());
      const auto index = config::parse_integer(path.substr(1, end - 1), 0, 1'000'000);
      if (index && static_cast<std::size_t>(*index) < node->items.size())
        next = &node->items[static_cast<std::size_t>(*index)];
      path.remove_prefix(std::min(end + 1, path.size()));
    } else {
      const std::size_t end = std::min(path.find_first_of(".["), path.size());
      next = node->find(path.substr(0, end));
      path.remove_prefix(end);
    }
    if (next == nullptr) return *node;
    node = next;
    if (path.starts_with('.')) path.remove_prefix(1);
  }
  return *node;
}

}  // namespace

std::optional<std::string> field_json(const Field& field, const Node& node) {
  if (field.shape == Shape::object) return object_json(field.fields, node);
  if (field.shape != Shape::text_list && field.shape != Shape::integer_list) return scalar_json(field, node);
  if (node.kind != Node::Kind::sequence) return std::nullopt;
  std::string list;
  for (const Node& item : node.items) {
    const auto value = scalar_json(field, item);
    if (!value) return std::nullopt;
    list += (list.empty() ? "" : ",") + *value;
  }
  return "[" + list + "]";
}

std::optional<std::string> object_json(std::span<const Field> fields, const Node& node) {
  if (node.kind != Node::Kind::mapping || node.broken) return std::nullopt;
  std::string members;
  for (const config::yaml::Entry& entry : node.entries) {
    const Field* field = config::schema::find(fields, entry.key);
    if (field == nullptr) return std::nullopt;
    if (entry.value.unset() && !entry.value.broken) continue;
    const auto value = field_json(*field, entry.value);
    if (!value) return std::nullopt;
    members.append(members.empty() ? "" : ",").append(json::quote(field->key)).append(":").append(*value);
  }
  for (const Field& field : fields) {
    const Node* given = field.required ? node.find(field.key) : nullptr;
    if (field.required && (given == nullptr || given->unset())) return std::nullopt;
  }
  return "{" + members + "}";
}

void report_problems(const Context& context, const Node& object, const std::string& path,
                     std::string_view lines) {
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    const std::size_t colon = std::min(line.find(": "), line.size());
    const std::string_view field = line.substr(0, colon);
    const Node& place = place_of(object, field);
    const bool whole = &place == &object && object.find(field) == nullptr && !field.contains('.');
    context.problem(place.mark, whole ? path : config::yaml::join_path(path, field),
                    colon == line.size() ? "is not right" : line.substr(colon + 2));
  }
}

}  // namespace relayna::declare
