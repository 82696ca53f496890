#include "control/alerts/budgets.hpp"

namespace relayna::control {

namespace {

using domain::LimitKind;

std::int64_t used_of(LimitKind kind, const domain::Balance& balance) {
  switch (kind) {
    case LimitKind::usd_per_day:
      return balance.cost_today;
    case LimitKind::usd_per_week:
      return balance.cost_this_week;
    case LimitKind::usd_per_month:
      return balance.cost_this_month;
    default:
      return balance.cost_total;
  }
}

}  // namespace

std::vector<BudgetState> budget_states(const std::string& counter, const domain::LimitedScope& scope,
                                       const domain::Balance& balance) {
  std::vector<BudgetState> states;
  for (const auto kind :
       {LimitKind::usd_per_day, LimitKind::usd_per_week, LimitKind::usd_per_month, LimitKind::usd_total}) {
    for (const bool hard : {true, false}) {
      const auto limit = (hard ? scope.hard : scope.soft).of(kind);
      if (limit > 0) states.push_back({counter, kind, limit, used_of(kind, balance), hard});
    }
  }
  return states;
}

}  // namespace relayna::control
