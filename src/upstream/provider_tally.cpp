#include "relayna/upstream/provider_tally.hpp"

#include <algorithm>
#include <utility>

namespace relayna::upstream {

namespace {

std::int64_t minute_of(core::SystemTime at) {
  return std::chrono::floor<std::chrono::minutes>(at).time_since_epoch().count();
}

void merge(ProviderStanding& into, const ProviderStanding& from) {
  if (from.last_failure > into.last_failure) into.last_error = from.last_error;
  into.last_success = std::max(into.last_success, from.last_success);
  into.last_failure = std::max(into.last_failure, from.last_failure);
  into.attempts += from.attempts;
  into.failures += from.failures;
  // A success on one shard ends the row of another.
  const bool answers = into.last_success > into.last_failure;
  into.failures_in_a_row = answers ? 0 : std::max(into.failures_in_a_row, from.failures_in_a_row);
}

}  // namespace

ProviderTally::Minute& ProviderTally::Provider::minute(core::SystemTime now) {
  const auto number = minute_of(now);
  auto& minute = minutes[static_cast<std::size_t>(number % kMinutes)];
  if (minute.number != number) minute = {.number = number};
  return minute;
}

ProviderTally::Provider& ProviderTally::of(std::string_view name) {
  auto known = providers_.find(name);
  if (known == providers_.end()) {
    known = providers_.emplace(name, Provider()).first;
    known->second.standing.name = name;
  }
  return known->second;
}

void ProviderTally::succeeded(std::string_view name, core::SystemTime now) {
  auto& provider = of(name);
  ++provider.minute(now).attempts;
  provider.standing.last_success = now;
  provider.standing.failures_in_a_row = 0;
}

void ProviderTally::failed(std::string_view name, std::string reason, core::SystemTime now) {
  auto& provider = of(name);
  auto& minute = provider.minute(now);
  ++minute.attempts;
  ++minute.failures;
  provider.standing.last_failure = now;
  provider.standing.last_error = std::move(reason);
  ++provider.standing.failures_in_a_row;
}

std::vector<ProviderStanding> ProviderTally::standings(core::SystemTime now) const {
  const auto present = minute_of(now);
  std::vector<ProviderStanding> all;
  all.reserve(providers_.size());
  for (const auto& [name, provider] : providers_) {
    auto& standing = all.emplace_back(provider.standing);
    for (const auto& minute : provider.minutes) {
      if (minute.number <= present - kMinutes) continue;
      standing.attempts += minute.attempts;
      standing.failures += minute.failures;
    }
  }
  return all;
}

std::vector<ProviderStanding> merged(const std::vector<std::vector<ProviderStanding>>& shards) {
  std::vector<ProviderStanding> all;
  for (const auto& shard : shards) {
    for (const auto& standing : shard) {
      const auto known = std::ranges::find(all, standing.name, &ProviderStanding::name);
      if (known == all.end()) {
        all.push_back(standing);
      } else {
        merge(*known, standing);
      }
    }
  }
  return all;
}

}  // namespace relayna::upstream
