#include "relayna/identity/operators.hpp"

#include <algorithm>
#include <utility>

#include "relayna/core/encoding.hpp"

#include "identity/token_secret.hpp"

namespace relayna::identity {

NewOperator new_operator(std::string name, std::vector<std::string> scopes,
                         std::optional<core::SystemTime> expires_at, core::SystemTime now,
                         core::Hmac& hasher) {
  NewOperator made{.who = {}, .token = core::Secret(core::new_token(domain::kOperatorTokenPrefix))};
  made.who.id = id_made_at(now);
  made.who.name = std::move(name);
  made.who.scopes = std::move(scopes);
  made.who.expires_at = expires_at;
  made.who.created_at = now;
  made.who.updated_at = now;
  put_secret(made.who, made.token, hasher);
  return made;
}

core::Result<std::string> parse_email(std::string_view text) {
  constexpr std::size_t kMaxEmailBytes = 254;
  std::string email = core::to_lower(core::trim(text));
  const std::size_t at = email.find('@');
  const bool plain = std::ranges::all_of(email, [](char c) { return c > ' ' && c <= '~'; });
  if (!plain || email.size() > kMaxEmailBytes || at == 0 || at == email.npos || at + 1 == email.size() ||
      email.find('@', at + 1) != email.npos) {
    return std::unexpected(core::Error(core::ErrorCode::invalid_request,
                                       "the email must be an address such as admin@example.com")
                               .with_param("email"));
  }
  return email;
}

core::Secret rotate(domain::Operator& who, core::SystemTime now, std::chrono::seconds overlap,
                    core::Hmac& hasher) {
  core::Secret token(core::new_token(domain::kOperatorTokenPrefix));
  replace_secret(who, token, now, who.bootstrap ? std::chrono::seconds::zero() : overlap, hasher);
  who.bootstrap = false;
  return token;
}

}  // namespace relayna::identity
