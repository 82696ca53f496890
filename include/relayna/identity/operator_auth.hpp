#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/core/result.hpp"
#include "relayna/core/secret.hpp"
#include "relayna/core/time.hpp"
#include "relayna/domain/operator.hpp"
#include "relayna/http/fields.hpp"
#include "relayna/identity/keyring.hpp"
#include "relayna/identity/sessions.hpp"
#include "relayna/net/address.hpp"
#include "relayna/store/administration.hpp"

namespace relayna::identity {

class Guessing;
class RecentOperators;

/// Where a request comes from; goes into the audit log.
struct Visitor {
  net::Address address;  ///< the client's, behind trusted proxies
  std::string user_agent;
  std::string request_id;
};

/// Whoever sent a request to the control listener.
struct Identified {
  std::string operator_id;
  std::string name;
  std::vector<std::string> scopes;
  std::string session_id;  ///< empty: by token
  std::string csrf;        ///< what the session's writes must carry; empty: by token
  std::optional<core::SystemTime> session_ends_at;
  bool must_change_password = false;
};

struct SignedIn {
  Identified who;
  core::Secret cookie;  ///< for identity::set_cookie
};

/// Recognises operators by token or session, and signs them in and out. Reads the store each time, so what
/// one replica revokes no replica accepts any more. Blocks: offload threads, any number. `store`, `keyring`
/// and `clock` outlive it.
class OperatorAuthenticator {
 public:
  /// What the answer is wanted for: with a password that must be changed, `own_session` still works.
  enum class Purpose : std::uint8_t { everything, own_session };

  OperatorAuthenticator(store::Administration& store, const Keyring& keyring, const core::Clock& clock,
                        SessionSettings sessions);
  ~OperatorAuthenticator();

  /// `Authorization: Bearer op_live_…`, else the session cookie, whose writes need `x-relayna-csrf`. 401
  /// missing_, malformed_authorization, conflicting_credentials, invalid_, disabled_, expired_operator_token
  /// (the latter two only to the holder of the right token), expired_session; 403 invalid_csrf_token,
  /// password_change_required; 429 too_many_attempts with retry_after for wrong tokens, while right ones are
  /// served; store_unavailable.
  core::Result<Identified> identify(const http::Fields& fields, std::string_view method,
                                    const net::Address& address, Purpose purpose);

  /// Who `identify` has recognised by the same credential within the last ten minutes, without asking the
  /// store: for what must be answered while it is away. A credential it has refused since then is forgotten.
  /// Never blocks.
  [[nodiscard]] std::optional<Identified> recall(const http::Fields& fields) const;

  /// invalid_credentials when the email, the password or the operator's state is not right, whichever it is;
  /// too_many_attempts with retry_after. Audited.
  core::Result<SignedIn> sign_in(const std::string& email, const core::Secret& password,
                                 const Visitor& visitor);
  /// Errors of `identify` by token. Audited.
  core::Result<SignedIn> sign_in_with_token(const core::Secret& token, const Visitor& visitor);
  /// Nothing to do for who came by token.
  core::Result<void> sign_out(const Identified& who, const Visitor& visitor);
  /// Sets the operator's own password and ends its other sessions. invalid_credentials when `current` is
  /// wrong (an operator without a password needs none); too_many_attempts; invalid_request with `param` when
  /// `next` will not do. Audited.
  core::Result<void> change_password(const Identified& who, const core::Secret& current,
                                     const core::Secret& next, const Visitor& visitor);

 private:
  core::Result<Identified> ask_store(const http::Fields& fields, std::string_view method,
                                     const net::Address& address);
  core::Result<domain::Operator> by_token(std::string_view token, const net::Address& address);
  core::Result<Identified> by_session(const core::Secret& cookie, const http::Fields& fields,
                                      std::string_view method);
  core::Result<SignedIn> open_session(const domain::Operator& who, const Visitor& visitor);
  void touch(const domain::Operator& who);

  store::Administration& store_;
  const Keyring& keyring_;
  const core::Clock& clock_;
  SessionSettings sessions_;
  std::unique_ptr<Guessing> guessing_;
  std::unique_ptr<RecentOperators> recent_;
};

}  // namespace relayna::identity
