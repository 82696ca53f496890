// Who may use the control listener, by token and by session.
#include "relayna/identity/operator_auth.hpp"

#include <gmock/gmock.h>

#include "relayna/identity/operators.hpp"

#include "installation.hpp"

namespace relayna::identity {
namespace {

using domain::Operator;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Purpose = OperatorAuthenticator::Purpose;

const core::Secret kPassword("correct horse battery");

class OperatorAuth : public test::Installation {
 protected:
  void SetUp() override {
    Installation::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    auto hasher = keyring().hasher();
    made_ = new_operator("ada", {"keys:*"}, clock_.wall() + hours(1000), clock_.wall(), hasher);
    made_.who.email = "ada@example.com";
    static const std::string hash = hash_password(kPassword).value();
    made_.who.password_hash = hash;
    ASSERT_OK(store().administration().change(
        [&](store::Unit& unit) { return unit.of<Operator>().insert(made_.who); }));
    auth_ = open_authenticator(store());
  }
  std::unique_ptr<OperatorAuthenticator> open_authenticator(store::Store& over) {
    return std::make_unique<OperatorAuthenticator>(over.administration(), keyring(), clock_,
                                                   SessionSettings{});
  }
  core::Result<Identified> by_token(std::string_view token) {
    http::Fields fields;
    fields.add("authorization", "Bearer " + std::string(token));
    return auth_->identify(fields, "POST", visitor_.address, Purpose::everything);
  }
  core::Result<Identified> by_session(const SignedIn& session, std::string_view method = "GET",
                                      std::string_view csrf = {}, Purpose purpose = Purpose::everything) {
    http::Fields fields;
    fields.add("Cookie", "relayna_session=" + std::string(session.cookie.reveal()));
    if (!csrf.empty()) fields.add("X-Relayna-CSRF", csrf);
    return auth_->identify(fields, method, visitor_.address, purpose);
  }
  SignedIn sign_in(const core::Secret& password = kPassword) {
    auto done = auth_->sign_in("Ada@example.com", password, visitor_);
    EXPECT_TRUE(done) << done.error().describe();
    return done ? std::move(*done) : SignedIn{};
  }
  Operator stored() { return store().administration().of<Operator>().get(made_.who.id).value().value(); }
  void edit(const std::function<void(Operator&)>& change) {
    ASSERT_OK(store().administration().change([&](store::Unit& unit) -> core::Result<void> {
      auto row = unit.of<Operator>().find(made_.who.id);
      if (!row) return std::unexpected(row.error());
      change(row->value());
      return unit.of<Operator>().update(**row);
    }));
  }
  std::vector<std::string> audited() {
    std::vector<std::string> actions;
    for (const auto& event :
         store().administration().of<domain::AuditEvent>().list({.descending = false}).value().rows) {
      EXPECT_EQ(event.actor_name, "ada");
      EXPECT_EQ(event.ip, "10.0.0.1");
      EXPECT_EQ(event.request_id, visitor_.request_id);
      actions.push_back(event.action);
    }
    return actions;
  }

  NewOperator made_;
  std::unique_ptr<OperatorAuthenticator> auth_;
  Visitor visitor_{.address = boost::asio::ip::make_address("10.0.0.1"),
                   .user_agent = "browser",
                   .request_id = "01900000-0000-7000-8000-000000000001"};
};
INSTANTIATE_TEST_SUITE_P(Backends, OperatorAuth, test::kBackends, test::backend_name);

TEST_P(OperatorAuth, ByToken) {
  const auto who = by_token(made_.token.reveal());
  ASSERT_OK(who);
  EXPECT_EQ(who->operator_id, made_.who.id);
  EXPECT_EQ(who->name, "ada");
  EXPECT_EQ(who->scopes, std::vector<std::string>{"keys:*"});
  EXPECT_TRUE(who->session_id.empty());
}

TEST_P(OperatorAuth, WhatIsWrongWithACredentialIsSaidOnlyToItsHolder) {
  const std::string other = "op_live_" + std::string(64, '0');
  EXPECT_FAILS(invalid_operator_token, by_token(other));
  EXPECT_FAILS(invalid_operator_token, by_token("rk_live_" + std::string(64, '0')));
  EXPECT_FAILS(malformed_authorization, by_token("two tokens"));
  http::Fields fields;
  EXPECT_FAILS(missing_authorization, auth_->identify(fields, "GET", visitor_.address, Purpose::everything));
  fields.add("Authorization", "Bearer " + other);
  fields.add("Authorization", "Bearer " + std::string(made_.token.reveal()));
  EXPECT_FAILS(conflicting_credentials,
               auth_->identify(fields, "GET", visitor_.address, Purpose::everything));
  edit([](Operator& who) { who.disabled = true; });
  EXPECT_FAILS(disabled_operator_token, by_token(made_.token.reveal()));
  edit([this](Operator& who) { who.disabled = false, who.expires_at = clock_.wall(); });
  EXPECT_FAILS(expired_operator_token, by_token(made_.token.reveal()));
  edit([this](Operator& who) { who.revoked_at = clock_.wall(); });
  EXPECT_FAILS(disabled_operator_token, by_token(made_.token.reveal()));
}

TEST_P(OperatorAuth, ARotatedTokenWorksUntilItsOverlapEnds) {
  core::Secret next;
  auto hasher = keyring().hasher();
  edit([&](Operator& who) { next = rotate(who, clock_.wall(), hours(1), hasher); });
  EXPECT_TRUE(by_token(made_.token.reveal()));
  EXPECT_TRUE(by_token(next.reveal()));
  clock_.advance(hours(1));
  EXPECT_FAILS(invalid_operator_token, by_token(made_.token.reveal()));
  EXPECT_TRUE(by_token(next.reveal()));
}

TEST_P(OperatorAuth, WhatOneReplicaRevokesTheOtherRefusesAtOnce) {
  const auto other_store = backend().open();
  const auto other = open_authenticator(*other_store);
  http::Fields fields;
  fields.add("Authorization", "Bearer " + std::string(made_.token.reveal()));
  const auto session = sign_in();
  http::Fields cookie;
  cookie.add("Cookie", "relayna_session=" + std::string(session.cookie.reveal()));
  ASSERT_OK(other->identify(fields, "GET", visitor_.address, Purpose::everything));
  ASSERT_OK(other->identify(cookie, "GET", visitor_.address, Purpose::everything));
  edit([this](Operator& who) { who.revoked_at = clock_.wall(); });
  EXPECT_FAILS(disabled_operator_token,
               other->identify(fields, "GET", visitor_.address, Purpose::everything));
  EXPECT_FAILS(expired_session, other->identify(cookie, "GET", visitor_.address, Purpose::everything));
}

TEST_P(OperatorAuth, WrongTokensAreThrottledAndTheRightOneIsServedMeanwhile) {
  const std::string wrong(std::string(made_.token.reveal().substr(0, 71)) +
                          (made_.token.reveal().back() == '0' ? "1" : "0"));
  for (int i = 0; i < 5; ++i) EXPECT_FAILS(invalid_operator_token, by_token(wrong));
  const auto refused = by_token(wrong);
  EXPECT_FAILS(too_many_attempts, refused);
  EXPECT_EQ(refused.error().retry_after, seconds(1));
  EXPECT_TRUE(by_token(made_.token.reveal()));
}

TEST_P(OperatorAuth, ASessionReadsFreelyAndWritesWithItsCsrfToken) {
  const auto session = sign_in();
  EXPECT_EQ(session.who.name, "ada");
  const auto who = by_session(session);
  ASSERT_OK(who);
  EXPECT_EQ(who->session_id, session.who.session_id);
  EXPECT_EQ(who->csrf, session.who.csrf);
  EXPECT_EQ(who->session_ends_at, clock_.wall() + hours(12));
  EXPECT_FAILS(invalid_csrf_token, by_session(session, "POST"));
  EXPECT_FAILS(invalid_csrf_token, by_session(session, "DELETE", sign_in().who.csrf));
  EXPECT_TRUE(by_session(session, "PATCH", session.who.csrf));
  EXPECT_EQ(audited(), (std::vector<std::string>{"sessions.create", "sessions.create"}));
}

TEST_P(OperatorAuth, ASessionEndsIdleAtItsAgeAndSignedOut) {
  const auto idle = sign_in();
  clock_.advance(minutes(30));
  EXPECT_FAILS(expired_session, by_session(idle));
  const auto busy = sign_in();
  for (int i = 0; i < 36; ++i) {
    EXPECT_TRUE(by_session(busy)) << i;
    clock_.advance(minutes(20));
  }
  EXPECT_FAILS(expired_session, by_session(busy));
  const auto left = sign_in();
  ASSERT_OK(auth_->sign_out(by_session(left).value(), visitor_));
  EXPECT_FAILS(expired_session, by_session(left));
  EXPECT_THAT(audited(), ::testing::Contains("sessions.delete"));
}

TEST_P(OperatorAuth, SigningInSaysNotWhatWasWrong) {
  const core::Secret wrong("another password");
  const auto refused = auth_->sign_in("ada@example.com", wrong, visitor_);
  EXPECT_FAILS(invalid_credentials, refused);
  for (const char* email : {"bob@example.com", "no address", ""}) {
    const auto unknown = auth_->sign_in(email, kPassword, visitor_);
    EXPECT_FAILS(invalid_credentials, unknown);
    EXPECT_EQ(unknown.error().message, refused.error().message);
  }
  edit([](Operator& who) { who.disabled = true; });
  EXPECT_FAILS(invalid_credentials, auth_->sign_in("ada@example.com", kPassword, visitor_));
}

TEST_P(OperatorAuth, GuessingAPasswordWaitsLongerAndLonger) {
  const core::Secret wrong("another password");
  for (int i = 0; i < 5; ++i)
    EXPECT_FAILS(invalid_credentials, auth_->sign_in("ada@example.com", wrong, visitor_));
  EXPECT_FAILS(too_many_attempts, auth_->sign_in("ada@example.com", kPassword, visitor_));
  clock_.advance(seconds(1));
  EXPECT_TRUE(auth_->sign_in("ada@example.com", kPassword, visitor_));
  EXPECT_FAILS(invalid_credentials, auth_->sign_in("ada@example.com", wrong, visitor_));
}

TEST_P(OperatorAuth, ASignInByTokenOpensASessionToo) {
  const auto session = auth_->sign_in_with_token(made_.token, visitor_);
  ASSERT_OK(session);
  EXPECT_TRUE(by_session(*session));
  EXPECT_FAILS(invalid_operator_token, auth_->sign_in_with_token(core::Secret("op_live_1"), visitor_));
}

TEST_P(OperatorAuth, AnExpiredPasswordOpensOnlyTheWayToANewOne) {
  edit([](Operator& who) { who.password_expired = true; });
  const auto session = sign_in();
  EXPECT_TRUE(session.who.must_change_password);
  EXPECT_FAILS(password_change_required, by_session(session));
  const auto who = by_session(session, "POST", session.who.csrf, Purpose::own_session);
  ASSERT_OK(who);
  EXPECT_FAILS(invalid_request, auth_->change_password(*who, kPassword, kPassword, visitor_));
  EXPECT_FAILS(invalid_request, auth_->change_password(*who, kPassword, core::Secret("short"), visitor_));
  EXPECT_FAILS(invalid_credentials, auth_->change_password(*who, core::Secret("not this one"),
                                                           core::Secret("a new password"), visitor_));
  ASSERT_OK(auth_->change_password(*who, kPassword, core::Secret("a new password"), visitor_));
  EXPECT_TRUE(by_session(session));
  EXPECT_FALSE(stored().password_expired);
  EXPECT_THAT(audited(), ::testing::Contains("operators.change-password"));
}

TEST_P(OperatorAuth, ANewPasswordEndsTheOtherSessions) {
  const auto mine = sign_in();
  const auto elsewhere = sign_in();
  ASSERT_OK(
      auth_->change_password(by_session(mine).value(), kPassword, core::Secret("a new password"), visitor_));
  EXPECT_TRUE(by_session(mine));
  EXPECT_FAILS(expired_session, by_session(elsewhere));
  EXPECT_FAILS(invalid_credentials, auth_->sign_in("ada@example.com", kPassword, visitor_));
  EXPECT_TRUE(by_session(sign_in(core::Secret("a new password"))));
}

TEST_P(OperatorAuth, WhoWasRecognisedIsRecalledUntilRefused) {
  const auto fields_of = [](std::string_view name, std::string value) {
    http::Fields fields;
    fields.add(name, value);
    return fields;
  };
  const auto token = fields_of("Authorization", "Bearer " + std::string(made_.token.reveal()));
  EXPECT_FALSE(auth_->recall(token));
  ASSERT_OK(by_token(made_.token.reveal()));
  ASSERT_TRUE(auth_->recall(token));
  EXPECT_EQ(auth_->recall(token)->scopes, made_.who.scopes);
  const auto session = sign_in();
  const auto cookie = fields_of("Cookie", "relayna_session=" + std::string(session.cookie.reveal()));
  EXPECT_FALSE(auth_->recall(cookie));
  ASSERT_OK(by_session(session));
  EXPECT_TRUE(auth_->recall(cookie));
  EXPECT_FALSE(auth_->recall(http::Fields()));

  edit([&](Operator& who) { who.revoked_at = clock_.wall(); });
  EXPECT_FALSE(by_token(made_.token.reveal()));
  EXPECT_FALSE(auth_->recall(token));
  EXPECT_FALSE(by_session(session));
  EXPECT_FALSE(auth_->recall(cookie));
}

TEST_P(OperatorAuth, UsesAreRecordedAtMostOnceAMinute) {
  const auto first = clock_.wall();
  ASSERT_OK(by_token(made_.token.reveal()));
  EXPECT_EQ(stored().last_used_at, first);
  clock_.advance(seconds(59));
  ASSERT_OK(by_token(made_.token.reveal()));
  EXPECT_EQ(stored().last_used_at, first);
  clock_.advance(seconds(1));
  ASSERT_OK(by_token(made_.token.reveal()));
  EXPECT_EQ(stored().last_used_at, clock_.wall());
}

}  // namespace
}  // namespace relayna::identity
