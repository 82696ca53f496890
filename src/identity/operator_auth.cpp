#include "relayna/identity/operator_auth.hpp"

#include "relayna/domain/key.hpp"

#include "identity/bearer.hpp"
#include "identity/guessing.hpp"
#include "identity/recent_operators.hpp"

namespace relayna::identity {
namespace {

using core::ErrorCode;

/// Uses are recorded this often; more would be a write for each request.
constexpr std::chrono::minutes kTouchInterval{1};

// The token of a request; empty when it has no Authorization field.
core::Result<std::string_view> read_token(const http::Fields& fields) {
  std::string_view token;
  for (const http::Field field : fields) {
    const std::string_view value = core::trim(field.value);
    if (!is_authorization(field.name) || value.empty()) continue;
    const std::string_view found = bearer_token(value);
    if (found.empty()) {
      return core::fail(ErrorCode::malformed_authorization,
                        "The Authorization header must be `Bearer` and an operator token.");
    }
    if (!token.empty() && token != found) return core::fail(ErrorCode::conflicting_credentials);
    token = found;
  }
  return token;
}

core::Error unknown_token(std::string_view token) {
  if (domain::well_formed_virtual_key(token)) {
    return core::Error(ErrorCode::invalid_operator_token,
                       "This is a virtual key. The control listener needs an operator token (op_live_…).");
  }
  return core::Error(ErrorCode::invalid_operator_token);
}

// Only for who has shown the right token.
core::Result<void> check_state(const domain::Operator& who, core::SystemTime now) {
  switch (domain::operator_state(who, now)) {
    case domain::OperatorState::active:
      return {};
    case domain::OperatorState::disabled:
      return core::fail(ErrorCode::disabled_operator_token);
    case domain::OperatorState::revoked:
      return core::fail(ErrorCode::disabled_operator_token, "The operator has been revoked.");
    case domain::OperatorState::expired:
      return core::fail(ErrorCode::expired_operator_token);
  }
  return core::fail(ErrorCode::internal_error);
}

// A rotated token whose overlap has ended is no longer the right one.
bool still_accepted(const domain::Operator& who, const core::Digest& hash, core::SystemTime now) {
  return who.hash == hash || (who.previous_valid_until && now < *who.previous_valid_until);
}

bool is_write(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

// What a request shows to be recognised by; nullopt: nothing, or something malformed.
std::optional<core::Secret> credential_of(const http::Fields& fields) {
  const auto token = read_token(fields);
  if (!token) return std::nullopt;
  core::Secret credential = token->empty() ? read_cookie(fields) : core::Secret(std::string(*token));
  if (credential.empty()) return std::nullopt;
  return credential;
}

Identified identified(const domain::Operator& who) {
  Identified out;
  out.operator_id = who.id;
  out.name = who.name;
  out.scopes = who.scopes;
  return out;
}

}  // namespace

OperatorAuthenticator::OperatorAuthenticator(store::Administration& store, const Keyring& keyring,
                                             const core::Clock& clock, SessionSettings sessions)
    : store_(store),
      keyring_(keyring),
      clock_(clock),
      sessions_(std::move(sessions)),
      guessing_(std::make_unique<Guessing>(clock)),
      recent_(std::make_unique<RecentOperators>(clock)) {}

OperatorAuthenticator::~OperatorAuthenticator() = default;

core::Result<Identified> OperatorAuthenticator::identify(const http::Fields& fields, std::string_view method,
                                                         const net::Address& address, Purpose purpose) {
  auto who = ask_store(fields, method, address);
  if (const auto credential = credential_of(fields)) {
    if (who) {
      recent_->remember(keyring_.hash(credential->reveal()), *who);
    } else if (who.error().code != ErrorCode::store_unavailable) {
      recent_->forget(keyring_.hash(credential->reveal()));
    }
  }
  if (who && who->must_change_password && purpose == Purpose::everything) {
    return core::fail(ErrorCode::password_change_required);
  }
  return who;
}

std::optional<Identified> OperatorAuthenticator::recall(const http::Fields& fields) const {
  const auto credential = credential_of(fields);
  if (!credential) return std::nullopt;
  auto who = recent_->find(keyring_.hash(credential->reveal()));
  if (who && who->must_change_password) return std::nullopt;
  return who;
}

core::Result<Identified> OperatorAuthenticator::ask_store(const http::Fields& fields, std::string_view method,
                                                          const net::Address& address) {
  const auto token = read_token(fields);
  if (!token) return std::unexpected(token.error());
  if (!token->empty()) {
    auto who = by_token(*token, address);
    if (!who) return std::unexpected(who.error());
    return identified(*who);
  }
  const core::Secret cookie = read_cookie(fields);
  if (cookie.empty()) {
    return core::fail(ErrorCode::missing_authorization,
                      "Send an operator token as `Authorization: Bearer`, or sign in.");
  }
  return by_session(cookie, fields, method);
}

core::Result<domain::Operator> OperatorAuthenticator::by_token(std::string_view token,
                                                               const net::Address& address) {
  const Guessing::Subjects subjects(address, token.substr(0, domain::kDisplayPrefixLength));
  const auto now = clock_.wall();
  if (domain::well_formed_operator_token(token)) {
    // Looked up before the throttle is asked: 256 random bits are not guessed, and who has the right token is
    // not kept out by somebody who sends wrong ones from the same address.
    const core::Digest hash = keyring_.hash(token);
    auto found = store_.find_operator(hash);
    if (!found) return std::unexpected(found.error());
    if (*found && still_accepted(**found, hash, now)) {
      guessing_->succeeded(subjects);
      if (auto usable = check_state(**found, now); !usable) return std::unexpected(usable.error());
      touch(**found);
      return std::move(**found);
    }
  }
  if (auto allowed = guessing_->begin(subjects); !allowed) return std::unexpected(allowed.error());
  return std::unexpected(unknown_token(token));
}

core::Result<Identified> OperatorAuthenticator::by_session(const core::Secret& cookie,
                                                           const http::Fields& fields,
                                                           std::string_view method) {
  auto hasher = keyring_.hasher();
  auto session = store_.find_session(hasher(cookie.reveal()));
  if (!session) return std::unexpected(session.error());
  const auto now = clock_.wall();
  if (!*session || !session_alive(**session, now, sessions_)) return core::fail(ErrorCode::expired_session);
  auto who = store_.of<domain::Operator>().get((*session)->operator_id);
  if (!who) return std::unexpected(who.error());
  if (!*who || domain::operator_state(**who, now) != domain::OperatorState::active) {
    return core::fail(ErrorCode::expired_session);
  }
  Identified out = identified(**who);
  out.session_id = (*session)->id;
  out.csrf = csrf_token(cookie, hasher);
  out.session_ends_at = (*session)->expires_at;
  out.must_change_password = (*who)->password_expired;
  if (is_write(method) && !core::constant_time_equal(fields.get(kCsrfField), out.csrf)) {
    return core::fail(ErrorCode::invalid_csrf_token);
  }
  // Not being able to record a use is no reason to refuse it.
  if (now - (*session)->last_seen_at >= kTouchInterval) (void)store_.touch_session(out.session_id, now);
  touch(**who);
  return out;
}

void OperatorAuthenticator::touch(const domain::Operator& who) {
  const auto now = clock_.wall();
  if (!who.last_used_at || now - *who.last_used_at >= kTouchInterval)
    (void)store_.touch_operator(who.id, now);
}

}  // namespace relayna::identity
