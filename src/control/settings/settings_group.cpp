#include "control/settings/settings_group.hpp"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "control/api/changes.hpp"
#include "control/api/schemas.hpp"

namespace relayna::control {

namespace {

using json::Document;

Document sources_of(const SettingsGroup& group, const GroupState& state, const Resources& with) {
  Document sources = Document::object();
  for (const auto& field : group.fields) sources[field.name] = source_of(field, state, with);
  return sources;
}

Document show(const SettingsGroup& group, const GroupState& state, const Resources& with) {
  Document shown = state.values;
  shown["sources"] = sources_of(group, state, with);
  shown["updated_at"] = state.updated_at ? Document(core::to_rfc3339(*state.updated_at)) : Document();
  return shown;
}

Answer answer_with(const Document& shown) {
  Answer answer;
  answer.body = shown;
  answer.headers.emplace_back("ETag", etag_of(shown));
  return answer;
}

std::string names_of(const SettingsGroup& group) {
  std::string names;
  for (const auto& field : group.fields) names.append(names.empty() ? "" : ", ").append(field.name);
  return names;
}

/// What is saved once the body's merge patch is: the whole of it is judged, so that every problem is told.
core::Result<Document> merged(const SettingsGroup& group, const GroupState& before, Call& call) {
  Document known = Document::object();
  for (const auto& [name, given] : call.body.items()) {
    if (std::ranges::find(group.fields, name, &SettingsGroup::Field::name) != group.fields.end()) {
      known[name] = given;
    } else {
      call.problems.add(name, "is unknown; there are: " + names_of(group));
    }
  }
  Document saved = before.saved;
  saved.merge_patch(known);
  if (auto judged = group.in_force(saved); !judged) {
    if (judged.error().code != core::ErrorCode::invalid_request)
      return std::unexpected(std::move(judged.error()));
    call.problems.add_lines("", judged.error().public_message());
  }
  if (!call.problems.empty()) return std::unexpected(call.problems.error());
  return saved;
}

core::Result<void> store_row(store::Unit& unit, const std::optional<domain::Setting>& before,
                             const domain::Setting& after, bool any) {
  auto& rows = unit.of<domain::Setting>();
  if (any) return before ? rows.update(after) : rows.insert(after);
  return before ? rows.remove(after.name) : core::Result<void>();
}

core::Result<Answer> patch_group(const Resources& with, const SettingsGroup& group, Call& call) {
  return change(
      with.store.administration(), call, [&](store::Unit& unit, Note& note) -> core::Result<Answer> {
        auto row = unit.of<domain::Setting>().find(group.name);
        if (!row) return std::unexpected(std::move(row.error()));
        const auto before = state_of(group, *row);
        if (!before) return std::unexpected(before.error());
        const Document shown_before = show(group, *before, with);
        if (auto may = check_if_match(call, etag_of(shown_before)); !may)
          return std::unexpected(std::move(may.error()));
        auto saved = merged(group, *before, call);
        if (!saved) return std::unexpected(std::move(saved.error()));
        if (*saved == before->saved) return answer_with(shown_before);

        const domain::Setting changed{
            .name = group.name, .value = json::dump(*saved), .sealed_secret = {}, .updated_at = call.now};
        const bool any = !saved->empty();
        if (auto stored = store_row(unit, *row, changed, any); !stored)
          return std::unexpected(stored.error());
        const auto after = state_of(group, any ? std::optional(changed) : std::nullopt);
        if (!after) return std::unexpected(after.error());
        const Document shown_after = show(group, *after, with);
        note = {group.id + ".update", "settings", group.id, shown_before, shown_after};
        return answer_with(shown_after);
      });
}

core::Result<Answer> get_group(const Resources& with, const SettingsGroup& group) {
  auto row = with.store.administration().of<domain::Setting>().get(group.name);
  if (!row) return std::unexpected(std::move(row.error()));
  const auto state = state_of(group, *row);
  if (!state) return std::unexpected(state.error());
  return answer_with(show(group, *state, with));
}

Document described(const SettingsGroup::Field& field) {
  Document schema = field.schema;
  schema["description"] = field.about;
  return schema;
}

Document shown_schema(const SettingsGroup& group) {
  Document properties = Document::object();
  Document sources = Document::object();
  for (const auto& field : group.fields) {
    properties[field.name] = described(field);
    sources[field.name] = source_schema();
  }
  properties["sources"] = object_schema(std::move(sources));
  properties["updated_at"] = {{"type", {"string", "null"}}, {"format", "date-time"}};
  return object_schema(std::move(properties));
}

Document patch_schema(const SettingsGroup& group) {
  Document properties = Document::object();
  for (const auto& field : group.fields) properties[field.name] = nullable(described(field));
  return {{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
}

Operation operation(const SettingsGroup& group, std::string method, std::string verb, std::string summary,
                    std::string scope) {
  Operation made;
  made.method = std::move(method);
  made.path = group.path;
  made.id = group.id + '.' + std::move(verb);
  made.tag = group.tag;
  made.summary = std::move(summary);
  made.about = group.about;
  made.scope = std::move(scope);
  made.response = reference(group.schema_name);
  return made;
}

}  // namespace

core::Result<GroupState> state_of(const SettingsGroup& group, const std::optional<domain::Setting>& row) {
  GroupState state;
  if (row) {
    auto saved = json::parse(row->value);
    auto values =
        saved && saved->is_object() ? group.in_force(*saved) : core::fail(core::ErrorCode::invalid_request);
    if (values) return GroupState{std::move(*saved), std::move(*values), row->updated_at};
  }
  auto values = group.in_force(state.saved);
  if (!values) return std::unexpected(std::move(values.error()));
  state.values = std::move(*values);
  return state;
}

std::string source_of(const SettingsGroup::Field& field, const GroupState& state, const Resources& with) {
  return state.saved.contains(field.name) ? "saved" : process_source(with, field.process);
}

std::string process_source(const Resources& with, std::string_view name) {
  const auto found = std::ranges::find(with.process_settings, name, &Admin::ProcessSetting::name);
  return found == with.process_settings.end() ? "default" : found->source;
}

Document source_schema() {
  return {{"type", "string"}, {"enum", {"saved", "flag", "environment", "file", "default"}}};
}

void add_settings_group(Api& api, const Resources& with, const SettingsGroup& given) {
  const auto group = std::make_shared<const SettingsGroup>(given);
  const auto* use = &with;
  api.add_schema(group->schema_name, shown_schema(*group));
  auto get =
      operation(*group, "GET", "get", fmt::format("{}: what is in force", group->title), group->read_scope);
  get.run = Operation::Blocking([use, group](Call&) { return get_group(*use, *group); });
  api.add(std::move(get));
  auto patch =
      operation(*group, "PATCH", "update", fmt::format("{}: change", group->title), group->write_scope);
  patch.about += " null returns to what is configured.";
  patch.request = patch_schema(*group);
  patch.errors = {core::ErrorCode::precondition_failed};
  patch.run = Operation::Blocking([use, group](Call& call) { return patch_group(*use, *group, call); });
  api.add(std::move(patch));
}

}  // namespace relayna::control
