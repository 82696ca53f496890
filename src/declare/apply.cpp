// The order of a run, and the objects of the catalog. Keys are in apply_keys.cpp, what is gone from the file
// in retire.cpp.
#include <fmt/format.h>

#include "relayna/catalog/build.hpp"

#include "declare/applier.hpp"

namespace relayna::declare {
namespace {

template <class T>
const T* by_name(const std::vector<T>& all, std::string_view name) {
  for (const T& candidate : all) {
    if (candidate.name == name) return &candidate;
  }
  return nullptr;
}

bool same(const domain::Provider& a, const domain::Provider& b) {
  return a.kind == b.kind && a.base_url == b.base_url && a.enabled == b.enabled && a.header == b.header &&
         a.fallback == b.fallback && a.connect_timeout_ms == b.connect_timeout_ms &&
         a.first_byte_timeout_ms == b.first_byte_timeout_ms && a.idle_timeout_ms == b.idle_timeout_ms &&
         a.managed_by == b.managed_by;
}

bool same(const domain::Model& a, const domain::Model& b) {
  return a.provider == b.provider && a.upstream_model == b.upstream_model && a.enabled == b.enabled &&
         a.managed_by == b.managed_by;
}

bool same(const domain::RouteSettings& a, const domain::RouteSettings& b) {
  return a.route == b.route && a.enabled == b.enabled && a.timeout_ms == b.timeout_ms &&
         a.max_request_body_bytes == b.max_request_body_bytes &&
         a.max_response_body_bytes == b.max_response_body_bytes &&
         a.drain_on_disconnect == b.drain_on_disconnect && a.request_cost == b.request_cost;
}

}  // namespace

core::Result<Report> apply(const File& file, store::Store& store, const Sealing& sealing,
                           core::SystemTime now) {
  return Applier(file, store, sealing, now).run();
}

core::Result<Report> Applier::run() {
  // Owners before what they own, providers and their prices before the models that lead to them, restrictions
  // before the keys they restrict; what is gone from the file goes last, when its replacement is there. A
  // renamed key is found by its secret before it could be retired under its old name.
  using Step = Done (Applier::*)();
  for (const Step step :
       {&Applier::load, &Applier::apply_teams, &Applier::apply_projects, &Applier::apply_providers,
        &Applier::apply_prices, &Applier::apply_models, &Applier::apply_routes, &Applier::apply_layers,
        &Applier::apply_limits, &Applier::apply_keys, &Applier::apply_layers_of_keys,
        &Applier::apply_limits_of_keys, &Applier::retire_keys, &Applier::retire_layers,
        &Applier::retire_limits, &Applier::retire_upstreams, &Applier::retire_owners, &Applier::retire_routes,
        &Applier::retire_prices}) {
    if (auto done = (this->*step)(); !done) return std::unexpected(done.error());
  }
  if (auto done = put_record(kRevisionRecord, file_.revision); !done) return std::unexpected(done.error());
  return std::move(report_);
}

Applier::Done Applier::load() {
  auto rows = store_.catalog().load();
  if (!rows) return std::unexpected(rows.error());
  rows_ = std::move(*rows);
  return load_keys();
}

void Applier::note(Change change, std::string object) {
  switch (change) {
    case Change::created:
      return report_.created.push_back(std::move(object));
    case Change::updated:
      return report_.updated.push_back(std::move(object));
    case Change::unchanged:
      return report_.unchanged.push_back(std::move(object));
    case Change::disabled:
      return report_.disabled.push_back(std::move(object));
  }
}

Applier::Done Applier::named(Done done, std::string_view object) {
  if (!done) done.error().message = fmt::format("{}: {}", object, done.error().public_message());
  return done;
}

Applier::Done Applier::apply_teams() {
  bool wrote = false;
  for (const std::string& name : file_.teams) {
    const domain::Team* stored = by_name(rows_.teams, name);
    domain::Team team =
        stored == nullptr ? domain::Team{.id = new_id(), .name = name, .created_at = now_} : *stored;
    const std::string object = fmt::format("team {}", name);
    if (stored != nullptr && stored->managed_by == kManagedByFile && !stored->disabled) {
      note(Change::unchanged, object);
      continue;
    }
    team.managed_by = kManagedByFile;
    team.disabled = false;
    team.updated_at = now_;
    if (auto done = named(store_.catalog().upsert_team(team, actor_), object); !done) return done;
    note(stored == nullptr ? Change::created : Change::updated, object);
    wrote = true;
  }
  // Another replica may have been first: the row that is there keeps its id.
  return wrote ? load() : Done{};
}

Applier::Done Applier::apply_projects() {
  bool wrote = false;
  for (const DeclaredProject& declared : file_.projects) {
    const domain::Project* stored = by_name(rows_.projects, declared.name);
    domain::Project project = stored == nullptr
                                  ? domain::Project{.id = new_id(), .name = declared.name, .created_at = now_}
                                  : *stored;
    const domain::Team* team = by_name(rows_.teams, declared.team);
    const std::string team_id = team == nullptr ? "" : team->id;
    const std::string object = fmt::format("project {}", declared.name);
    if (stored != nullptr && stored->managed_by == kManagedByFile && !stored->disabled &&
        stored->team_id == team_id) {
      note(Change::unchanged, object);
      continue;
    }
    project.team_id = team_id;
    project.managed_by = kManagedByFile;
    project.disabled = false;
    project.updated_at = now_;
    if (auto done = named(store_.catalog().upsert_project(project, actor_), object); !done) return done;
    note(stored == nullptr ? Change::created : Change::updated, object);
    wrote = true;
  }
  return wrote ? load() : Done{};
}

Applier::Done Applier::apply_providers() {
  for (const domain::Provider& declared : file_.providers) {
    if (auto done = named(apply_provider(declared), fmt::format("provider {}", declared.name)); !done)
      return done;
  }
  return {};
}

Applier::Done Applier::apply_provider(const domain::Provider& declared) {
  const store::ProviderRow* stored = nullptr;
  for (const store::ProviderRow& row : rows_.providers) {
    if (row.provider.name == declared.name) stored = &row;
  }
  // The sealed form differs each time, so it is the plaintext that is compared. A credential that does not
  // open any more is sealed anew.
  const std::string context = catalog::provider_context(declared.name);
  bool same_credential =
      stored != nullptr && declared.credential.empty() && stored->sealed_credential.empty();
  if (stored != nullptr && !declared.credential.empty() && !stored->sealed_credential.empty()) {
    const auto opened = sealing_.open(stored->sealed_credential, context);
    same_credential = opened && *opened == declared.credential;
  }
  const std::string object = fmt::format("provider {}", declared.name);
  if (stored != nullptr && same_credential && same(stored->provider, declared)) {
    note(Change::unchanged, object);
    return {};
  }
  store::ProviderRow row{declared, {}};
  row.provider.credential = {};
  row.provider.id = stored == nullptr ? new_id() : stored->provider.id;
  row.provider.created_at = stored == nullptr ? now_ : stored->provider.created_at;
  row.provider.updated_at = now_;
  if (same_credential) {
    row.sealed_credential = stored->sealed_credential;
  } else if (!declared.credential.empty()) {
    auto sealed = sealing_.seal(declared.credential.reveal(), context);
    if (!sealed) return std::unexpected(sealed.error());
    row.sealed_credential = std::move(*sealed);
  }
  if (auto done = store_.catalog().upsert_provider(row, actor_); !done) return done;
  note(stored == nullptr ? Change::created : Change::updated, object);
  return {};
}

Applier::Done Applier::apply_models() {
  for (const domain::Model& declared : file_.models) {
    const domain::Model* stored = by_name(rows_.models, declared.name);
    const std::string object = fmt::format("model {}", declared.name);
    if (stored != nullptr && same(*stored, declared)) {
      note(Change::unchanged, object);
      continue;
    }
    domain::Model model = declared;
    model.created_at = stored == nullptr ? now_ : stored->created_at;
    model.updated_at = now_;
    if (auto done = named(store_.catalog().upsert_model(model, actor_), object); !done) return done;
    note(stored == nullptr ? Change::created : Change::updated, object);
  }
  return {};
}

Applier::Done Applier::apply_routes() {
  for (const domain::RouteSettings& declared : file_.routes) {
    const std::string object = fmt::format("route {}", domain::route_id(declared.route));
    const domain::RouteSettings* stored = nullptr;
    for (const domain::RouteSettings& row : rows_.routes) {
      if (row.route == declared.route) stored = &row;
    }
    if (stored != nullptr && same(*stored, declared)) {
      note(Change::unchanged, object);
      continue;
    }
    if (auto done = named(store_.catalog().put_route_settings(declared, actor_), object); !done) return done;
    note(stored == nullptr ? Change::created : Change::updated, object);
  }
  return {};
}

std::string Applier::project_id(const std::string& name) const {
  const domain::Project* project = name.empty() ? nullptr : by_name(rows_.projects, name);
  return project == nullptr ? "" : project->id;
}

std::string Applier::team_id(const std::string& name) const {
  const domain::Team* team = by_name(rows_.teams, name);
  return team == nullptr ? "" : team->id;
}

std::string Applier::key_id(const std::string& name) const {
  for (const domain::VirtualKey& key : keys_) {
    if (key.name == name && !key.revoked_at) return key.id;
  }
  return {};
}

std::string Applier::scope_id(const DeclaredLayer& layer) const {
  switch (layer.kind) {
    case domain::LayerKind::project:
      return project_id(layer.scope);
    case domain::LayerKind::team:
      return team_id(layer.scope);
    case domain::LayerKind::key:
      return key_id(layer.scope);
    default:
      return layer.scope;
  }
}

Applier::Done Applier::apply_layers() {
  return apply_layers_where(false);
}

Applier::Done Applier::apply_layers_of_keys() {
  return apply_layers_where(true);
}

Applier::Done Applier::apply_layers_where(bool of_keys) {
  for (const DeclaredLayer& declared : file_.layers) {
    if ((declared.kind == domain::LayerKind::key) != of_keys) continue;
    const std::string object = fmt::format("policy {}{}{}", domain::to_string(declared.kind),
                                           declared.scope.empty() ? "" : " ", declared.scope);
    const std::string scope = scope_id(declared);
    if (scope.empty() && declared.kind != domain::LayerKind::global) {
      report_.skipped.push_back(fmt::format("{}: what it is for does not exist", object));
      continue;
    }
    const domain::PolicyLayer* stored = nullptr;
    for (const domain::PolicyLayer& row : rows_.layers) {
      if (row.kind == declared.kind && row.scope_id == scope) stored = &row;
    }
    if (stored != nullptr && stored->policy == declared.policy && stored->managed_by == kManagedByFile) {
      note(Change::unchanged, object);
      continue;
    }
    domain::PolicyLayer layer{.id = stored == nullptr ? new_id() : stored->id,
                              .kind = declared.kind,
                              .scope_id = scope,
                              .policy = declared.policy,
                              .managed_by = std::string(kManagedByFile),
                              .created_at = stored == nullptr ? now_ : stored->created_at,
                              .updated_at = now_};
    if (auto done = named(store_.catalog().upsert_layer(layer, actor_), object); !done) return done;
    note(stored == nullptr ? Change::created : Change::updated, object);
  }
  return {};
}

}  // namespace relayna::declare
