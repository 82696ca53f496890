#include <algorithm>

#include "relayna/catalog/build.hpp"

#include "control/api/parts.hpp"
#include "control/resources/key_shape.hpp"
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

core::Result<Answer> simulate(const Resources& with, Call& call) {
  call.query.finish(call.problems);
  SimulationRequest wanted;
  simulation_shape().create(call.body, wanted, call.problems);
  auto rows = with.store.catalog().load();
  if (!rows) return std::unexpected(std::move(rows.error()));
  apply_changes(wanted.changes, *rows, call.problems);
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
