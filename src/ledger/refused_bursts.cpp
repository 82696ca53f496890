#include "ledger/refused_bursts.hpp"

#include <utility>

namespace relayna::ledger {

std::optional<domain::UsageEvent> RefusedBursts::add(domain::UsageEvent refused, core::TimePoint now) {
  scratch_.assign(refused.key_id).append(1, '\n').append(refused.error_code);
  const std::size_t coarse = scratch_.size();
  for (const std::string* part : {&refused.route, &refused.model, &refused.end_user})
    scratch_.append(1, '\n').append(*part);
  auto found = bursts_.find(scratch_);
  if (found == bursts_.end() && bursts_.size() >= kMostKinds) {
    scratch_.resize(coarse);
    refused.route.clear();
    refused.model.clear();
    refused.end_user.clear();
    found = bursts_.find(scratch_);
  }
  if (found == bursts_.end()) {
    bursts_.emplace(scratch_, Burst{.until = now + interval_, .folded = {}});
    return refused;
  }
  auto& folded = found->second.folded;
  if (folded) {
    folded->refused_count += refused.refused_count;
  } else {
    folded = std::move(refused);
  }
  return std::nullopt;
}

std::vector<domain::UsageEvent> RefusedBursts::due(core::TimePoint now) {
  std::vector<domain::UsageEvent> out;
  for (auto it = bursts_.begin(); it != bursts_.end();) {
    Burst& burst = it->second;
    if (burst.until > now) {
      ++it;
    } else if (!burst.folded) {
      it = bursts_.erase(it);
    } else {
      out.push_back(*std::exchange(burst.folded, std::nullopt));
      burst.until = now + interval_;  // what goes on is one event per interval
      ++it;
    }
  }
  return out;
}

std::vector<domain::UsageEvent> RefusedBursts::rest() {
  std::vector<domain::UsageEvent> out;
  for (auto& [kind, burst] : std::exchange(bursts_, {})) {
    if (burst.folded) out.push_back(std::move(*burst.folded));
  }
  return out;
}

}  // namespace relayna::ledger
