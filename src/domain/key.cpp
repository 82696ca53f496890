#include "relayna/domain/key.hpp"

#include <algorithm>

namespace relayna::domain {

bool idle_too_long(std::optional<std::int64_t> days, std::optional<core::SystemTime> last_used,
                   core::SystemTime created_at, core::SystemTime now) noexcept {
  if (!days) return false;
  // Longer than anyone keeps a key; also keeps the sum below inside 64 bits.
  constexpr std::int64_t kMaxDays = 36'500;
  return last_used.value_or(created_at) + std::chrono::days(std::min(*days, kMaxDays)) <= now;
}

KeyState key_state(const VirtualKey& key, core::SystemTime now, std::optional<std::int64_t> idle_days,
                   std::optional<core::SystemTime> last_used) noexcept {
  if (key.revoked_at) return KeyState::revoked;
  if (key.disabled || idle_too_long(idle_days, last_used, key.created_at, now)) return KeyState::disabled;
  if (key.expires_at && *key.expires_at <= now) return KeyState::expired;
  return KeyState::active;
}

KeyState key_state(const VirtualKey& key, core::SystemTime now) noexcept {
  return key_state(key, now, key.policy.unused_key_auto_disable_after_days, key.last_used_at);
}

bool well_formed_token(std::string_view text, std::string_view prefix) noexcept {
  if (text.size() != kTokenLength || !text.starts_with(prefix)) return false;
  return std::ranges::all_of(text.substr(prefix.size()), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
}

bool well_formed_virtual_key(std::string_view text) noexcept {
  return well_formed_token(text, kVirtualKeyPrefix);
}

}  // namespace relayna::domain
