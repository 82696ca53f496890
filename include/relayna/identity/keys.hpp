#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "relayna/core/crypto.hpp"
#include "relayna/core/result.hpp"
#include "relayna/core/secret.hpp"
#include "relayna/core/time.hpp"
#include "relayna/domain/key.hpp"

namespace relayna::identity {

/// How long the old secret of a rotated key is accepted unless the caller chooses.
inline constexpr std::chrono::hours kDefaultOverlap{24};

/// A key to be stored and its secret, which is shown once and kept nowhere.
struct NewKey {
  domain::VirtualKey key;
  core::Secret secret;
};

/// A new key with a random secret and an id of its own; nothing is stored. `project_id` empty: an individual
/// key. `hasher` is the keyring's.
NewKey new_virtual_key(std::string name, std::string project_id, domain::Policy policy,
                       std::optional<core::SystemTime> expires_at, core::SystemTime now, core::Hmac& hasher);

/// Gives `key` a new random secret; the id stays and the old secret is accepted for `overlap` more (zero: not
/// at all). An older one whose overlap still ran ends now.
core::Secret rotate(domain::VirtualKey& key, core::SystemTime now, std::chrono::seconds overlap,
                    core::Hmac& hasher);

/// The same with a secret somebody else chose (the declarative file). True when it differs from the one in
/// force; nothing changes when it is the same. invalid_request unless it is `rk_live_` + 64 hex characters.
core::Result<bool> assign_secret(domain::VirtualKey& key, const core::Secret& secret, core::SystemTime now,
                                 std::chrono::seconds overlap, core::Hmac& hasher);

}  // namespace relayna::identity
