#include <algorithm>
#include <stdexcept>

#include "control/api/lists.hpp"
#include "control/api/schemas.hpp"
#include "control/settings/settings_group.hpp"
#include "control/studio/connection.hpp"

namespace relayna::control {

namespace {

using json::Document;

constexpr const char* kProviders = "/admin/providers";
constexpr const char* kStudio = "/admin/studio/connection";
constexpr const char* kLogLevel = "/admin/log-level";

/// A setting as it is told: a process setting, maybe with what an operator put before it, or one that only
/// operators set.
struct Told : Admin::ProcessSetting {
  std::string change_at = {};  ///< the operation that changes it here; empty: none
  std::string field = {};      ///< what that operation calls it
};

class Overview {
 public:
  explicit Overview(const Resources& with) : with_(with) {
    for (const auto& setting : with.process_settings) all_.push_back({setting});
  }

  core::Result<void> add(const SettingsGroup& group) {
    auto row = saved(group.name);
    if (!row) return std::unexpected(std::move(row.error()));
    const auto state = state_of(group, *row);
    if (!state) return std::unexpected(state.error());
    const auto configured = state_of(group, std::nullopt);
    if (!configured) return std::unexpected(configured.error());
    for (const auto& field : group.fields) {
      Told& told = field.process.empty() ? add(group, field) : find(field.process);
      told.value = state->values[field.name];
      told.source = source_of(field, *state, with_);
      told.change_at = group.path;
      told.field = field.name;
      if (field.process.empty()) told.default_value = configured->values[field.name];
    }
    return {};
  }

  core::Result<void> add_studio() {
    auto row = saved("studio_connection");
    if (!row) return std::unexpected(std::move(row.error()));
    Told& url = find("RELAYNA_STUDIO_BASE_URL");
    Told& token = find("RELAYNA_STUDIO_TOKEN");
    url.change_at = token.change_at = kStudio;
    url.field = "base_url";
    token.field = "token";
    const auto connection = studio_connection(with_, *row);
    if (connection && !connection->saved) return {};
    // One that is saved and does not open goes before the environment all the same.
    put_before(url, connection ? Document(connection->base_url) : Document(), true);
    put_before(token, {}, (*row) && !(*row)->sealed_secret.empty());
    return {};
  }

  /// A stored provider goes before the one of the environment.
  core::Result<void> add_providers() {
    if (auto done = add_provider("LITELLM_BASE_URL", "LITELLM_SERVICE_KEY", "kind", "litellm"); !done)
      return done;
    return add_provider("DIRECT_OPENAI_BASE_URL", "DIRECT_OPENAI_SERVICE_KEY", "name", "openai");
  }

  void add_log_level() {
    Told& level = find("LOG_LEVEL");
    level.change_at = kLogLevel;
    level.field = "level";
    const std::lock_guard lock(with_.log_level_in_force->mutex);
    if (with_.log_level_in_force->filter == with_.log_level) return;
    level.value = with_.log_level_in_force->filter;
    level.source = "runtime";
  }

  /// A list of groups.
  [[nodiscard]] Document shown() const {
    Document groups = Document::array();
    for (const Told& told : all_) {
      if (groups.empty() || groups.back()["name"] != told.group)
        groups.push_back(
            {{"name", told.group}, {"title", told.group_title}, {"settings", Document::array()}});
      groups.back()["settings"].push_back(show(told));
    }
    return groups;
  }

 private:
  core::Result<std::optional<domain::Setting>> saved(const std::string& name) {
    return with_.store.administration().of<domain::Setting>().get(name);
  }

  Told& add(const SettingsGroup& group, const SettingsGroup::Field& field) {
    Told& told = all_.emplace_back();
    told.name = group.name + '.' + field.name;
    told.group = group.name;
    told.group_title = group.title;
    told.about = field.about;
    told.configured = true;
    return told;
  }

  /// A name nobody declared is one that this file misspells; every test of the list meets it.
  Told& find(std::string_view name) {
    const auto found = std::ranges::find(all_, name, &Told::name);
    if (found == all_.end()) throw std::logic_error("no process setting " + std::string(name));
    return *found;
  }

  static void put_before(Told& told, Document value, bool configured) {
    told.source = "saved";
    told.configured = configured;
    told.value = std::move(value);
  }

  core::Result<void> add_provider(std::string_view url_name, std::string_view key_name,
                                  const std::string& column, const std::string& value) {
    Told& url = find(url_name);
    Told& key = find(key_name);
    url.change_at = key.change_at = kProviders;
    const store::ListQuery newest{.where = {{column, store::Filter::Test::equals, value},
                                            {"enabled", store::Filter::Test::equals, "true"}},
                                  .limit = 1};
    auto stored = with_.store.administration().of<store::ProviderRow>().list(newest);
    if (!stored) return std::unexpected(std::move(stored.error()));
    if (stored->rows.empty()) return {};
    const auto& row = stored->rows.front();
    put_before(url, row.provider.base_url, true);
    put_before(key, {}, !row.sealed_credential.empty());
    if (row.provider.managed_by == "file") url.source = key.source = "file";
    return {};
  }

  static Document text_or_null(const std::string& text) { return text.empty() ? Document() : Document(text); }
  static Document show(const Told& told) {
    return {{"name", told.name},
            {"file_key", text_or_null(told.file_key)},
            {"value", told.value},
            {"default", told.default_value},
            {"source", told.source},
            {"secret", told.secret},
            {"configured", told.configured},
            {"changeable", !told.change_at.empty()},
            {"change_at", text_or_null(told.change_at)},
            {"field", text_or_null(told.field)},
            {"about", told.about}};
  }

  const Resources& with_;
  std::vector<Told> all_;
};

core::Result<Answer> list_settings(const Resources& with, const std::vector<SettingsGroup>& groups) {
  Overview overview(with);
  for (const auto& group : groups) {
    if (auto added = overview.add(group); !added) return std::unexpected(std::move(added.error()));
  }
  for (auto add : {&Overview::add_studio, &Overview::add_providers}) {
    if (auto added = (overview.*add)(); !added) return std::unexpected(std::move(added.error()));
  }
  overview.add_log_level();
  Answer answer;
  answer.body = page_document(overview.shown(), "");
  return answer;
}

Document setting_schema() {
  const auto typed = [](Document type, std::string about) -> Document {
    return {{"type", std::move(type)}, {"description", std::move(about)}};
  };
  const Document text_or_null = Document::array({"string", "null"});
  return object_schema(
      {{"name", typed("string", "The environment variable, or the file's key of a setting that has none.")},
       {"file_key", typed(text_or_null, "Where the configuration file has it.")},
       {"value", {{"description", "In force; null: unset, or secret."}}},
       {"default", {{"description", "null: unset."}}},
       {"source",
        {{"type", "string"},
         {"enum", {"saved", "runtime", "flag", "environment", "file", "default"}},
         {"description", "`saved` by an operator; `runtime`: changed on this replica until it restarts."}}},
       {"secret", typed("boolean", "Whether there is one is all that is told.")},
       {"configured", typed("boolean", "Whether it has a value.")},
       {"changeable", typed("boolean", "Here, while gateways run; the others at a start.")},
       {"change_at", typed(text_or_null, "The path that changes it.")},
       {"field", typed(text_or_null, "What it is called there.")},
       {"about", typed("string", "")}});
}

Document group_schema() {
  return object_schema({{"name", {{"type", "string"}}},
                        {"title", {{"type", "string"}}},
                        {"settings", array_of(reference("Setting"))}});
}

}  // namespace

void add_settings(Api& api, const Resources& with) {
  auto groups = std::make_shared<const std::vector<SettingsGroup>>(
      std::vector<SettingsGroup>{retention_group(with), litellm_passthrough_group()});
  for (const auto& group : *groups) add_settings_group(api, with, group);

  api.add_schema("Setting", setting_schema());
  api.add_schema("SettingGroup", group_schema());
  Operation list;
  list.method = "GET";
  list.path = "/admin/settings";
  list.id = "settings.list";
  list.tag = "Settings";
  list.summary = "Every setting: what is in force, and which source it is from";
  list.about = "Process settings are those of the replica that answers.";
  list.scope = "settings:read";
  list.response = page_schema("SettingGroup");
  list.run = Operation::Blocking([use = &with, groups](Call&) { return list_settings(*use, *groups); });
  api.add(std::move(list));
}

}  // namespace relayna::control
