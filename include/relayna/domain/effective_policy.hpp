#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "relayna/domain/policy.hpp"

namespace relayna::domain {

/// One layer that took part, for the simulator and the log.
struct AppliedLayer {
  LayerKind kind = LayerKind::global;
  std::string scope_id;
  std::int64_t policy_version = 1;
  friend bool operator==(const AppliedLayer&, const AppliedLayer&) = default;
};

/// What holds for one key on one route with one model. Depends on nothing else, so it is cached per (key,
/// route, model) until the catalog's revision or the key changes.
struct EffectivePolicy {
  Policy policy;
  std::vector<AppliedLayer> applied;
};

/// Whose policy is asked for. Empty: not known or none, and layers of that kind do not apply.
struct PolicyScope {
  std::string_view project_id;
  std::string_view team_id;
  std::string_view route;  ///< label
  std::string_view model;  ///< resolved, bare
  std::string_view key_id;
};

/// Merges the matching `layers` in the order global, project, team, route, model, key, then the key's own
/// policy. Layers may come in any order. No matching layer: the key's policy alone.
EffectivePolicy compute(const std::vector<PolicyLayer>& layers, const Policy& key_policy,
                        const PolicyScope& scope);

}  // namespace relayna::domain
