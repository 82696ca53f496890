#include <algorithm>

#include <fmt/format.h>

#include "declare/applier.hpp"

namespace relayna::declare {
namespace {

bool same(const domain::VirtualKey& a, const domain::VirtualKey& b) {
  return a.name == b.name && a.project_id == b.project_id && a.prefix == b.prefix && a.hash == b.hash &&
         a.previous_hash == b.previous_hash && a.previous_valid_until == b.previous_valid_until &&
         a.disabled == b.disabled && a.expires_at == b.expires_at && a.rotation_due_at == b.rotation_due_at &&
         a.policy == b.policy && a.managed_by == b.managed_by;
}

std::string display_prefix(const core::Secret& secret) {
  return std::string(secret.reveal().substr(0, domain::kDisplayPrefixLength));
}

}  // namespace

bool Applier::declares_key(const std::string& name) const {
  return std::any_of(file_.keys.begin(), file_.keys.end(),
                     [&](const DeclaredKey& key) { return key.name == name; });
}

Applier::Done Applier::apply_keys() {
  for (const DeclaredKey& declared : file_.keys) {
    if (auto done = named(apply_key(declared), fmt::format("key {}", declared.name)); !done) return done;
  }
  // Layers of keys need the ids of those that are new.
  return load_keys();
}

Applier::Done Applier::load_keys() {
  auto keys = store_.keys().list();
  if (!keys) return std::unexpected(keys.error());
  keys_ = std::move(*keys);
  return {};
}

Applier::Done Applier::apply_key(const DeclaredKey& declared) {
  const domain::VirtualKey* stored = stored_key(declared);
  if (!declared.secret.empty()) {
    const std::string owner =
        secret_taken(sealing_.hash(declared.secret.reveal()), stored == nullptr ? "" : stored->id);
    if (!owner.empty()) {
      report_.skipped.push_back(
          fmt::format("key {}: its secret belongs to {}; declare another secret", declared.name, owner));
      return {};
    }
  }
  if (stored != nullptr) return update_key(*stored, declared);
  if (!declared.secret.empty()) return create_key(declared);
  report_.skipped.push_back(fmt::format(
      "key {}: it does not exist and no secret is declared for it; declare one, or create it with "
      "`relayna-gateway keys create`",
      declared.name));
  return {};
}

const domain::VirtualKey* Applier::stored_key(const DeclaredKey& declared) const {
  for (const domain::VirtualKey& key : keys_) {
    if (key.name == declared.name && !key.revoked_at) return &key;
  }
  if (declared.secret.empty()) return nullptr;
  const core::Digest hash = sealing_.hash(declared.secret.reveal());
  for (const domain::VirtualKey& key : keys_) {
    const bool renamed =
        key.hash == hash && !key.revoked_at && key.managed_by == kManagedByFile && !declares_key(key.name);
    if (renamed) return &key;
  }
  return nullptr;
}

std::string Applier::secret_taken(const core::Digest& hash, const std::string& except_id) const {
  for (const domain::VirtualKey& key : keys_) {
    if (key.id == except_id) continue;
    // A secret that was revoked stays revoked: a restart must not bring it back to life.
    if (key.hash == hash && key.revoked_at) return "a key that was revoked";
    if (key.hash == hash) return fmt::format("the key {}", key.name);
    const bool overlapping = key.previous_valid_until && *key.previous_valid_until > now_ && !key.revoked_at;
    if (overlapping && key.previous_hash == hash)
      return fmt::format("the key {}, as its previous one", key.name);
  }
  return {};
}

void Applier::fill(domain::VirtualKey& key, const DeclaredKey& declared) const {
  key.name = declared.name;
  key.project_id = project_id(declared.project);
  key.disabled = declared.disabled;
  key.expires_at = declared.expires_at;
  key.rotation_due_at = declared.rotation_due_at;
  key.policy = declared.policy;
  key.managed_by = kManagedByFile;
}

Applier::Done Applier::create_key(const DeclaredKey& declared) {
  domain::VirtualKey key;
  key.id = new_id();
  key.prefix = display_prefix(declared.secret);
  key.hash = sealing_.hash(declared.secret.reveal());
  key.created_at = key.updated_at = now_;
  fill(key, declared);
  auto created = store_.keys().create(key, actor_);
  if (!created && created.error().code == core::ErrorCode::conflict) {
    // A replica that started at the same time was faster.
    if (auto loaded = load_keys(); !loaded) return loaded;
    if (const domain::VirtualKey* stored = stored_key(declared)) return update_key(*stored, declared);
  }
  if (!created) return created;
  note(Change::created, fmt::format("key {}", declared.name));
  return {};
}

Applier::Done Applier::update_key(const domain::VirtualKey& stored, const DeclaredKey& declared) {
  domain::VirtualKey key = stored;
  fill(key, declared);
  if (!declared.secret.empty()) {
    const core::Digest hash = sealing_.hash(declared.secret.reveal());
    if (hash != key.hash) {
      const bool overlaps = declared.overlap.count() > 0;
      key.previous_hash = overlaps ? std::optional(key.hash) : std::nullopt;
      key.previous_valid_until = overlaps ? std::optional(now_ + declared.overlap) : std::nullopt;
      key.hash = hash;
      key.prefix = display_prefix(declared.secret);
    }
  }
  const std::string object = fmt::format("key {}", declared.name);
  if (same(stored, key)) {
    note(Change::unchanged, object);
    return {};
  }
  key.updated_at = now_;
  if (auto done = store_.keys().update(key, actor_); !done) return done;
  note(Change::updated, stored.name == key.name ? object : fmt::format("{} (renamed)", object));
  // Later keys of this run must see what this one has become.
  for (domain::VirtualKey& known : keys_) {
    if (known.id == key.id) known = key;
  }
  return {};
}

}  // namespace relayna::declare
