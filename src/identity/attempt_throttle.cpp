#include "identity/attempt_throttle.hpp"

#include <algorithm>

namespace relayna::identity {

bool AttemptThrottle::forgotten(const Entry& entry, core::TimePoint now) const {
  return now - entry.last >= settings_.forgotten_after;
}

core::Duration AttemptThrottle::wait_after(int failures) const {
  const int beyond = failures - settings_.free_failures;
  if (beyond < 0) return core::Duration::zero();
  constexpr int kMaxDoublings = 30;  // of seconds, in 64 bits of nanoseconds
  const auto doubled = settings_.first_wait * (std::int64_t{1} << std::min(beyond, kMaxDoublings));
  return std::min<core::Duration>(doubled, settings_.longest_wait);
}

std::chrono::seconds AttemptThrottle::wait(std::string_view subject, core::TimePoint now) const {
  const auto found = by_subject_.find(subject);
  if (found == by_subject_.end() || forgotten(*found->second, now)) return std::chrono::seconds::zero();
  const auto left = found->second->last + wait_after(found->second->failures) - now;
  return std::max(std::chrono::seconds::zero(), std::chrono::ceil<std::chrono::seconds>(left));
}

void AttemptThrottle::failed(std::string_view subject, core::TimePoint now) {
  const auto found = by_subject_.find(subject);
  if (found != by_subject_.end()) {
    Entry& entry = *found->second;
    if (forgotten(entry, now)) entry.failures = 0;
    ++entry.failures;
    entry.last = now;
    entries_.splice(entries_.begin(), entries_, found->second);
    return;
  }
  if (entries_.size() >= settings_.subjects) {
    by_subject_.erase(entries_.back().subject);
    entries_.pop_back();
  }
  entries_.push_front({.subject = std::string(subject), .failures = 1, .last = now});
  by_subject_.emplace(entries_.front().subject, entries_.begin());
}

void AttemptThrottle::succeeded(std::string_view subject) {
  const auto found = by_subject_.find(subject);
  if (found == by_subject_.end()) return;
  const auto entry = found->second;
  by_subject_.erase(found);
  entries_.erase(entry);
}

}  // namespace relayna::identity
