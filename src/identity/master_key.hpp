#pragma once

#include <optional>
#include <string>
#include <vector>

#include "relayna/core/result.hpp"
#include "relayna/core/secret.hpp"
#include "relayna/identity/keyring.hpp"
#include "relayna/store/store.hpp"

namespace relayna::identity {

inline constexpr std::size_t kMasterKeyBytes = 32;

/// 32 bytes from the system's randomness.
core::Secret random_key();

/// A master key that was generated because none was set: a file in the data directory (embedded), or a row of
/// the database. Whoever creates it first wins; everybody reads what is there afterwards.
class GeneratedMasterKey {
 public:
  GeneratedMasterKey(store::SecretsRepository& secrets, const MasterKeySource& source);
  /// nullopt when none was generated yet. invalid_configuration when what is there is no key.
  core::Result<std::optional<core::Secret>> read();
  core::Result<core::Secret> create();
  /// Where it is, for messages.
  [[nodiscard]] const std::string& where() const noexcept { return where_; }
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return warnings_; }

 private:
  core::Result<std::optional<core::Secret>> read_file();
  core::Result<core::Secret> create_file();
  store::SecretsRepository& secrets_;
  std::string path_;  ///< empty: in the database
  std::string where_;
  std::vector<std::string> warnings_;
};

}  // namespace relayna::identity
