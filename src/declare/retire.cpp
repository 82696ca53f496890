// What an earlier file declared and this one does not: disabled, never deleted, and reported once.
#include <algorithm>

#include <fmt/format.h>

#include "relayna/config/values.hpp"

#include "declare/applier.hpp"

namespace relayna::declare {
namespace {

template <class T>
bool declares(const std::vector<T>& declared, std::string_view name) {
  return std::any_of(declared.begin(), declared.end(), [&](const T& object) { return object.name == name; });
}

}  // namespace

Applier::Done Applier::retire_upstreams() {
  for (store::ProviderRow row : rows_.providers) {
    if (row.provider.managed_by != kManagedByFile || !row.provider.enabled) continue;
    if (declares(file_.providers, row.provider.name)) continue;
    row.provider.enabled = false;
    row.provider.updated_at = now_;
    const std::string object = fmt::format("provider {}", row.provider.name);
    if (auto done = named(store_.catalog().upsert_provider(row, actor_), object); !done) return done;
    note(Change::disabled, object);
  }
  for (domain::Model model : rows_.models) {
    if (model.managed_by != kManagedByFile || !model.enabled || declares(file_.models, model.name)) continue;
    model.enabled = false;
    model.updated_at = now_;
    const std::string object = fmt::format("model {}", model.name);
    if (auto done = named(store_.catalog().upsert_model(model, actor_), object); !done) return done;
    note(Change::disabled, object);
  }
  return {};
}

Applier::Done Applier::retire_owners() {
  for (domain::Project project : rows_.projects) {
    if (project.managed_by != kManagedByFile || project.disabled || declares(file_.projects, project.name))
      continue;
    project.disabled = true;
    project.updated_at = now_;
    const std::string object = fmt::format("project {}", project.name);
    if (auto done = named(store_.catalog().upsert_project(project, actor_), object); !done) return done;
    note(Change::disabled, object);
  }
  for (domain::Team team : rows_.teams) {
    const bool declared = std::find(file_.teams.begin(), file_.teams.end(), team.name) != file_.teams.end();
    if (team.managed_by != kManagedByFile || team.disabled || declared) continue;
    team.disabled = true;
    team.updated_at = now_;
    const std::string object = fmt::format("team {}", team.name);
    if (auto done = named(store_.catalog().upsert_team(team, actor_), object); !done) return done;
    note(Change::disabled, object);
  }
  return {};
}

Applier::Done Applier::retire_layers() {
  const domain::Policy neutral;
  for (domain::PolicyLayer layer : rows_.layers) {
    if (layer.managed_by != kManagedByFile || layer.policy == neutral) continue;
    const bool declared =
        std::any_of(file_.layers.begin(), file_.layers.end(), [&](const DeclaredLayer& candidate) {
          return candidate.kind == layer.kind && scope_id(candidate) == layer.scope_id;
        });
    if (declared) continue;
    layer.policy = neutral;
    layer.updated_at = now_;
    const std::string object = fmt::format("policy {}{}{}", domain::to_string(layer.kind),
                                           layer.scope_id.empty() ? "" : " ", layer.scope_id);
    if (auto done = named(store_.catalog().upsert_layer(layer, actor_), object); !done) return done;
    note(Change::disabled, object);
  }
  return {};
}

Applier::Done Applier::retire_keys() {
  for (domain::VirtualKey key : keys_) {
    if (key.managed_by != kManagedByFile || key.disabled || key.revoked_at || declares_key(key.name))
      continue;
    key.disabled = true;
    key.updated_at = now_;
    const std::string object = fmt::format("key {}", key.name);
    if (auto done = named(store_.keys().update(key, actor_), object); !done) return done;
    note(Change::disabled, object);
  }
  return {};
}

/// Rows of routes do not say who manages them, so the ones of the last file are kept as a record.
Applier::Done Applier::retire_routes() {
  std::string now_declared;
  for (const domain::RouteSettings& route : file_.routes) {
    now_declared += (now_declared.empty() ? "" : ",") + std::string(domain::route_id(route.route));
  }
  const auto before = store_.secrets().get(std::string(kRoutesRecord));
  if (!before) return std::unexpected(before.error());
  for (const std::string& id : config::split_list(before->value_or(""))) {
    const bool declared =
        std::any_of(file_.routes.begin(), file_.routes.end(),
                    [&](const domain::RouteSettings& route) { return domain::route_id(route.route) == id; });
    if (declared) continue;
    for (const domain::RouteSettings& row : rows_.routes) {
      if (domain::route_id(row.route) != id) continue;
      const std::string object = fmt::format("route {}", id);
      if (auto done = named(store_.catalog().put_route_settings({.route = row.route}, actor_), object); !done)
        return done;
      note(Change::disabled, object);
    }
  }
  // A gateway that never declared a route keeps no record of it.
  if (now_declared.empty() && !*before) return {};
  return put_record(kRoutesRecord, now_declared);
}

Applier::Done Applier::put_record(std::string_view name, const std::string& value) {
  const std::string key(name);
  auto stored = store_.secrets().get(key);
  if (!stored) return std::unexpected(stored.error());
  std::string current;
  if (*stored) {
    current = **stored;
  } else {
    auto put = store_.secrets().put_if_absent(key, value);
    if (!put) return std::unexpected(put.error());
    current = std::move(*put);
  }
  if (current == value) return {};
  auto replaced = store_.secrets().replace(key, current, value);
  // Another replica has just applied its file; its record is as good as ours.
  if (!replaced && replaced.error().code == core::ErrorCode::conflict) return {};
  return replaced;
}

}  // namespace relayna::declare
