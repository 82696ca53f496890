#include "relayna/identity/operators.hpp"

#include <gtest/gtest.h>

namespace relayna::identity {
namespace {

using std::chrono::hours;

const core::SystemTime kNow = core::FakeClock{}.wall();

class Operators : public ::testing::Test {
 protected:
  core::Hmac hasher_{"pepper"};
  NewOperator make() { return new_operator("ada", {"keys:*"}, kNow + hours(1), kNow, hasher_); }
};

TEST_F(Operators, ANewOneHasWhatWasAskedAndARandomToken) {
  const NewOperator a = make();
  EXPECT_TRUE(domain::well_formed_operator_token(a.token.reveal()));
  EXPECT_NE(a.token.reveal(), make().token.reveal());
  EXPECT_EQ(a.who.name, "ada");
  EXPECT_EQ(a.who.scopes, std::vector<std::string>{"keys:*"});
  EXPECT_EQ(a.who.expires_at, kNow + hours(1));
  EXPECT_EQ(a.who.created_at, kNow);
  EXPECT_EQ(a.who.hash, hasher_(a.token.reveal()));
  EXPECT_EQ(a.who.prefix, a.token.reveal().substr(0, 16));
  EXPECT_FALSE(a.who.bootstrap);
}

TEST_F(Operators, RotationKeepsTheOldTokenForTheOverlap) {
  NewOperator made = make();
  const auto before = made.who.hash;
  const core::Secret next = rotate(made.who, kNow + hours(2), kDefaultOverlap, hasher_);
  EXPECT_TRUE(domain::well_formed_operator_token(next.reveal()));
  EXPECT_EQ(made.who.hash, hasher_(next.reveal()));
  EXPECT_EQ(made.who.previous_hash, before);
  EXPECT_EQ(made.who.previous_valid_until, kNow + hours(26));
  EXPECT_EQ(made.who.updated_at, kNow + hours(2));
}

TEST_F(Operators, TheInstallationsTokenEndsAtOnceAndIsNoLongerOne) {
  NewOperator made = make();
  made.who.bootstrap = true;
  (void)rotate(made.who, kNow, kDefaultOverlap, hasher_);
  EXPECT_FALSE(made.who.previous_hash);
  EXPECT_FALSE(made.who.bootstrap);
  (void)rotate(made.who, kNow, kDefaultOverlap, hasher_);
  EXPECT_TRUE(made.who.previous_hash) << "the next one is an ordinary token";
}

TEST(Email, IsKeptInOneSpelling) {
  EXPECT_EQ(parse_email(" Ada@Example.COM ").value(), "ada@example.com");
  for (const char* wrong : {"", "ada", "@example.com", "ada@", "a@b@c", "a b@c", "ada@ex\xc3\xa4mple.com"}) {
    const auto refused = parse_email(wrong);
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().param, "email");
  }
}

TEST(Passwords, VerifyOnlyThemselves) {
  const core::Secret password("correct horse battery");
  const auto stored = hash_password(password);
  ASSERT_TRUE(stored);
  EXPECT_TRUE(stored->starts_with("scrypt$15$8$3$")) << *stored;
  EXPECT_TRUE(verify_password(password, *stored));
  EXPECT_FALSE(verify_password(core::Secret("correct horse batterz"), *stored));
  EXPECT_NE(*hash_password(password), *stored) << "each has a salt of its own";
}

TEST(Passwords, AHashOfAnotherCostStillVerifies) {
  // scrypt of RFC 7914's second example: "password", "NaCl", N 1024, r 8, p 16; the first 32 bytes.
  EXPECT_TRUE(verify_password(core::Secret("password"),
                              "scrypt$10$8$16$TmFDbA==$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWI="));
}

TEST(Passwords, WhatIsNoHashVerifiesNothing) {
  const core::Secret password("correct horse battery");
  for (const char* stored : {"", "scrypt", "scrypt$15$8$3$AAAA", "scrypt$40$8$3$AAAA$AAAA",
                             "argon2$15$8$3$AAAA$AAAA", "scrypt$15$8$3$AAAA$AAAA$", "scrypt$4$1$1$AAAA$"}) {
    EXPECT_FALSE(verify_password(password, stored)) << stored;
  }
}

TEST(Passwords, ShortOnesAndBytesThatAreNoTextAreRefused) {
  for (const std::string& wrong :
       {std::string("12345678901"), std::string(11, 'x') + "\xff", std::string(1025, 'x'),
        std::string("\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4")}) {
    const auto refused = hash_password(core::Secret(wrong));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().param, "password");
    EXPECT_EQ(refused.error().describe().find(wrong), std::string::npos);
  }
}

}  // namespace
}  // namespace relayna::identity
