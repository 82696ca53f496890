#pragma once

#include <string>
#include <vector>

#include "relayna/domain/balance.hpp"
#include "relayna/domain/limit_rules.hpp"

#include "control/alerts/rules.hpp"

namespace relayna::control {

/// The money limits of a scope and what its durable balance says of them.
std::vector<BudgetState> budget_states(const std::string& counter, const domain::LimitedScope& scope,
                                       const domain::Balance& balance);

}  // namespace relayna::control
