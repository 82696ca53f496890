#include "control/api/resource.hpp"
#include "control/resources/common_fields.hpp"
#include "control/resources/policy_part.hpp"
#include "control/resources/resources.hpp"

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
    layer.rule(check_scope);
    return layer;
  }();
  return shape;
}

template <class R>
core::Result<void> must_exist(Change<PolicyLayer>& change) {
  auto found = change.unit.of<R>().find(change.row.scope_id);
  if (!found) return std::unexpected(std::move(found.error()));
  if (*found) return {};
  change.call.problems.add("scope_id", "is the id of no " + std::string(domain::to_string(change.row.kind)));
  return std::unexpected(change.call.problems.error());
}

core::Result<void> check_target(Change<PolicyLayer>& change) {
  switch (change.row.kind) {
    case LayerKind::project:
      return must_exist<domain::Project>(change);
    case LayerKind::team:
      return must_exist<domain::Team>(change);
    case LayerKind::key:
      return must_exist<domain::VirtualKey>(change);
    case LayerKind::global:
    case LayerKind::route:
    case LayerKind::model:
      break;
  }
  return {};
}

}  // namespace

void add_policy_layers(Api& api, const Resources& with) {
  Resource<PolicyLayer> layers{.path = "policy-layers",
                               .tag = "Policy layers",
                               .one = "policy layer",
                               .shape = &layer_shape(),
                               .read_scope = "policies:read",
                               .write_scope = "policies:write",
                               .search = "scope_id"};
  layers.before_create = check_target;
  layers.before_update = [](Change<PolicyLayer>& change) -> core::Result<void> {
    count_version(change.row.policy, change.before->policy);
    return {};
  };
  add_resource(api, with.store.administration(), layers);
}

}  // namespace relayna::control
