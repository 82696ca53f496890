#include "control/api/add_resource.hpp"
#include "control/resources/common_fields.hpp"
#include "control/resources/dependents.hpp"
#include "control/resources/policy_part.hpp"
#include "control/resources/references.hpp"
#include "control/resources/resources.hpp"
#include "control/resources/shapes.hpp"

namespace relayna::control {

namespace {

using domain::LayerKind;
using domain::PolicyLayer;

constexpr std::size_t kMostScope = 256;

Codec<LayerKind> layer_kind() {
  std::vector<std::pair<LayerKind, std::string_view>> kinds;
  for (const auto kind : {LayerKind::global, LayerKind::project, LayerKind::team, LayerKind::route,
                          LayerKind::model, LayerKind::key}) {
    kinds.emplace_back(kind, domain::to_string(kind));
  }
  return choice(std::move(kinds));
}

/// What needs no look at other rows.
void check_scope(const PolicyLayer& layer, Problems& problems) {
  const auto& scope = layer.scope_id;
  if (layer.kind == LayerKind::global) {
    if (!scope.empty()) problems.add("scope_id", "does not go with the kind global");
    return;
  }
  if (scope.empty()) {
    problems.add("scope_id", "is required: which " + std::string(domain::to_string(layer.kind)));
    return;
  }
  const bool pattern = layer.kind == LayerKind::route || layer.kind == LayerKind::model;
  if (pattern && scope.find('*') < scope.size() - 1)
    problems.add("scope_id", "may have a `*` at its end only");
  if (layer.kind == LayerKind::route && !scope.ends_with('*') && !domain::parse_route_label(scope))
    problems.add("scope_id", "names no route; give its label, for example /v1/chat/completions");
}

/// One layer for each.
Problem taken(const PolicyLayer& layer) {
  if (layer.kind == LayerKind::global)
    return {"kind", "There is a global policy layer already; change that one."};
  return {"scope_id", "There is a policy layer of this " + std::string(domain::to_string(layer.kind)) +
                          " already; change that one."};
}

}  // namespace

const Shape<PolicyLayer>& layer_shape() {
  static const auto shape = [] {
    Shape<PolicyLayer> layer("PolicyLayer", "A policy that holds beside the keys' own: for all of a kind.");
    add_id(layer);
    layer
        .field("kind", &PolicyLayer::kind, layer_kind(), Field::fixed_required,
               "Layers merge in the order global, project, team, route, model, key.")
        .listed("kind", true);
    layer
        .field("scope_id", &PolicyLayer::scope_id, optional_text(kMostScope), Field::fixed,
               "The id of a project, team or key; a route's label or a model, also with a trailing `*`; null "
               "for global. One layer for each.")
        .listed("scope_id");
    layer.field("policy", &PolicyLayer::policy, policy_codec(), Field::settable, "What it says.");
    add_provenance(layer);
    layer.rule({"kind", "scope_id"}, check_scope);
    return layer;
  }();
  return shape;
}

void add_policy_layers(Api& api, const Resources& with) {
  Resource<PolicyLayer> layers{.path = "policy-layers",
                               .tag = "Policy layers",
                               .one = "policy layer",
                               .shape = &layer_shape(),
                               .read_scope = "policies:read",
                               .write_scope = "policies:write",
                               .search = "scope_id"};
  auto& store = with.store.administration();
  layers.taken = taken;
  layers.check_body = [&store](const Call& call) {
    return check_scope_id(store, call.body, "kind", "scope_id");
  };
  layers.before_update = [](Change<PolicyLayer>& change) -> core::Result<void> {
    count_version(change.row.policy, change.before->policy);
    return {};
  };
  add_resource(api, store, layers);
}

}  // namespace relayna::control
