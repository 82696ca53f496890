#include "relayna/identity/sessions.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "relayna/core/encoding.hpp"

#include "identity/token_secret.hpp"

namespace relayna::identity {
namespace {

constexpr std::size_t kCookieLength = 64;  // 256 bits in hex
/// What the list of sessions shows; the rest is the browser's boasting.
constexpr std::size_t kMaxUserAgentBytes = 512;

std::string cookie_text(std::string_view value, std::chrono::seconds lifetime,
                        const SessionSettings& settings) {
  return fmt::format("{}={}; Path={}; Max-Age={}; HttpOnly; SameSite=Strict{}", kSessionCookie, value,
                     settings.path, lifetime.count(), settings.secure ? "; Secure" : "");
}

bool could_be_ours(std::string_view value) {
  return value.size() == kCookieLength &&
         std::ranges::all_of(value, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

std::string plain_text(std::string_view text) {
  std::string out(text.substr(0, kMaxUserAgentBytes));
  std::ranges::replace_if(out, [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

NewSession new_session(std::string operator_id, std::string ip, std::string_view user_agent,
                       core::SystemTime now, const SessionSettings& settings, core::Hmac& hasher) {
  NewSession made;
  made.cookie = core::Secret(core::new_token(""));
  made.csrf = csrf_token(made.cookie, hasher);
  made.session.id = id_made_at(now);
  made.session.operator_id = std::move(operator_id);
  made.session.hash = hasher(made.cookie.reveal());
  made.session.ip = std::move(ip);
  made.session.user_agent = plain_text(user_agent);
  made.session.created_at = now;
  made.session.last_seen_at = now;
  made.session.expires_at = now + settings.lifetime;
  return made;
}

bool session_alive(const domain::Session& session, core::SystemTime now,
                   const SessionSettings& settings) noexcept {
  return now < session.expires_at && now < session.last_seen_at + settings.idle;
}

std::string csrf_token(const core::Secret& cookie, core::Hmac& hasher) {
  return core::to_hex(hasher(std::string("csrf:").append(cookie.reveal())));
}

std::string set_cookie(const core::Secret& cookie, const SessionSettings& settings) {
  return cookie_text(cookie.reveal(), settings.lifetime, settings);
}

std::string clear_cookie(const SessionSettings& settings) {
  return cookie_text("", std::chrono::seconds::zero(), settings);
}

core::Secret read_cookie(const http::Fields& fields) {
  for (const http::Field field : fields) {
    if (!core::iequals(field.name, "cookie")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      const std::string_view pair = core::trim(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const std::size_t equals = pair.find('=');
      if (equals == pair.npos || pair.substr(0, equals) != kSessionCookie) continue;
      const std::string_view value = pair.substr(equals + 1);
      if (could_be_ours(value)) return core::Secret(std::string(value));
    }
  }
  return {};
}

}  // namespace relayna::identity
