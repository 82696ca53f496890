#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/core/result.hpp"
#include "relayna/core/secret.hpp"
#include "relayna/core/time.hpp"

#include "identity/wrapped_secrets.hpp"

namespace relayna::identity {

/// The data key, and during a rotation the one that takes its place. Keys are only added to what a process
/// holds: whoever has read a value before it was sealed anew can still open it. Any number of threads; calls
/// that read the store block.
class DataKeys {
 public:
  struct Key {
    std::string id;
    core::Secret key;
  };
  struct Rotation {
    std::string id;  ///< of the key that values are sealed under from now on
    core::SystemTime begun;
  };

  /// `secrets` outlives it.
  DataKeys(store::SecretsRepository& secrets, MasterKeySource source)
      : secrets_(secrets), source_(std::move(source)) {}

  /// Takes up what `secrets` opened at the start.
  core::Result<void> load(WrappedSecrets& secrets);

  /// Under the key that is to be used now, by what the store says now. store_unavailable.
  core::Result<std::string> seal(std::string_view plaintext, std::string_view context);
  /// Asks the store when `sealed` names a key that was not met before. Errors as core::open, and
  /// store_unavailable.
  core::Result<core::Secret> open(std::string_view sealed, std::string_view context);

  /// Reads which keys there are now.
  core::Result<void> refresh();
  /// As of the last refresh.
  [[nodiscard]] std::optional<Rotation> rotation() const;
  [[nodiscard]] Key sealing_key() const;

  /// Adds a new key that takes the data key's place; nothing to do when one is on its way already.
  core::Result<void> begin(core::SystemTime now);
  /// Makes the key `id` the data key; the one before it is deleted. Only once nothing is sealed under that
  /// any more. Nothing to do when it was done already.
  core::Result<void> finish(const std::string& id);

 private:
  core::Result<std::optional<KeyLabel>> learn(const char* row);
  core::Result<void> refresh_locked();
  [[nodiscard]] Key sealing_key_locked() const;
  [[nodiscard]] const core::Secret* find(std::string_view id) const;
  /// Opens the stored keys with the master key, as at the start.
  core::Result<WrappedSecrets> wrapped() const;

  store::SecretsRepository& secrets_;
  const MasterKeySource source_;
  mutable std::mutex mutex_;
  std::vector<Key> known_;
  KeyLabel current_;
  std::optional<KeyLabel> next_;
};

core::Result<std::string> seal_under(const DataKeys::Key& key, std::string_view plaintext,
                                     std::string_view context);
/// Which data key a value is sealed under.
std::string sealed_under(std::string_view sealed);

}  // namespace relayna::identity
