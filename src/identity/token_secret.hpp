#pragma once

#include <chrono>
#include <string>

#include "relayna/core/crypto.hpp"
#include "relayna/core/ids.hpp"
#include "relayna/core/secret.hpp"
#include "relayna/core/time.hpp"
#include "relayna/domain/key.hpp"

// What virtual keys and operators have in common: a secret kept as a prefix and a hash, and a former one that
// is accepted for a while.

namespace relayna::identity {

/// A UUIDv7 whose time is `now`, the object's time of creation.
std::string id_made_at(core::SystemTime now);

template <class Holder>
void put_secret(Holder& holder, const core::Secret& secret, core::Hmac& hasher) {
  holder.hash = hasher(secret.reveal());
  holder.prefix = secret.reveal().substr(0, domain::kDisplayPrefixLength);
}

/// The present secret is accepted for `overlap` more (zero: not at all), a former one no longer.
template <class Holder>
void replace_secret(Holder& holder, const core::Secret& secret, core::SystemTime now,
                    std::chrono::seconds overlap, core::Hmac& hasher) {
  holder.previous_hash.reset();
  holder.previous_valid_until.reset();
  if (overlap > std::chrono::seconds::zero()) {
    holder.previous_hash = holder.hash;
    holder.previous_valid_until = now + overlap;
  }
  put_secret(holder, secret, hasher);
  holder.updated_at = now;
}

}  // namespace relayna::identity
