#pragma once

#include "relayna/domain/effective_policy.hpp"

namespace relayna::domain {

/// Whether `layer` holds for what `scope` describes: for its key, or for the route or model it asks for. A
/// scope that does not know its project, team, route, model or key is not meant by layers on one.
inline bool layer_applies(const PolicyLayer& layer, const PolicyScope& scope) noexcept {
  const auto is = [&](std::string_view id) { return !id.empty() && layer.scope_id == id; };
  const auto matches = [&](std::string_view name) {
    return !name.empty() && pattern_matches(layer.scope_id, name);
  };
  switch (layer.kind) {
    case LayerKind::global:
      return true;
    case LayerKind::project:
      return is(scope.project_id);
    case LayerKind::team:
      return is(scope.team_id);
    case LayerKind::route:
      return matches(scope.route);
    case LayerKind::model:
      return matches(scope.model);
    case LayerKind::key:
      return is(scope.key_id);
  }
  return false;
}

}  // namespace relayna::domain
