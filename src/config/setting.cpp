#include "config/setting.hpp"

#include <algorithm>

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

namespace {

struct GroupText {
  Group group;
  std::string_view name;
  std::string_view title;
};
constexpr std::array kGroupTexts{
    GroupText{Group::state, "state", "State"},
    GroupText{Group::listeners, "listeners", "Listeners"},
    GroupText{Group::upstreams, "upstreams", "Upstreams"},
    GroupText{Group::secrets, "secrets", "Secrets and operators"},
    GroupText{Group::keys, "keys", "Virtual key cache"},
    GroupText{Group::bodies, "bodies", "Request bodies"},
    GroupText{Group::lifecycle, "lifecycle", "Lifecycle"},
    GroupText{Group::retention, "retention", "Retention"},
    GroupText{Group::logging, "logging", "Logging"},
    GroupText{Group::telemetry, "telemetry", "Telemetry"},
    GroupText{Group::front_door, "front_door", "Front door"},
    GroupText{Group::studio, "studio", "Relayna Studio"},
};

const GroupText& text_of(Group group) {
  return *std::ranges::find(kGroupTexts, group, &GroupText::group);
}

}  // namespace

std::span<const Group> groups() {
  static constexpr auto kGroups = [] {
    std::array<Group, kGroupTexts.size()> all{};
    std::ranges::transform(kGroupTexts, all.begin(), &GroupText::group);
    return all;
  }();
  return kGroups;
}
std::string_view group_name(Group group) {
  return text_of(group).name;
}
std::string_view group_title(Group group) {
  return text_of(group).title;
}

}  // namespace relayna::config
