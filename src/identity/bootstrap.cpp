#include "relayna/identity/bootstrap.hpp"

#include <algorithm>
#include <utility>

#include "relayna/identity/operators.hpp"

#include "identity/audit.hpp"
#include "identity/token_secret.hpp"

namespace relayna::identity {
namespace {

using core::ErrorCode;
using domain::Operator;
using store::Unit;

/// Kept for good once the declared account was made, so that what became of it is not undone by a restart.
constexpr const char* kAccountRecord = "bootstrap_admin";

std::unexpected<core::Error> bad(const std::string& setting, std::string_view problem) {
  return core::fail(ErrorCode::invalid_configuration, setting + ": " + std::string(problem));
}

bool is_conflict(const core::Result<void>& result) {
  return !result && result.error().code == ErrorCode::conflict;
}

core::Result<std::vector<Operator>> operators_where(store::Administration& store,
                                                    std::vector<store::Filter> where) {
  std::vector<Operator> all;
  store::ListQuery query{.where = std::move(where), .limit = 200};
  do {
    auto page = store.of<Operator>().list(query);
    if (!page) return std::unexpected(page.error());
    std::ranges::move(page->rows, std::back_inserter(all));
    query.after = page->next;
  } while (!query.after.empty());
  return all;
}

class Bootstrap {
 public:
  Bootstrap(store::Store& store, const Keyring& keyring, const BootstrapSettings& settings,
            core::SystemTime now)
      : store_(store),
        administration_(store.administration()),
        settings_(settings),
        now_(now),
        hasher_(keyring.hasher()) {}

  core::Result<Bootstrapped> run();
  core::Result<core::Secret> reset();

 private:
  core::Result<bool> anybody_active();
  core::Result<void> first_operator();
  core::Result<void> account();
  core::Result<void> make_account(const std::string& email);
  /// Inserts `who`; one of the same name that is no longer of use to anybody is revoked first. conflict when
  /// another process was faster.
  core::Result<void> insert(const Operator& who);

  store::Store& store_;
  store::Administration& administration_;
  const BootstrapSettings& settings_;
  const core::SystemTime now_;
  core::Hmac hasher_;
  Bootstrapped done_;
};

core::Result<bool> Bootstrap::anybody_active() {
  auto all =
      operators_where(administration_, {{.column = "revoked_at", .test = store::Filter::Test::is_null}});
  if (!all) return std::unexpected(all.error());
  return std::ranges::any_of(*all, [this](const Operator& who) {
    return domain::operator_state(who, now_) == domain::OperatorState::active;
  });
}

core::Result<void> Bootstrap::insert(const Operator& who) {
  auto same_name =
      operators_where(administration_, {{.column = "name", .value = who.name},
                                        {.column = "revoked_at", .test = store::Filter::Test::is_null}});
  if (!same_name) return std::unexpected(same_name.error());
  return administration_.change([&](Unit& unit) -> core::Result<void> {
    for (const Operator& old : *same_name) {
      auto row = unit.of<Operator>().find(old.id);
      if (!row) return std::unexpected(row.error());
      if (!*row || domain::operator_state(**row, now_) == domain::OperatorState::active) continue;
      (*row)->revoked_at = (*row)->revoked_at.value_or(now_);
      (*row)->updated_at = now_;
      if (auto done = unit.of<Operator>().update(**row); !done) return done;
    }
    if (auto done = unit.of<Operator>().insert(who); !done) return done;
    return unit.record(own_audit_event("operators.bootstrap", "operators", who.id, now_));
  });
}

core::Result<void> Bootstrap::first_operator() {
  auto made = new_operator(kBootstrapOperator, {"*"}, std::nullopt, now_, hasher_);
  made.who.bootstrap = true;
  const bool given = !settings_.admin_token.empty();
  if (given) {
    if (!domain::well_formed_operator_token(settings_.admin_token.reveal())) {
      return bad("GATEWAY_ADMIN_TOKEN", "must be op_live_ followed by 64 hexadecimal characters");
    }
    put_secret(made.who, settings_.admin_token, hasher_);
  }
  auto stored = insert(made.who);
  if (is_conflict(stored)) {
    auto active = anybody_active();
    if (!active) return std::unexpected(active.error());
    if (!*active)
      return bad("GATEWAY_ADMIN_TOKEN",
                 "an operator whose access was ended had this token; choose a new one");
    done_.operator_existed = true;
    done_.notes.emplace_back("another process has just made the first operator; its token was shown there");
    return {};
  }
  if (!stored) return stored;
  if (given) {
    done_.notes.emplace_back(
        "the first operator has the token of GATEWAY_ADMIN_TOKEN; later changes of it are ignored");
  } else {
    done_.generated_token = std::move(made.token);
    done_.notes.emplace_back("the first operator was made; its token is shown once, on standard output");
  }
  return {};
}

core::Result<void> Bootstrap::account() {
  auto record = store_.secrets().get(kAccountRecord);
  if (!record) return std::unexpected(record.error());
  if (*record) return {};
  auto email = parse_email(settings_.account->email);
  if (!email) return bad("identity.bootstrap_admin.email", email.error().public_message());
  auto known = operators_where(administration_, {{.column = "email", .value = *email}});
  if (!known) return std::unexpected(known.error());
  if (known->empty()) {
    if (auto made = make_account(*email); !made) return made;
  }
  auto kept = store_.secrets().put_if_absent(kAccountRecord, *email);
  if (!kept) return std::unexpected(kept.error());
  return {};
}

core::Result<void> Bootstrap::make_account(const std::string& email) {
  auto hash = hash_password(settings_.account->password);
  if (!hash) return bad("identity.bootstrap_admin.password", hash.error().public_message());
  // Its token is known to nobody; who wants one rotates it.
  auto made = new_operator(email, {"*"}, std::nullopt, now_, hasher_);
  made.who.email = email;
  made.who.password_hash = std::move(*hash);
  made.who.password_expired = settings_.account->must_change_password;
  auto stored = insert(made.who);
  if (is_conflict(stored)) return {};  // another process was faster
  if (!stored) return stored;
  done_.notes.push_back(
      "the account " + email + " of identity.bootstrap_admin was made" +
      (made.who.password_expired ? "; its password must be changed at the first sign-in" : ""));
  return {};
}

core::Result<Bootstrapped> Bootstrap::run() {
  auto active = anybody_active();
  if (!active) return std::unexpected(active.error());
  done_.operator_existed = *active;
  if (settings_.account) {
    if (auto ok = account(); !ok) return std::unexpected(ok.error());
    if (!*active) active = anybody_active();
    if (!active) return std::unexpected(active.error());
  }
  const bool given = !settings_.admin_token.empty();
  if (done_.operator_existed) {
    if (given) done_.notes.emplace_back("GATEWAY_ADMIN_TOKEN is ignored: there are operators already");
  } else if (given || !*active) {
    if (auto ok = first_operator(); !ok) return std::unexpected(ok.error());
  }
  return std::move(done_);
}

core::Result<core::Secret> Bootstrap::reset() {
  auto same_name = operators_where(administration_, {{.column = "name", .value = kBootstrapOperator}});
  if (!same_name) return std::unexpected(same_name.error());
  const auto active = std::ranges::find_if(*same_name, [this](const Operator& who) {
    return domain::operator_state(who, now_) == domain::OperatorState::active;
  });
  if (active == same_name->end()) {
    auto made = new_operator(kBootstrapOperator, {"*"}, std::nullopt, now_, hasher_);
    made.who.bootstrap = true;
    if (auto stored = insert(made.who); !stored) return std::unexpected(stored.error());
    return std::move(made.token);
  }
  core::Secret token;
  auto stored = administration_.change([&](Unit& unit) -> core::Result<void> {
    auto row = unit.of<Operator>().find(active->id);
    if (!row) return std::unexpected(row.error());
    if (!*row) return core::fail(ErrorCode::conflict);
    token = rotate(**row, now_, std::chrono::seconds::zero(), hasher_);
    (*row)->scopes = {"*"};
    (*row)->bootstrap = true;
    if (auto done = unit.of<Operator>().update(**row); !done) return done;
    return unit.record(own_audit_event("operators.reset", "operators", active->id, now_));
  });
  if (!stored) return std::unexpected(stored.error());
  return token;
}

}  // namespace

core::Result<core::Secret> reset_bootstrap_operator(store::Store& store, const Keyring& keyring,
                                                    core::SystemTime now) {
  const BootstrapSettings none;
  return Bootstrap(store, keyring, none, now).reset();
}

core::Result<Bootstrapped> bootstrap_operators(store::Store& store, const Keyring& keyring,
                                               const BootstrapSettings& settings, core::SystemTime now) {
  return Bootstrap(store, keyring, settings, now).run();
}

core::Result<bool> bootstrap_token_in_use(store::Administration& store, core::SystemTime now) {
  auto marked = operators_where(store, {{.column = "bootstrap", .value = "true"},
                                        {.column = "revoked_at", .test = store::Filter::Test::is_null}});
  if (!marked) return std::unexpected(marked.error());
  return std::ranges::any_of(*marked, [now](const Operator& who) {
    return domain::operator_state(who, now) == domain::OperatorState::active;
  });
}

}  // namespace relayna::identity
