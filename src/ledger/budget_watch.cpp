#include "relayna/ledger/budget_watch.hpp"

namespace relayna::ledger {

namespace {

bool is_near(std::int64_t limit, std::int64_t used) noexcept {
  return limit > 0 && static_cast<__int128>(used) * 100 >= static_cast<__int128>(limit) * BudgetWatch::kNear;
}

bool any_near(const domain::LimitedScope& scope, const counters::Standing& at) noexcept {
  for (std::size_t i = 0; i < domain::kLimitKinds; ++i) {
    const auto kind = static_cast<domain::LimitKind>(i);
    if (!domain::is_money(kind)) continue;
    if (is_near(scope.hard.of(kind), at.used[i]) || is_near(scope.soft.of(kind), at.used[i])) return true;
  }
  return false;
}

}  // namespace

void BudgetWatch::note(const std::string& counter, const domain::LimitedScope& scope,
                       const counters::Standing& at) {
  if (!scope.hard.has_money() && !scope.soft.has_money()) return;
  if (!at.durable_known || !any_near(scope, at)) return;
  const std::lock_guard lock(mutex_);
  const auto known = near_.find(counter);
  if (known != near_.end()) {
    known->second.hard = scope.hard;
    known->second.soft = scope.soft;
  } else if (near_.size() < kMost) {
    near_.emplace(counter, scope);
  }
}

std::vector<BudgetWatch::Near> BudgetWatch::near() const {
  const std::lock_guard lock(mutex_);
  std::vector<Near> all;
  all.reserve(near_.size());
  for (const auto& [counter, scope] : near_) all.push_back({counter, scope});
  return all;
}

void BudgetWatch::forget(const std::string& counter) {
  const std::lock_guard lock(mutex_);
  near_.erase(counter);
}

}  // namespace relayna::ledger
