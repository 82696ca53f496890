#pragma once

#include "relayna/domain/limit_rules.hpp"
#include "relayna/store/store.hpp"

namespace relayna::ledger {

/// What the store is asked for the durable part of a counter, as of `at`.
inline store::BalanceQuery balance_query(const domain::LimitedScope& scope, core::SystemTime at) {
  const auto& target = scope.target;
  return {.key_id = target.key_id,
          .project_id = target.project_id,
          .team_id = target.team_id,
          .end_user = target.end_user,
          .model = target.model,
          .route = target.route,
          .counter = scope.id(),
          .at = at};
}

}  // namespace relayna::ledger
