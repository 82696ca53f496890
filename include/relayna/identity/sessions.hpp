#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "relayna/core/crypto.hpp"
#include "relayna/core/secret.hpp"
#include "relayna/core/time.hpp"
#include "relayna/domain/operator.hpp"
#include "relayna/http/fields.hpp"

namespace relayna::identity {

inline constexpr std::string_view kSessionCookie = "relayna_session";
/// Every write under a session cookie carries it; other sites cannot read its value.
inline constexpr std::string_view kCsrfField = "x-relayna-csrf";

/// A User-Agent as it is stored: at most 512 bytes of printable ASCII, which no log, page or database has
/// trouble with.
std::string plain_text(std::string_view user_agent);

struct SessionSettings {
  std::chrono::seconds idle = std::chrono::minutes(30);
  std::chrono::seconds lifetime = std::chrono::hours(12);  ///< however busy
  /// The cookie is sent over TLS only; set when the listener or a trusted proxy has TLS.
  bool secure = false;
  std::string path = "/";  ///< the prefix the control listener is served under
};

/// A session to be stored and what the browser is given, which is kept nowhere.
struct NewSession {
  domain::Session session;
  core::Secret cookie;
  std::string csrf;
};

NewSession new_session(std::string operator_id, std::string ip, std::string_view user_agent,
                       core::SystemTime now, const SessionSettings& settings, core::Hmac& hasher);

/// Whether it may be used at `now`: not idle for too long, not past its end.
bool session_alive(const domain::Session& session, core::SystemTime now,
                   const SessionSettings& settings) noexcept;

/// What `x-relayna-csrf` must hold, derived from the cookie under the pepper: nothing is stored for it.
std::string csrf_token(const core::Secret& cookie, core::Hmac& hasher);

/// The value of `Set-Cookie`: HttpOnly, SameSite=Strict.
std::string set_cookie(const core::Secret& cookie, const SessionSettings& settings);
/// The one that makes the browser forget it.
std::string clear_cookie(const SessionSettings& settings);
/// The session cookie among a request's `Cookie` fields; empty when there is none or it could not be ours.
core::Secret read_cookie(const http::Fields& fields);

}  // namespace relayna::identity
