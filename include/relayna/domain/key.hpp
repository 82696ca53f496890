#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "relayna/core/crypto.hpp"
#include "relayna/core/time.hpp"
#include "relayna/domain/policy.hpp"

namespace relayna::domain {

inline constexpr std::string_view kVirtualKeyPrefix = "rk_live_";
inline constexpr std::size_t kTokenLength = 8 + 64;
inline constexpr std::size_t kDisplayPrefixLength = 16;

struct Project {
  std::string id;
  std::string name;
  std::string team_id;  ///< empty: none
  std::string managed_by;
  bool disabled = false;  ///< a file-managed object that disappeared
  core::SystemTime created_at{};
  core::SystemTime updated_at{};
};

struct Team {
  std::string id;
  std::string name;
  std::string managed_by;
  bool disabled = false;
  core::SystemTime created_at{};
  core::SystemTime updated_at{};
};

/// A virtual key as stored: the secret only as HMAC-SHA256 under the pepper.
struct VirtualKey {
  std::string id;
  std::string name;
  std::string project_id;  ///< empty: an individual key
  std::string prefix;      ///< first 16 characters, for display
  core::Digest hash{};
  std::optional<core::Digest> previous_hash;  ///< accepted until previous_valid_until after a rotation
  std::optional<core::SystemTime> previous_valid_until;
  bool disabled = false;
  std::optional<core::SystemTime> revoked_at;
  std::optional<core::SystemTime> expires_at;
  std::optional<core::SystemTime> rotation_due_at;
  std::optional<core::SystemTime> last_used_at;
  Policy policy;
  std::string managed_by;
  core::SystemTime created_at{};
  core::SystemTime updated_at{};
};

enum class KeyState : std::uint8_t { active, disabled, revoked, expired };
/// Revoked wins over disabled, disabled over expired; the expiry boundary is `expires_at <= now`. Idle
/// auto-disable by the key's own policy counts as disabled.
KeyState key_state(const VirtualKey& key, core::SystemTime now) noexcept;
/// The same with what the caller knows better: the days of the effective policy, a fresher last use.
KeyState key_state(const VirtualKey& key, core::SystemTime now, std::optional<std::int64_t> idle_days,
                   std::optional<core::SystemTime> last_used) noexcept;
/// True when `days` have passed since `last_used`, or since `created_at` for a key never used. Unset: never.
bool idle_too_long(std::optional<std::int64_t> days, std::optional<core::SystemTime> last_used,
                   core::SystemTime created_at, core::SystemTime now) noexcept;

/// A prefix of eight characters + 64 hex characters.
bool well_formed_token(std::string_view text, std::string_view prefix) noexcept;
/// `rk_live_` + 64 hex characters.
bool well_formed_virtual_key(std::string_view text) noexcept;

}  // namespace relayna::domain
