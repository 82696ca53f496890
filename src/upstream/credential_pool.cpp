#include "relayna/upstream/credential_pool.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>

#include "relayna/core/encoding.hpp"

namespace relayna::upstream {

namespace {

std::int64_t second_of(core::TimePoint now) noexcept {
  return std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
}

/// One pool's part of a cap, rounded up so that none is shut out.
std::int64_t share(std::int64_t cap, std::int64_t shares) noexcept {
  return (cap + shares - 1) / shares;
}

}  // namespace

CredentialPool::Lease::Lease(std::shared_ptr<Use> use) : use_(std::move(use)) {
  ++use_->in_flight;
}

CredentialPool::Lease& CredentialPool::Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    end();
    use_ = std::move(other.use_);
  }
  return *this;
}

void CredentialPool::Lease::end() noexcept {
  if (use_ != nullptr) --use_->in_flight;
  use_.reset();
}

void CredentialPool::LastMinute::add(core::TimePoint now) {
  const auto second = second_of(now);
  auto& slot = seconds_[static_cast<std::size_t>(second) % seconds_.size()];
  if (slot.at != second) slot = {second, 0};
  ++slot.requests;
}

std::int64_t CredentialPool::LastMinute::sum(core::TimePoint now) const noexcept {
  const auto oldest = second_of(now) - static_cast<std::int64_t>(seconds_.size()) + 1;
  std::int64_t requests = 0;
  for (const auto& slot : seconds_) {
    if (slot.at >= oldest) requests += slot.requests;
  }
  return requests;
}

CredentialPool::Use& CredentialPool::use_of(std::string_view id) {
  auto found = uses_.find(id);
  if (found == uses_.end()) found = uses_.emplace(std::string(id), std::make_shared<Use>()).first;
  return *found->second;
}

bool CredentialPool::over_caps(const PooledCredential& credential, const Use& use,
                               core::TimePoint now) const {
  const auto& concurrent = credential.max_concurrent_requests;
  if (concurrent && use.in_flight >= share(*concurrent, shares_)) return true;
  const auto& rate = credential.requests_per_minute;
  return rate && use.minute.sum(now) >= share(*rate, shares_);
}

/// One that is only over its caps comes before one that was refused; then the least busy, or the first to
/// have cooled down.
std::size_t CredentialPool::soonest(std::span<const PooledCredential> all, core::TimePoint now) {
  const auto later = [&](std::size_t left, std::size_t right) {
    const Use& a = use_of(all[left].id);
    const Use& b = use_of(all[right].id);
    const auto a_until = std::max(a.cools_until, now);
    const auto b_until = std::max(b.cools_until, now);
    return a_until != b_until ? a_until > b_until : a.in_flight > b.in_flight;
  };
  std::size_t best = 0;
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (later(best, i)) best = i;
  }
  return best;
}

std::optional<std::size_t> CredentialPool::pick(std::span<const PooledCredential> all,
                                                std::span<const std::size_t> tried, core::TimePoint now) {
  // Smooth weighted turns: each free one gains its weight, the richest is taken and pays for all.
  std::optional<std::size_t> best;
  std::int64_t total = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    Use& use = use_of(all[i].id);
    const bool was_tried = std::ranges::find(tried, i) != tried.end();
    if (was_tried || use.cools_until > now || over_caps(all[i], use, now)) continue;
    use.balance += all[i].weight;
    total += all[i].weight;
    if (!best || use.balance > use_of(all[*best].id).balance) best = i;
  }
  if (best) {
    use_of(all[*best].id).balance -= total;
    return best;
  }
  if (!tried.empty() || all.empty()) return std::nullopt;
  return soonest(all, now);
}

CredentialPool::Lease CredentialPool::begin(std::string_view id, core::TimePoint now) {
  use_of(id).minute.add(now);
  return Lease(uses_.find(id)->second);
}

void CredentialPool::cool_down(std::string_view id, std::optional<std::chrono::seconds> retry_after,
                               core::TimePoint now) {
  const auto wait = std::clamp(retry_after.value_or(kCoolDown), std::chrono::seconds(0), kLongestCoolDown);
  Use& use = use_of(id);
  use.cools_until = std::max(use.cools_until, now + wait);
}

std::vector<CredentialStanding> CredentialPool::standings(core::TimePoint now) const {
  std::vector<CredentialStanding> all;
  for (const auto& [id, use] : uses_) {
    const auto cools = std::max(use->cools_until - now, core::Duration::zero());
    all.push_back({id, use->in_flight, use->minute.sum(now), cools});
  }
  return all;
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, core::SystemTime now) {
  value = core::trim(value);
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (error == std::errc() && end == value.data() + value.size() && seconds >= 0)
    return std::chrono::seconds(std::min<std::int64_t>(seconds, 86'400));
  std::tm date{};
  const std::string text(value);
  if (strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date) == nullptr) return std::nullopt;
  const auto until = std::chrono::system_clock::from_time_t(timegm(&date));
  return std::max(std::chrono::ceil<std::chrono::seconds>(until - now), std::chrono::seconds(0));
}

}  // namespace relayna::upstream
