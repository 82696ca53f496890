#include "relayna/identity/keys.hpp"

#include <utility>

#include "identity/token_secret.hpp"

namespace relayna::identity {

NewKey new_virtual_key(std::string name, std::string project_id, domain::Policy policy,
                       std::optional<core::SystemTime> expires_at, core::SystemTime now, core::Hmac& hasher) {
  NewKey made{.key = {}, .secret = core::Secret(core::new_token(domain::kVirtualKeyPrefix))};
  made.key.id = id_made_at(now);
  made.key.name = std::move(name);
  made.key.project_id = std::move(project_id);
  made.key.policy = std::move(policy);
  made.key.expires_at = expires_at;
  made.key.created_at = now;
  made.key.updated_at = now;
  put_secret(made.key, made.secret, hasher);
  return made;
}

core::Secret rotate(domain::VirtualKey& key, core::SystemTime now, std::chrono::seconds overlap,
                    core::Hmac& hasher) {
  core::Secret secret(core::new_token(domain::kVirtualKeyPrefix));
  replace_secret(key, secret, now, overlap, hasher);
  return secret;
}

core::Result<bool> assign_secret(domain::VirtualKey& key, const core::Secret& secret, core::SystemTime now,
                                 std::chrono::seconds overlap, core::Hmac& hasher) {
  if (!domain::well_formed_virtual_key(secret.reveal())) {
    return core::fail(core::ErrorCode::invalid_request,
                      "a virtual key's secret is rk_live_ followed by 64 hexadecimal characters");
  }
  if (hasher(secret.reveal()) == key.hash) return false;
  if (key.hash == core::Digest{}) {
    put_secret(key, secret, hasher);  // the first one: there is nothing to overlap with
    key.updated_at = now;
  } else {
    replace_secret(key, secret, now, overlap, hasher);
  }
  return true;
}

}  // namespace relayna::identity
