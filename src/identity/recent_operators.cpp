#include "identity/recent_operators.hpp"

#include <algorithm>

namespace relayna::identity {

void RecentOperators::remember(const core::Digest& credential, const Identified& who) {
  const std::lock_guard lock(mutex_);
  if (seen_.size() >= kMost && !seen_.contains(credential)) {
    seen_.erase(std::ranges::min_element(seen_, {}, [](const auto& entry) { return entry.second.at; }));
  }
  seen_[credential] = {who, clock_.now()};
}

void RecentOperators::forget(const core::Digest& credential) {
  const std::lock_guard lock(mutex_);
  seen_.erase(credential);
}

std::optional<Identified> RecentOperators::find(const core::Digest& credential) const {
  const std::lock_guard lock(mutex_);
  const auto found = seen_.find(credential);
  if (found == seen_.end() || clock_.now() - found->second.at > kRemembered) return std::nullopt;
  const Identified& who = found->second.who;
  if (who.session_ends_at && *who.session_ends_at <= clock_.wall()) return std::nullopt;
  return who;
}

}  // namespace relayna::identity
