#include "control/resources/key_shape.hpp"
#include "control/resources/policy_part.hpp"

namespace relayna::control {

namespace {

core::Result<Answer> list_presets(Call&) {
  const auto codec = policy_codec();
  auto data = json::Document::array();
  for (const auto name : domain::preset_names())
    data.push_back({{"name", std::string(name)}, {"policy", codec.show(*domain::preset(name))}});
  Answer answer;
  answer.body = {{"data", std::move(data)}};
  return answer;
}

}  // namespace

void add_key_presets(Api& api) {
  Operation list;
  list.method = "GET";
  list.path = "/admin/keys/presets";
  list.id = "keys.presets";
  list.tag = "Virtual keys";
  list.summary = "List the policies a key can start from";
  list.scope = "keys:read";
  list.response = object_schema(
      {{"data", array_of(object_schema({{"name", {{"type", "string"}}}, {"policy", policy_schema()}}))}});
  list.run = Operation::Blocking(list_presets);
  api.add(std::move(list));
}

}  // namespace relayna::control
