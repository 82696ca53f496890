// The fields of a policy. Their rules are domain's: the fields become the JSON that the API takes, and what
// it says about them is brought back to the line they stand in.
#include <map>

#include "relayna/config/schema.hpp"
#include "relayna/config/values.hpp"
#include "relayna/core/encoding.hpp"
#include "relayna/json/scan.hpp"

#include "declare/reader.hpp"

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

std::optional<std::string> field_json(const Field& field, const Node& node) {
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

/// `preset` as JSON with the members of `given` in the place of its own.
std::string overlay(const domain::Policy& preset,
                    const std::map<std::string, std::string, std::less<>>& given) {
  const std::string base = domain::to_json(preset);
  std::string out = "{";
  const auto append = [&out](std::string_view key, std::string_view value) {
    if (out.size() > 1) out += ',';
    json::append_quoted(out, key);
    out.append(":").append(value);
  };
  if (const auto members = json::top_level(base)) {
    for (const json::Member& member : *members) {
      if (given.contains(member.key)) continue;
      append(member.key,
             std::string_view(base).substr(member.value_begin, member.value_end - member.value_begin));
    }
  }
  for (const auto& [key, value] : given) append(key, value);
  return out + "}";
}

/// Where `allowed_routes[1]` stands.
Mark place_of(const Node& object, std::string_view field_path) {
  const std::size_t bracket = field_path.find('[');
  const Node* node = object.find(field_path.substr(0, bracket));
  if (node == nullptr) return object.mark;
  if (bracket == std::string_view::npos) return node->mark;
  const auto index =
      config::parse_integer(field_path.substr(bracket + 1, field_path.size() - bracket - 2), 0, 1'000'000);
  if (!index || static_cast<std::size_t>(*index) >= node->items.size()) return node->mark;
  return node->items[static_cast<std::size_t>(*index)].mark;
}

/// One `path: message` per line.
void report(const Context& context, const Node& object, const std::string& path, std::string_view lines) {
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    const std::size_t colon = std::min(line.find(": "), line.size());
    const std::string_view field = line.substr(0, colon);
    context.problem(place_of(object, field), config::yaml::join_path(path, field),
                    colon == line.size() ? "is not right" : line.substr(colon + 2));
  }
}

}  // namespace

domain::Policy read_policy(const Context& context, const Node& object, const std::string& path,
                           const std::string& preset) {
  std::map<std::string, std::string, std::less<>> given;
  for (const Field& field : config::schema::policy_fields()) {
    const Node* node = object.find(field.key);
    if (node == nullptr) continue;
    if (auto value = field_json(field, *node)) given.emplace(field.key, std::move(*value));
  }
  const domain::Policy start = domain::preset(preset).value_or(domain::Policy{});
  auto policy = domain::policy_from_json(overlay(start, given));
  if (!policy) {
    report(context, object, path, policy.error().public_message());
    return start;
  }
  return std::move(*policy);
}

}  // namespace relayna::declare
