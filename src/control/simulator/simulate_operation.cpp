#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "relayna/catalog/build.hpp"

#include "control/api/parts.hpp"
#include "control/resources/key_shape.hpp"
#include "control/resources/provider_references.hpp"
#include "control/resources/references.hpp"
#include "control/simulator/simulation_json.hpp"
#include "control/simulator/simulation_request.hpp"
#include "control/simulator/simulator.hpp"
#include "control/simulator/unsaved_changes.hpp"

namespace relayna::control {

namespace {

using domain::VirtualKey;

/// The stored key with what would be different about it. Errors: not_found, the store's.
core::Result<VirtualKey> stored_key(const Resources& with, const SimulationRequest& wanted,
                                    Problems& problems) {
  auto key = with.store.keys().get(wanted.key_id);
  if (!key) {
    if (key.error().code != core::ErrorCode::not_found) return key;
    return core::fail(core::ErrorCode::not_found, "There is no virtual key with this id.");
  }
  if (!wanted.key.is_null()) key_shape().patch(wanted.key, *key, problems);
  return key;
}

/// One that only this question knows.
VirtualKey unsaved_key(const SimulationRequest& wanted, core::SystemTime now, Problems& problems) {
  VirtualKey key;
  key.id = Call::new_id();
  key.created_at = now;
  json::Document body = wanted.key.is_null() ? json::Document::object() : wanted.key;
  if (!body.contains("name")) body["name"] = "unsaved";
  key_shape().create(body, key, problems);
  return key;
}

core::Result<VirtualKey> find_key(const Resources& with, const SimulationRequest& wanted, Call& call,
                                  const store::CatalogRows& rows) {
  Problems within;
  auto key = wanted.key_id.empty() ? unsaved_key(wanted, call.now, within) : stored_key(with, wanted, within);
  if (!key) return key;
  const auto& project = key->project_id;
  if (!project.empty() &&
      std::ranges::find(rows.projects, project, &domain::Project::id) == rows.projects.end())
    within.add("project_id", "is the id of no project");
  add_below("key", within, call.problems);
  return key;
}

using References = std::function<core::Result<Problems>(const json::Document&)>;

/// What the entries of `kind` refer to and is not there. What is removed may refer to anything.
core::Result<void> check_entries(const json::Document& changes, const char* kind, const References& wrong,
                                 Problems& problems) {
  const auto entries = changes.find(kind);
  if (entries == changes.end() || !entries->is_array() || entries->size() > kMostChanges) return {};
  for (std::size_t i = 0; i < entries->size(); ++i) {
    const auto& entry = (*entries)[i];
    if (!entry.is_object() || entry.contains("remove")) continue;
    const auto found = wrong(entry);
    if (!found) return std::unexpected(found.error());
    Problems within;
    add_below(fmt::format("changes.{}[{}]", kind, i), *found, within);
    problems.add_missing(within);
  }
  return {};
}

core::Result<void> check_references(const Resources& with, const json::Document& changes,
                                    Problems& problems) {
  if (!changes.is_object()) return {};
  auto& store = with.store.administration();
  const std::pair<const char*, References> kinds[] = {
      {"policy_layers", [&](const auto& entry) { return check_scope_id(store, entry, "kind", "scope_id"); }},
      {"limits", [&](const auto& entry) { return check_scope_id(store, entry, "scope", "target"); }},
      {"models", [&](const auto& entry) { return wrong_providers_of_model(with, entry); }}};
  for (const auto& [kind, wrong] : kinds) {
    if (auto checked = check_entries(changes, kind, wrong, problems); !checked) return checked;
  }
  return {};
}

core::Result<Answer> simulate(const Resources& with, Call& call) {
  SimulationRequest wanted;
  simulation_shape().create(call.body, wanted, call.problems);
  auto rows = with.store.catalog().load();
  if (!rows) return std::unexpected(std::move(rows.error()));
  apply_changes(wanted.changes, *rows, call.problems);
  if (auto checked = check_references(with, wanted.changes, call.problems); !checked)
    return std::unexpected(std::move(checked.error()));
  auto key = find_key(with, wanted, call, *rows);
  if (!key) return std::unexpected(std::move(key.error()));
  if (!call.problems.empty()) return std::unexpected(call.problems.error());

  const auto open = [&](std::string_view sealed, std::string_view context) {
    return with.keyring.open(sealed, context);
  };
  auto built = catalog::build_snapshot(*rows, with.environment_providers, open);
  const auto request = simulated(wanted, call);
  const auto result = pipeline::simulate(std::move(built.snapshot), identity::known_key(std::move(*key), {}),
                                         request, with.pipeline.settings().max_request_body_bytes);
  Answer answer;
  answer.body = show(result, !wanted.key_id.empty(), request.at);
  return answer;
}

}  // namespace

void add_simulator(Api& api, const Resources& with) {
  add_simulation_schemas(api);
  Operation made;
  made.method = "POST";
  made.path = "/admin/policy/simulate";
  made.scope = "policies:read";
  made.id = "policies.simulate";
  made.tag = "Policy layers";
  made.summary = "What would become of a request";
  made.about =
      "Decides a request nobody has sent as the proxy listener would: who may ask, the route, the layers and "
      "rules in force, the places it could go, the limits it would be charged to. Nothing is sent, counted "
      "or "
      "saved. `key` and `changes` say what would be different; they are judged as if they had been saved. "
      "Limits are not asked: whether they have room depends on the moment.";
  made.request = create_schema(simulation_shape().fields());
  made.response = reference("PolicySimulation");
  made.errors = {core::ErrorCode::not_found};
  made.run = Operation::Blocking([&with](Call& call) { return simulate(with, call); });
  api.add(std::move(made));
}

}  // namespace relayna::control
