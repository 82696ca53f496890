#include "relayna/domain/effective_policy.hpp"

#include "relayna/domain/policy_trace.hpp"

namespace relayna::domain {

EffectivePolicy compute(const std::vector<PolicyLayer>& layers, const Policy& key_policy,
                        const PolicyScope& scope) {
  EffectivePolicy out;
  // Merging into a neutral policy changes nothing but the version's floor, which is 1 anyway.
  for (const PolicySource& source : policy_sources(layers, key_policy, scope)) {
    out.policy = merge(out.policy, *source.policy);
    if (const PolicyLayer* layer = source.layer)
      out.applied.push_back({layer->kind, layer->scope_id, layer->policy.policy_version});
  }
  return out;
}

}  // namespace relayna::domain
