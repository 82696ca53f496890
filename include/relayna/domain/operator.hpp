#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/core/crypto.hpp"
#include "relayna/core/time.hpp"

namespace relayna::domain {

inline constexpr std::string_view kOperatorTokenPrefix = "op_live_";

/// Who administers the gateway. The token is kept as virtual keys are: HMAC-SHA256 under the pepper. One with
/// an email may also sign in to the portal with a password.
struct Operator {
  std::string id;
  std::string name;    ///< unique among those not revoked
  std::string prefix;  ///< first 16 characters of the token, for display
  core::Digest hash{};
  std::optional<core::Digest> previous_hash;  ///< accepted until previous_valid_until after a rotation
  std::optional<core::SystemTime> previous_valid_until;
  std::vector<std::string> scopes;  ///< `*`, `keys:*`, `keys:write`, … (contract 13)
  std::string email;                ///< empty: signs in with the token only; unique among those not revoked
  std::string password_hash;        ///< as identity::hash_password writes it; empty: none
  bool password_expired = false;    ///< it opens a session that may do nothing but change it
  bool bootstrap = false;           ///< its token is the one the installation made: until that is rotated,
                                    ///< which is without overlap, the portal asks for it
  bool disabled = false;
  std::optional<core::SystemTime> revoked_at;
  std::optional<core::SystemTime> expires_at;
  std::optional<core::SystemTime> last_used_at;
  core::SystemTime created_at{};
  core::SystemTime updated_at{};
};

enum class OperatorState : std::uint8_t { active, disabled, revoked, expired };
/// Revoked wins over disabled, disabled over expired; the expiry boundary is `expires_at <= now`.
OperatorState operator_state(const Operator& who, core::SystemTime now) noexcept;
std::string_view to_string(OperatorState state) noexcept;

/// `op_live_` + 64 hex characters.
bool well_formed_operator_token(std::string_view text) noexcept;

/// A portal sign-in. The cookie's value is kept hashed.
struct Session {
  std::string id;
  std::string operator_id;
  core::Digest hash{};
  std::string ip;
  std::string user_agent;
  core::SystemTime created_at{};
  core::SystemTime last_seen_at{};
  core::SystemTime expires_at{};  ///< absolute; idle expiry is judged from last_seen_at
};

/// What was done, by whom, to what, and how it was before and after. Never holds a secret: before and after
/// are what the API would have shown.
struct AuditEvent {
  std::string id;  ///< UUIDv7, so ids are in the order of time
  core::SystemTime created_at{};
  std::string actor_id;     ///< operator id; empty: the command line, the declared file or the gateway itself
  std::string actor_name;   ///< as it was called then; `cli`, `file`, `gateway`
  std::string action;       ///< `keys.rotate`
  std::string target_type;  ///< `keys`, a resource of the API
  std::string target_id;
  std::string before;  ///< JSON object; empty: there was none
  std::string after;
  std::string request_id;
  std::string ip;
  std::string user_agent;
};

/// A setting operators save; it goes before the environment until cleared.
struct Setting {
  std::string name;   ///< `studio_connection`, `litellm_passthrough`, `retention`
  std::string value;  ///< JSON object
  std::string sealed_secret;
  core::SystemTime updated_at{};
};

/// Where alerts go.
struct AlertWebhook {
  std::string id;
  std::string name;
  std::string url;
  std::vector<std::string> events;  ///< `budget.threshold`, `key.expiring`, …; empty: all
  bool enabled = true;
  std::string sealed_secret;  ///< deliveries are signed with it
  core::SystemTime created_at{};
  core::SystemTime updated_at{};
};

/// One alert on its way to one webhook; kept until delivered or given up, so that a restart loses none.
struct AlertDelivery {
  std::string id;
  std::string webhook_id;
  std::string event;
  std::string occasion;  ///< with webhook_id unique: several replicas see the same budget pass 80 % once
  std::string payload;   ///< JSON
  std::int64_t attempts = 0;
  std::optional<core::SystemTime> next_attempt_at;  ///< unset: ended
  std::optional<core::SystemTime> delivered_at;
  std::string last_error;
  core::SystemTime created_at{};
};

}  // namespace relayna::domain
