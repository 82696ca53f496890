#include "config/setting.hpp"

namespace relayna::config {

const std::vector<const Setting*>& all_settings() {
  static const std::vector<const Setting*> all = [] {
    std::vector<const Setting*> list;
    for (const auto table : {declared_state(), declared_listeners(), declared_upstreams(),
                             declared_identity(), declared_telemetry()}) {
      for (const Setting& setting : table) list.push_back(&setting);
    }
    return list;
  }();
  return all;
}

const Setting* find_setting(std::string_view name) {
  for (const Setting* setting : all_settings()) {
    if (setting->name == name) return setting;
  }
  return nullptr;
}

std::string_view group_title(Group group) {
  switch (group) {
    case Group::state:
      return "State";
    case Group::listeners:
      return "Listeners";
    case Group::upstreams:
      return "Upstreams";
    case Group::secrets:
      return "Secrets and operators";
    case Group::bodies:
      return "Request bodies";
    case Group::lifecycle:
      return "Lifecycle";
    case Group::keys:
      return "Virtual key cache";
    case Group::logging:
      return "Logging";
    case Group::telemetry:
      return "Telemetry";
    case Group::front_door:
      return "Front door";
    case Group::studio:
      return "Relayna Studio";
  }
  return {};
}

}  // namespace relayna::config
