#pragma once

#include "relayna/domain/key.hpp"

#include "control/api/resource.hpp"

namespace relayna::control {

/// How virtual keys look to operators.
const Shape<domain::VirtualKey>& key_shape();

/// Being switched on counts as a use: a key that idle auto-disable keeps out would otherwise still be kept
/// out.
inline void count_as_used(domain::VirtualKey& key, core::SystemTime now) {
  constexpr std::chrono::days kShortestIdleTime{1};
  if (domain::idle_too_long(kShortestIdleTime.count(), key.last_used_at, key.created_at, now))
    key.last_used_at = key.updated_at = now;
}
inline void switch_on(domain::VirtualKey& key, core::SystemTime now) {
  if (domain::key_state(key, now) == domain::KeyState::disabled) count_as_used(key, now);
  key.disabled = false;
}

/// `POST /admin/keys/bulk`: one change to many keys.
void add_bulk_key_changes(Api& api, store::Administration& store);
/// `GET /admin/keys/presets`: the policies to start from.
void add_key_presets(Api& api);

}  // namespace relayna::control
