#pragma once

#include <optional>
#include <string>
#include <vector>

#include "relayna/core/result.hpp"
#include "relayna/core/secret.hpp"
#include "relayna/core/time.hpp"
#include "relayna/identity/keyring.hpp"
#include "relayna/store/store.hpp"

namespace relayna::identity {

/// How the first operator comes to be.
struct BootstrapSettings {
  core::Secret admin_token;  ///< GATEWAY_ADMIN_TOKEN; empty: one is generated
  /// `identity.bootstrap_admin` of the declarative file: an account for the portal, made once.
  struct Account {
    std::string email;
    core::Secret password;
    bool must_change_password = false;
  };
  std::optional<Account> account;
};

struct Bootstrapped {
  core::Secret generated_token;    ///< to be shown once; empty: none was generated
  std::vector<std::string> notes;  ///< what was done or not, for the log; no secrets
  bool operator_existed = false;   ///< somebody could administer already
};

/// The name of the operator that the installation makes.
inline constexpr const char* kBootstrapOperator = "bootstrap";

/// Makes the first operator unless one is active: from `admin_token`, or the account, or with a generated
/// token. Makes the account once in the life of the installation, whoever else there is. Processes that start
/// together make one of each between them. Blocks. invalid_configuration naming GATEWAY_ADMIN_TOKEN when it
/// is no token or one that was revoked, or `identity.bootstrap_admin.…` when that will not do;
/// store_unavailable.
core::Result<Bootstrapped> bootstrap_operators(store::Store& store, const Keyring& keyring,
                                               const BootstrapSettings& settings, core::SystemTime now);

/// A new token for the operator `bootstrap`, which is made when no active one has that name: for whoever has
/// lost every token but can reach the database and the master key. The old one ends at once. Blocks.
core::Result<core::Secret> reset_bootstrap_operator(store::Store& store, const Keyring& keyring,
                                                    core::SystemTime now);

/// Whether an active operator still has the token that the installation made: the portal asks to rotate it.
/// Blocks.
core::Result<bool> bootstrap_token_in_use(store::Administration& store, core::SystemTime now);

}  // namespace relayna::identity
