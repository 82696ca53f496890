#include "control/limits/whose.hpp"

#include <algorithm>
#include <array>

#include "control/api/codec.hpp"

namespace relayna::control {

namespace {

using domain::LimitScope;

constexpr std::array<std::string_view, 4> kNames{"key_id", "project_id", "team_id", "end_user"};
constexpr std::size_t kMostEndUser = 256;

bool is_id(std::string_view name) {
  return name != "end_user";
}

std::string given(const Whose& whose, std::string_view name) {
  const auto found = whose.find(name);
  return found == whose.end() ? std::string() : found->second;
}

/// The parameters that mean something to a limit of this scope.
std::vector<std::string_view> meaningful(LimitScope scope) {
  switch (scope) {
    case LimitScope::key:
      return {"key_id"};
    case LimitScope::project:
      return {"project_id"};
    case LimitScope::team:
      return {"team_id"};
    case LimitScope::end_user:
      return {"project_id", "key_id", "end_user"};
    case LimitScope::global:
      break;
  }
  return {};
}

/// The limit's own target, or the one that is named.
std::string one_of(const domain::Limit& limit, const Whose& whose, std::string_view name,
                   Problems& problems) {
  auto named = given(whose, name);
  if (limit.target.empty()) {
    if (named.empty() && is_id(name))
      problems.add(std::string(name),
                   "is required: each " + std::string(to_string(limit.scope)) + " has this limit by itself");
    return named;
  }
  if (!named.empty() && named != limit.target)
    problems.add(std::string(name), "is not who this limit is for; leave it out");
  return limit.target;
}

template <class R>
core::Result<void> must_exist(store::Administration& store, const std::string& name, const std::string& id,
                              Problems& problems) {
  auto found = store.of<R>().get(id);
  if (!found) return std::unexpected(std::move(found.error()));
  if (!*found) problems.add(name, "is the id of nothing");
  return {};
}

/// End users are counted in their project, or in a key that is of none.
core::Result<void> check_key_of_end_user(store::Administration& store, const std::string& id,
                                         Problems& problems) {
  auto found = store.of<domain::VirtualKey>().get(id);
  if (!found) return std::unexpected(std::move(found.error()));
  if (*found && !(*found)->project_id.empty())
    problems.add("key_id", "is a key of a project, where its end users are counted; give its `project_id`");
  return {};
}

core::Result<void> check_ids(store::Administration& store, const Whose& whose, Problems& problems) {
  for (const auto& [name, id] : whose) {
    core::Result<void> done;
    if (name == "key_id") done = must_exist<domain::VirtualKey>(store, name, id, problems);
    if (name == "project_id") done = must_exist<domain::Project>(store, name, id, problems);
    if (name == "team_id") done = must_exist<domain::Team>(store, name, id, problems);
    if (!done) return done;
  }
  return {};
}

}  // namespace

Whose take_whose(Query& query) {
  Whose whose;
  for (const auto name : kNames) {
    if (auto value = query.take(name)) whose.emplace(name, std::move(*value));
  }
  return whose;
}

bool read_whose(const std::string& name, const json::Document& given, Whose& whose, Problems& problems) {
  if (std::ranges::find(kNames, name) == kNames.end()) return false;
  std::string value;
  (is_id(name) ? uuid() : text(1, kMostEndUser)).read(given, value, name, problems);
  whose.emplace(name, std::move(value));
  return true;
}

std::vector<Parameter> whose_parameters() {
  const json::Document id{{"type", "string"}, {"format", "uuid"}};
  return {
      {"key_id", id,
       "Of a limit that each key has by itself: whose; of end users: their key, if it is of no project."},
      {"project_id", id, "Of a limit that each project has by itself: whose; of end users: their project."},
      {"team_id", id, "Of a limit that each team has by itself: whose."},
      {"end_user", {{"type", "string"}}, "Of a limit on end users: who; without it, those who name none."}};
}

core::Result<std::optional<domain::LimitedScope>> counter_meant(store::Administration& store,
                                                                const domain::Limit& limit,
                                                                const Whose& whose, Problems& problems) {
  const auto known = meaningful(limit.scope);
  for (const auto& [name, value] : whose) {
    if (std::ranges::find(known, name) == known.end())
      problems.add(name, "means nothing to a limit of scope `" + std::string(to_string(limit.scope)) + '`');
  }
  if (auto checked = check_ids(store, whose, problems); !checked)
    return std::unexpected(std::move(checked.error()));

  Whose meant;
  if (limit.scope == LimitScope::end_user) {
    meant = {{"project_id", given(whose, "project_id")},
             {"key_id", given(whose, "key_id")},
             {"end_user", one_of(limit, whose, "end_user", problems)}};
    if (whose.contains("project_id") == whose.contains("key_id"))
      problems.add(
          "project_id",
          "give it, or the `key_id` of a key without project: end users are counted in each by itself");
    if (auto checked = check_key_of_end_user(store, meant["key_id"], problems); !checked)
      return std::unexpected(std::move(checked.error()));
  } else if (!known.empty()) {
    meant.emplace(known.front(), one_of(limit, whose, known.front(), problems));
  }
  if (!problems.empty()) return std::nullopt;
  const domain::PolicyScope scope{.project_id = meant["project_id"],
                                  .team_id = meant["team_id"],
                                  .route = {},
                                  .model = {},
                                  .key_id = meant["key_id"]};
  return domain::counter_of(limit, scope, meant["end_user"]);
}

}  // namespace relayna::control
