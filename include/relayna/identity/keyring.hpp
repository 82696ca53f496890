#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/core/crypto.hpp"
#include "relayna/core/result.hpp"
#include "relayna/core/secret.hpp"
#include "relayna/store/store.hpp"

namespace relayna::identity {

/// Where the master key comes from: the settings, or one generated for this installation.
struct MasterKeySource {
  core::Secret current;   ///< GATEWAY_MASTER_KEY, 32 raw bytes; empty: generated
  core::Secret previous;  ///< GATEWAY_MASTER_KEY_PREVIOUS; empty: none
  bool embedded = false;  ///< a generated key lives in `<data_dir>/master.key`, else in the database
  std::string data_dir;
};

/// What a stored secret is wrapped under.
struct Wrapping {
  std::string secret;         ///< `pepper`, `data_key`, `data_key_next`
  std::string under;          ///< `GATEWAY_MASTER_KEY`, …; empty: a master key this process does not have
  std::string master_key_id;  ///< tells master keys apart and says nothing of them; empty as above
  bool current = false;       ///< whether that is the master key in force
};

class DataKeys;

/// The installation's two secrets: the pepper that key hashes are made with and the data key that stored
/// credentials are sealed under. Both are random, stored wrapped under the master key, so rotating that only
/// re-wraps. The data key can be rotated while gateways run (KeyRotation); the pepper never can: the hashes
/// made with it cannot be made again without the keys. Any thread.
class Keyring {
 public:
  ~Keyring();
  /// `secrets` outlives the keyring. Reads the wrapped secrets, makes what is missing, re-wraps what is still
  /// under the previous or the generated master key. Processes that open at the same time agree. Blocks.
  /// Errors: store_unavailable; invalid_configuration when the master key is wrong or missing or a row was
  /// altered, saying which.
  static core::Result<std::shared_ptr<Keyring>> open(store::SecretsRepository& secrets,
                                                     const MasterKeySource& source);

  /// What the start log and the portal should say; no secrets.
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return warnings_; }
  /// Whether the master key is a generated one.
  [[nodiscard]] bool generated_master_key() const noexcept { return generated_; }

  /// HMAC-SHA256 under the pepper: how keys and operator tokens are stored and looked up.
  [[nodiscard]] core::Digest hash(std::string_view token) const;
  /// The same, prepared once; one per thread that hashes often.
  [[nodiscard]] core::Hmac hasher() const;

  /// Under the data key; see core::seal and core::open. Sealing reads the store, since another process may
  /// have begun a rotation; what is sealed must be stored within a minute. Opening reads it when it meets a
  /// data key for the first time. Both block then: offload threads; store_unavailable.
  [[nodiscard]] core::Result<std::string> seal(std::string_view plaintext, std::string_view context) const;
  [[nodiscard]] core::Result<core::Secret> open(std::string_view sealed, std::string_view context) const;

  /// Which master key each stored secret is wrapped under now. Blocks.
  [[nodiscard]] core::Result<std::vector<Wrapping>> wrappings() const;

 private:
  friend class KeyRotation;
  Keyring(store::SecretsRepository& secrets, const MasterKeySource& source);
  store::SecretsRepository& secrets_;
  MasterKeySource source_;
  std::unique_ptr<DataKeys> data_keys_;
  core::Secret pepper_;
  std::vector<std::string> warnings_;
  bool generated_ = false;
};

}  // namespace relayna::identity
