#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/catalog/snapshot.hpp"
#include "relayna/core/secret.hpp"
#include "relayna/store/store.hpp"

namespace relayna::catalog {

/// Opens a sealed credential (identity::Keyring); the context is what it was sealed under.
using Opener = std::function<core::Result<core::Secret>(std::string_view sealed, std::string_view context)>;

/// The contexts credentials are sealed under: a ciphertext copied to another row does not open.
std::string provider_context(std::string_view provider_name);
std::string mapping_context(std::string_view mapping_id);
std::string credential_context(std::string_view credential_id);  ///< of a provider's further credentials
std::string setting_context(std::string_view setting_name);
std::string webhook_context(std::string_view webhook_id);

struct Built {
  SnapshotPtr snapshot;
  std::vector<std::string> problems;  ///< rows left out and why, for the log; no secrets
};

/// Rows plus the providers of the environment and the built-in price list, as one snapshot. A stored provider
/// hides an environment one of the same name. A row whose credential does not open is left out and reported:
/// the rest still serves.
Built build_snapshot(const store::CatalogRows& rows, const std::vector<domain::Provider>& environment,
                     const Opener& open);

}  // namespace relayna::catalog
