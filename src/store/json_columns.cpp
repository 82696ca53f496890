#include "store/json_columns.hpp"

#include <algorithm>

#include "relayna/json/document.hpp"

#include "store/text.hpp"

namespace relayna::store {

namespace {

using domain::ModelTarget;
using json::Document;

bool read_texts(const Document& list, std::vector<std::string>& out) {
  if (!list.is_array() || !std::ranges::all_of(list, &Document::is_string)) return false;
  out = list.get<std::vector<std::string>>();
  return true;
}

Document document_of(const ModelTarget& target) {
  return {{"provider", target.provider},     {"upstream_model", target.upstream_model},
          {"priority", target.priority},     {"weight", target.weight},
          {"operations", target.operations}, {"enabled", target.enabled}};
}

bool read_target(const Document& object, ModelTarget& out) {
  if (!object.is_object()) return false;
  for (const auto& [field, value] : object.items()) {
    if (field == "provider" && value.is_string())
      out.provider = value;
    else if (field == "upstream_model" && value.is_string())
      out.upstream_model = value;
    else if (field == "priority" && value.is_number_integer())
      out.priority = value;
    else if (field == "weight" && value.is_number_integer())
      out.weight = value;
    else if (field == "operations" && read_texts(value, out.operations))
      continue;
    else if (field == "enabled" && value.is_boolean())
      out.enabled = value;
    else
      return false;  // also an unknown field: it may say when not to use the target
  }
  return true;
}

}  // namespace

std::string to_json(const std::vector<std::string>& texts) {
  return json::dump(Document(texts));
}

bool read_json(std::string_view json, std::vector<std::string>& out) {
  const auto list = json::parse(json);
  return list && read_texts(*list, out);
}

bool storable_json(const std::vector<std::string>& texts) {
  return std::ranges::all_of(texts, [](const std::string& text) { return storable(text); });
}

std::string to_json(const std::vector<ModelTarget>& targets) {
  Document list = Document::array();
  for (const ModelTarget& target : targets) list.push_back(document_of(target));
  return json::dump(list);
}

bool read_json(std::string_view json, std::vector<ModelTarget>& out) {
  const auto list = json::parse(json);
  if (!list || !list->is_array()) return false;
  std::vector<ModelTarget> targets;
  for (const Document& object : *list) {
    if (!read_target(object, targets.emplace_back())) return false;
  }
  out = std::move(targets);
  return true;
}

bool storable_json(const std::vector<ModelTarget>& targets) {
  return std::ranges::all_of(targets, [](const ModelTarget& target) {
    return storable(target.provider) && storable(target.upstream_model) && storable_json(target.operations);
  });
}

}  // namespace relayna::store
