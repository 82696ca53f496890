#include "relayna/identity/sessions.hpp"

#include <gtest/gtest.h>

namespace relayna::identity {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const core::SystemTime kNow = core::FakeClock{}.wall();

class Sessions : public ::testing::Test {
 protected:
  core::Hmac hasher_{"pepper"};
  SessionSettings settings_;
  NewSession make() { return new_session("op-1", "10.0.0.1", "Mozilla\x01\xff", kNow, settings_, hasher_); }
  static core::Secret cookie_of(std::initializer_list<std::string_view> values) {
    http::Fields fields;
    for (const auto value : values) fields.add("Cookie", value);
    return read_cookie(fields);
  }
};

TEST_F(Sessions, TheCookieIsKeptOnlyAsAHash) {
  const NewSession made = make();
  EXPECT_EQ(made.cookie.size(), 64U);
  EXPECT_EQ(made.session.hash, hasher_(made.cookie.reveal()));
  EXPECT_EQ(made.session.operator_id, "op-1");
  EXPECT_EQ(made.session.user_agent, "Mozilla??");
  EXPECT_NE(make().cookie.reveal(), made.cookie.reveal());
  EXPECT_EQ(made.csrf, csrf_token(made.cookie, hasher_));
  EXPECT_EQ(made.csrf.size(), 64U);
  core::Hmac other("another pepper");
  EXPECT_NE(made.csrf, csrf_token(made.cookie, other));
  EXPECT_NE(made.csrf, csrf_token(make().cookie, hasher_));
}

TEST_F(Sessions, EndWhenIdleAndAtTheirAgeHoweverBusy) {
  domain::Session session = make().session;
  EXPECT_TRUE(session_alive(session, kNow + minutes(30) - seconds(1), settings_));
  EXPECT_FALSE(session_alive(session, kNow + minutes(30), settings_));
  session.last_seen_at = kNow + hours(12) - seconds(1);
  EXPECT_TRUE(session_alive(session, kNow + hours(12) - seconds(1), settings_));
  EXPECT_FALSE(session_alive(session, kNow + hours(12), settings_));
}

TEST_F(Sessions, TheCookieIsReadBackAndOutOfReachOfScriptsAndOtherSites) {
  const NewSession made = make();
  const std::string set = set_cookie(made.cookie, settings_);
  EXPECT_EQ(set, "relayna_session=" + std::string(made.cookie.reveal()) +
                     "; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict");
  settings_.secure = true;
  settings_.path = "/gateway";
  EXPECT_TRUE(set_cookie(made.cookie, settings_)
                  .ends_with("; Path=/gateway; Max-Age=43200; HttpOnly; SameSite=Strict; Secure"));
  EXPECT_EQ(clear_cookie(settings_),
            "relayna_session=; Path=/gateway; Max-Age=0; HttpOnly; SameSite=Strict; Secure");
  const std::string pair = "relayna_session=" + std::string(made.cookie.reveal());
  EXPECT_EQ(cookie_of({pair}), made.cookie);
  EXPECT_EQ(cookie_of({"a=b; " + pair + ";c=d"}), made.cookie);
  EXPECT_EQ(cookie_of({"a=b", pair}), made.cookie);
}

TEST_F(Sessions, WhatIsNoCookieOfOursIsNone) {
  for (const std::string value :
       {"", ";", "relayna_session", "relayna_session=", "relayna_session=abc",
        "xrelayna_session=0000000000000000000000000000000000000000000000000000000000000000",
        "relayna_session=G000000000000000000000000000000000000000000000000000000000000000"}) {
    EXPECT_TRUE(cookie_of({value}).empty()) << value;
  }
}

}  // namespace
}  // namespace relayna::identity
