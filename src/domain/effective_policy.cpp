#include "relayna/domain/effective_policy.hpp"

#include <array>
#include <utility>

namespace relayna::domain {
namespace {

bool applies(const PolicyLayer& layer, const PolicyScope& scope) noexcept {
  const auto is = [&](std::string_view id) { return !id.empty() && layer.scope_id == id; };
  switch (layer.kind) {
    case LayerKind::global:
      return true;
    case LayerKind::project:
      return is(scope.project_id);
    case LayerKind::team:
      return is(scope.team_id);
    case LayerKind::route:
      return !scope.route.empty() && pattern_matches(layer.scope_id, scope.route);
    case LayerKind::model:
      return !scope.model.empty() && pattern_matches(layer.scope_id, scope.model);
    case LayerKind::key:
      return is(scope.key_id);
  }
  return false;
}

}  // namespace

EffectivePolicy compute(const std::vector<PolicyLayer>& layers, const Policy& key_policy,
                        const PolicyScope& scope) {
  constexpr std::array kOrder{LayerKind::global, LayerKind::project, LayerKind::team,
                              LayerKind::route,  LayerKind::model,   LayerKind::key};
  EffectivePolicy out;
  // Merging into a neutral policy changes nothing but the version's floor, which is 1 anyway.
  for (const LayerKind kind : kOrder) {
    for (const PolicyLayer& layer : layers) {
      if (layer.kind != kind || !applies(layer, scope)) continue;
      out.policy = merge(out.policy, layer.policy);
      out.applied.push_back({layer.kind, layer.scope_id, layer.policy.policy_version});
    }
  }
  out.policy = merge(out.policy, key_policy);
  return out;
}

}  // namespace relayna::domain
