#include <algorithm>

#include "relayna/identity/key_cache.hpp"

// Judging a key that was found: state, overlap and source address. Per request, so each takes the time or the
// peer as a value.

namespace relayna::identity {
namespace {

std::optional<core::SystemTime> last_used(const CachedKey& key) noexcept {
  if (!key.key.last_used_at || !key.used_at) return key.used_at ? key.used_at : key.key.last_used_at;
  return std::max(*key.used_at, *key.key.last_used_at);
}

core::ErrorCode error_of(domain::KeyState state) noexcept {
  switch (state) {
    case domain::KeyState::revoked:
      return core::ErrorCode::revoked_virtual_key;
    case domain::KeyState::disabled:
      return core::ErrorCode::disabled_virtual_key;
    case domain::KeyState::expired:
      return core::ErrorCode::expired_virtual_key;
    case domain::KeyState::active:
      break;
  }
  return core::ErrorCode::internal_error;
}

}  // namespace

core::Result<void> check_usable(const CachedKey& key, core::SystemTime now, const domain::Policy* effective) {
  if (key.by_previous_hash && (!key.key.previous_valid_until || *key.key.previous_valid_until <= now)) {
    return core::fail(core::ErrorCode::invalid_virtual_key);
  }
  const domain::Policy& policy = effective != nullptr ? *effective : key.key.policy;
  const auto state =
      domain::key_state(key.key, now, policy.unused_key_auto_disable_after_days, last_used(key));
  if (state == domain::KeyState::active) return {};
  return core::fail(error_of(state));
}

CachedKeyPtr known_key(domain::VirtualKey key, core::TimePoint now) {
  auto known = std::make_shared<CachedKey>();
  known->fetched_at = now;
  known->sources = parse_sources(key.policy.allowed_source_addresses);
  known->key = std::move(key);
  return known;
}

std::vector<net::Cidr> parse_sources(const std::vector<std::string>& list) {
  std::vector<net::Cidr> parsed;
  for (const std::string& text : list) {
    if (auto cidr = net::Cidr::parse(text)) parsed.push_back(std::move(*cidr));
  }
  return parsed;
}

bool source_allowed(const std::vector<std::string>& list, const std::vector<net::Cidr>& parsed,
                    const net::Address& client) noexcept {
  return list.empty() ||
         std::ranges::any_of(parsed, [&](const net::Cidr& cidr) { return cidr.contains(client); });
}

core::Result<void> check_source(const CachedKey& key, const net::Address& client) {
  if (source_allowed(key.key.policy.allowed_source_addresses, key.sources, client)) return {};
  return std::unexpected(
      core::Error(core::ErrorCode::policy_denied, "This key may not be used from this address.")
          .with_reason("allowed_source_addresses"));
}

}  // namespace relayna::identity
