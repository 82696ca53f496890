// The fields of a policy. Their rules are domain's: the fields become the JSON that the API takes, and what
// it says about them is brought back to the line they stand in.
#include <map>

#include "relayna/config/schema.hpp"
#include "relayna/json/scan.hpp"

#include "declare/as_json.hpp"

namespace relayna::declare {
namespace {

using config::schema::Field;

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
    report_problems(context, object, path, policy.error().public_message());
    return start;
  }
  return std::move(*policy);
}

}  // namespace relayna::declare
