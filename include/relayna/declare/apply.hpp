#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/core/crypto.hpp"
#include "relayna/core/result.hpp"
#include "relayna/core/secret.hpp"
#include "relayna/core/time.hpp"
#include "relayna/declare/file.hpp"
#include "relayna/store/store.hpp"

namespace relayna::declare {

/// The installation's keyring, as calls. `context` says where a sealed text belongs
/// (catalog::provider_context).
struct Sealing {
  std::function<core::Result<std::string>(std::string_view plaintext, std::string_view context)> seal;
  std::function<core::Result<core::Secret>(std::string_view sealed, std::string_view context)> open;
  std::function<core::Digest(std::string_view)> hash;
};

/// What was done, one line per object (`provider openai`, `key search-backend`); no secrets.
struct Report {
  std::vector<std::string> created;
  std::vector<std::string> updated;
  std::vector<std::string> unchanged;
  /// No longer in the file: disabled; layers and routes, which cannot be, are neutral again.
  std::vector<std::string> disabled;
  /// Declared but not done, and why. Worth a warning.
  std::vector<std::string> skipped;
};

/// Names under which the store keeps what the file said last.
inline constexpr std::string_view kRevisionRecord = "declared_file_revision";
inline constexpr std::string_view kRoutesRecord = "declared_file_routes";

/// Makes the store agree with the file: objects are found by name, written only when something differs,
/// marked `managed_by: file`; objects of an earlier file that are gone from it are disabled, never deleted.
/// Applying twice changes nothing. Several calls to the store, no common transaction: after a failure apply
/// again. Blocks: call from an offload thread. Errors are the store's and the keyring's, with the object in
/// the message.
core::Result<Report> apply(const File& file, store::Store& store, const Sealing& sealing,
                           core::SystemTime now);

}  // namespace relayna::declare
