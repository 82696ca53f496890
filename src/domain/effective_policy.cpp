#include "relayna/domain/effective_policy.hpp"

#include <array>
#include <utility>

#include "domain/layer_scope.hpp"

namespace relayna::domain {

EffectivePolicy compute(const std::vector<PolicyLayer>& layers, const Policy& key_policy,
                        const PolicyScope& scope) {
  constexpr std::array kOrder{LayerKind::global, LayerKind::project, LayerKind::team,
                              LayerKind::route,  LayerKind::model,   LayerKind::key};
  EffectivePolicy out;
  // Merging into a neutral policy changes nothing but the version's floor, which is 1 anyway.
  for (const LayerKind kind : kOrder) {
    for (const PolicyLayer& layer : layers) {
      if (layer.kind != kind || !layer_applies(layer, scope)) continue;
      out.policy = merge(out.policy, layer.policy);
      out.applied.push_back({layer.kind, layer.scope_id, layer.policy.policy_version});
    }
  }
  out.policy = merge(out.policy, key_policy);
  return out;
}

}  // namespace relayna::domain
