// Sessions: how they begin and end.
#include <utility>

#include "relayna/identity/operator_auth.hpp"
#include "relayna/identity/operators.hpp"

#include "identity/audit.hpp"
#include "identity/guessing.hpp"

namespace relayna::identity {
namespace {

using core::ErrorCode;
using store::Unit;

constexpr std::size_t kSessionsAtOnce = 200;

core::Result<void> end_session(Unit& unit, const std::string& id) {
  auto removed = unit.of<domain::Session>().remove(id);
  if (!removed && removed.error().code == ErrorCode::not_found) return {};  // it ended by itself
  return removed;
}

// All but `except`.
core::Result<std::vector<std::string>> sessions_of(store::Administration& store,
                                                   const std::string& operator_id,
                                                   const std::string& except) {
  std::vector<std::string> ids;
  store::ListQuery query{.where = {{.column = "operator_id", .value = operator_id}},
                         .limit = kSessionsAtOnce};
  do {
    auto page = store.of<domain::Session>().list(query);
    if (!page) return std::unexpected(page.error());
    for (const auto& session : page->rows) {
      if (session.id != except) ids.push_back(session.id);
    }
    query.after = page->next;
  } while (!query.after.empty());
  return ids;
}

core::Error same_password() {
  return core::Error(ErrorCode::invalid_request, "the new password must differ from the old one")
      .with_param("password");
}

}  // namespace

core::Result<SignedIn> OperatorAuthenticator::sign_in(const std::string& email, const core::Secret& password,
                                                      const Visitor& visitor) {
  const auto address = parse_email(email);
  const Guessing::Subjects subjects(visitor.address, address ? *address : email);
  if (auto allowed = guessing_->begin(subjects); !allowed) return std::unexpected(allowed.error());
  core::Result<std::optional<domain::Operator>> found;
  if (address) found = store_.find_operator_by_email(*address);
  if (!found) {
    guessing_->succeeded(subjects);  // nobody guessed wrong: the store is away
    return std::unexpected(found.error());
  }
  const bool right = verify_password(password, *found ? (*found)->password_hash : std::string());
  if (!right || domain::operator_state(**found, clock_.wall()) != domain::OperatorState::active) {
    return core::fail(ErrorCode::invalid_credentials);
  }
  guessing_->succeeded(subjects);
  return open_session(**found, visitor);
}

core::Result<SignedIn> OperatorAuthenticator::sign_in_with_token(const core::Secret& token,
                                                                 const Visitor& visitor) {
  auto who = by_token(token.reveal(), visitor.address);
  if (!who) return std::unexpected(who.error());
  return open_session(*who, visitor);
}

core::Result<SignedIn> OperatorAuthenticator::open_session(const domain::Operator& who,
                                                           const Visitor& visitor) {
  auto hasher = keyring_.hasher();
  const auto now = clock_.wall();
  auto made = new_session(who.id, visitor.address.to_string(), visitor.user_agent, now, sessions_, hasher);
  auto stored = store_.change([&](Unit& unit) -> core::Result<void> {
    if (auto done = unit.of<domain::Session>().insert(made.session); !done) return done;
    return unit.record(audit_event(who, visitor, "sessions.create", "sessions", made.session.id, now));
  });
  if (!stored) return std::unexpected(stored.error());
  touch(who);
  return SignedIn{.who = {.operator_id = who.id,
                          .name = who.name,
                          .scopes = who.scopes,
                          .session_id = made.session.id,
                          .csrf = std::move(made.csrf),
                          .session_ends_at = made.session.expires_at,
                          .must_change_password = who.password_expired},
                  .cookie = std::move(made.cookie)};
}

core::Result<void> OperatorAuthenticator::sign_out(const Identified& who, const Visitor& visitor) {
  if (who.session_id.empty()) return {};
  domain::Operator actor;
  actor.id = who.operator_id;
  actor.name = who.name;
  return store_.change([&](Unit& unit) -> core::Result<void> {
    if (auto ended = end_session(unit, who.session_id); !ended) return ended;
    return unit.record(
        audit_event(actor, visitor, "sessions.delete", "sessions", who.session_id, clock_.wall()));
  });
}

core::Result<void> OperatorAuthenticator::change_password(const Identified& who, const core::Secret& current,
                                                          const core::Secret& next, const Visitor& visitor) {
  auto found = store_.of<domain::Operator>().get(who.operator_id);
  if (!found) return std::unexpected(found.error());
  if (!*found) return core::fail(ErrorCode::not_found);
  const std::string old_hash = (*found)->password_hash;
  if (!old_hash.empty()) {
    const Guessing::Subjects subjects(visitor.address, (*found)->email);
    if (auto allowed = guessing_->begin(subjects); !allowed) return allowed;
    if (!verify_password(current, old_hash)) return core::fail(ErrorCode::invalid_credentials);
    guessing_->succeeded(subjects);
    if (current == next) return std::unexpected(same_password());
  }
  auto hash = hash_password(next);
  if (!hash) return std::unexpected(hash.error());
  auto others = sessions_of(store_, who.operator_id, who.session_id);
  if (!others) return std::unexpected(others.error());
  return store_.change([&](Unit& unit) -> core::Result<void> {
    auto row = unit.of<domain::Operator>().find(who.operator_id);
    if (!row) return std::unexpected(row.error());
    if (!*row || (*row)->password_hash != old_hash) return core::fail(ErrorCode::conflict);
    const auto now = clock_.wall();
    (*row)->password_hash = *hash;
    (*row)->password_expired = false;
    (*row)->updated_at = now;
    if (auto done = unit.of<domain::Operator>().update(**row); !done) return done;
    for (const auto& id : *others) {
      if (auto ended = end_session(unit, id); !ended) return ended;
    }
    return unit.record(
        audit_event(**row, visitor, "operators.change-password", "operators", who.operator_id, now));
  });
}

}  // namespace relayna::identity
