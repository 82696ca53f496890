#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "relayna/domain/operator.hpp"

#include "control/resources/resources.hpp"

namespace relayna::control {

/// Settings that operators save together, as one row. It holds what they saved and nothing else, so that
/// whatever they clear is again as the process is configured.
struct SettingsGroup {
  struct Field {
    std::string name;
    json::Document schema;
    std::string about;
    std::string process = {};  ///< the process setting that is in force while nothing is saved; empty: none
  };
  std::string name;   ///< of the row, and in GET /admin/settings
  std::string title;  ///< `Retention`
  std::string path;   ///< of its operations
  std::string id;     ///< `retention` makes `retention.get` and `retention.update`
  std::string tag;
  std::string read_scope;
  std::string write_scope;
  std::string about;
  std::string schema_name;
  std::vector<Field> fields;
  /// Every field, as it is with `saved` (any of the fields) over what is configured. invalid_request with a
  /// line `field: what is wrong` for each problem.
  std::function<core::Result<json::Document>(const json::Document& saved)> in_force;
};

/// A group as it stands.
struct GroupState {
  json::Document saved = json::Document::object();
  json::Document values;  ///< in force
  std::optional<core::SystemTime> updated_at;
};
/// A row this version cannot read counts as nothing saved.
core::Result<GroupState> state_of(const SettingsGroup& group, const std::optional<domain::Setting>& row);
/// Where a process setting is from: flag | environment | file | default
std::string process_source(const Resources& with, std::string_view name);
/// The same, or `saved`.
std::string source_of(const SettingsGroup::Field& field, const GroupState& state, const Resources& with);

/// What `source_of` says.
json::Document source_schema();

/// `GET` and `PATCH` of the group's path.
void add_settings_group(Api& api, const Resources& with, const SettingsGroup& group);

SettingsGroup litellm_passthrough_group();
SettingsGroup retention_group(const Resources& with);

}  // namespace relayna::control
