#include "control/resources/policy_part.hpp"

#include "relayna/domain/policy_fields.hpp"

#include "control/resources/money_part.hpp"

namespace relayna::control {

using json::Document;

namespace {

void keep_dollars(const domain::Policy& policy, Document& shown) {
  for (const auto& field : domain::kMoneyFields) {
    if (const auto& dollars = policy.*field.member) shown[std::string(field.name)] = dollars->str();
  }
}

}  // namespace

Document policy_schema() {
  // A null in a body returns a field to its default.
  const Document flag{{"type", Document::array({"boolean", "null"})}};
  const auto list = [](Document items) -> Document {
    return {{"type", Document::array({"array", "null"})}, {"items", std::move(items)}};
  };
  Document fields = Document::object();
  for (const auto& field : domain::kBoolFields) fields[std::string(field.name)] = flag;
  for (const auto& field : domain::kPermissionFields) fields[std::string(field.name)] = flag;
  for (const auto& field : domain::kListFields) {
    auto& texts = fields[std::string(field.name)] = list({{"type", "string"}});
    texts["maxItems"] = 1000;
  }
  fields[std::string(domain::kHoursField)] = list({{"type", "integer"}, {"minimum", 0}, {"maximum", 23}});
  for (const auto& field : domain::kNumberFields) {
    Document number{{"type", Document::array({"integer", "null"})}, {"minimum", field.min}};
    if (field.max != domain::kNoMax) number["maximum"] = field.max;
    fields[std::string(field.name)] = std::move(number);
  }
  for (const auto& field : domain::kMoneyFields) fields[std::string(field.name)] = dollars_schema();
  fields[std::string(domain::kVersionField)] = {{"type", "integer"}, {"readOnly", true}};
  return {{"type", Document::array({"object", "null"})},
          {"additionalProperties", false},
          {"properties", std::move(fields)}};
}

Codec<domain::Policy> policy_codec() {
  auto codec = document<domain::Policy>(
      policy_schema(), [](const domain::Policy& policy) { return domain::to_json(policy); },
      domain::policy_from_json, keep_dollars);
  codec.read = [merge = codec.read](const Document& given, domain::Policy& policy, const std::string& path,
                                    Problems& problems) {
    const auto version = given.find(domain::kVersionField);
    if (given.is_object() && version != given.end() && *version != policy.policy_version) {
      return problems.add(path + ".policy_version", "is set by the gateway");
    }
    merge(given, policy, path, problems);
  };
  return codec;
}

void count_version(domain::Policy& changed, const domain::Policy& before) {
  if (changed != before) changed.policy_version = before.policy_version + 1;
}

}  // namespace relayna::control
