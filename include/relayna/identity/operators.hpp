#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "relayna/core/crypto.hpp"
#include "relayna/core/result.hpp"
#include "relayna/core/secret.hpp"
#include "relayna/core/time.hpp"
#include "relayna/domain/operator.hpp"
#include "relayna/identity/keys.hpp"

namespace relayna::identity {

/// An operator to be stored and the token, which is shown once and kept nowhere.
struct NewOperator {
  domain::Operator who;
  core::Secret token;
};

/// A new operator with a random token and an id of its own; nothing is stored. `scopes` as
/// domain::parse_scopes returned them.
NewOperator new_operator(std::string name, std::vector<std::string> scopes,
                         std::optional<core::SystemTime> expires_at, core::SystemTime now,
                         core::Hmac& hasher);

/// Gives `who` a new random token; the old one is accepted for `overlap` more (zero: not at all). The token
/// the installation made ends at once whatever `overlap` says, and `who` is no longer marked `bootstrap`.
core::Secret rotate(domain::Operator& who, core::SystemTime now, std::chrono::seconds overlap,
                    core::Hmac& hasher);

/// An address as it is stored and looked up: trimmed, in lower case. invalid_request with `param` = `email`
/// when it is not `name@domain`, over 254 bytes, or holds what no address has.
core::Result<std::string> parse_email(std::string_view text);

inline constexpr std::size_t kMinPasswordLength = 12;  ///< characters
inline constexpr std::size_t kMaxPasswordBytes = 1024;

/// invalid_request with `param` = `password` when it is shorter than 12 characters, over 1,024 bytes or not
/// UTF-8.
core::Result<void> check_password(const core::Secret& password);
/// `scrypt$15$8$3$<salt>$<hash>`, salt and hash in base64. The errors of check_password. Blocks for about a
/// fifth of a second.
core::Result<std::string> hash_password(const core::Secret& password);
/// Takes as long for a `stored` that is no hash (nobody has this email) as for a wrong password.
bool verify_password(const core::Secret& password, std::string_view stored);

}  // namespace relayna::identity
