#include "control/api/schemas.hpp"

namespace relayna::control {

using json::Document;

namespace {

Document described(const FieldInfo& field) {
  Document schema = field.schema;
  if (!field.about.empty()) schema["description"] = field.about;
  return schema;
}

Document body_schema(const std::vector<FieldInfo>& fields, bool (FieldInfo::*may)() const noexcept) {
  Document properties = Document::object();
  for (const auto& field : fields) {
    if ((field.*may)()) properties[field.name] = described(field);
  }
  return {{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
}

}  // namespace

Document shown_schema(const std::vector<FieldInfo>& fields, const std::string& about) {
  Document properties = Document::object();
  Document required = Document::array();
  for (const auto& field : fields) {
    if (!field.visible()) continue;
    properties[field.name] = described(field);
    if (field.kind == Field::shown) properties[field.name]["readOnly"] = true;
    required.push_back(field.name);
  }
  return {{"type", "object"},
          {"description", about},
          {"additionalProperties", false},
          {"required", std::move(required)},
          {"properties", std::move(properties)}};
}

Document create_schema(const std::vector<FieldInfo>& fields) {
  auto schema = body_schema(fields, &FieldInfo::on_create);
  Document required = Document::array();
  for (const auto& field : fields) {
    if (field.must_be_given()) required.push_back(field.name);
  }
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

Document patch_schema(const std::vector<FieldInfo>& fields) {
  return body_schema(fields, &FieldInfo::on_patch);
}

Document with_shown_once(Document shown, const std::vector<ShownOnce>& once) {
  for (const auto& member : once) {
    shown["properties"][member.name] = {{"type", "string"}, {"description", member.about}};
  }
  return shown;
}

Document object_schema(Document properties) {
  Document required = Document::array();
  for (const auto& [name, schema] : properties.items()) required.push_back(name);
  return {{"type", "object"},
          {"additionalProperties", false},
          {"required", std::move(required)},
          {"properties", std::move(properties)}};
}

Document array_of(Document items) {
  return {{"type", "array"}, {"items", std::move(items)}};
}

Document nullable(Document schema) {
  if (schema.contains("type") && schema["type"].is_string()) {
    schema["type"] = Document::array({schema["type"], "null"});
    return schema;
  }
  return {{"anyOf", Document::array({std::move(schema), {{"type", "null"}}})}};
}

}  // namespace relayna::control
