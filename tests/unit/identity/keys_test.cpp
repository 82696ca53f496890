#include "relayna/identity/keys.hpp"

#include <gtest/gtest.h>

#include "relayna/core/ids.hpp"

namespace relayna::identity {
namespace {

using std::chrono::hours;

const core::SystemTime kNow = core::FakeClock{}.wall();

class Keys : public ::testing::Test {
 protected:
  core::Hmac hasher_{"pepper"};
  NewKey make() { return new_virtual_key("app", "p1", Policy(), kNow + hours(1), kNow, hasher_); }
  static domain::Policy Policy() {
    domain::Policy p;
    p.allowed_models = {"m"};
    return p;
  }
};

TEST_F(Keys, ANewKeyHasWhatWasAskedAndARandomSecret) {
  const NewKey a = make();
  const NewKey b = make();
  EXPECT_TRUE(domain::well_formed_virtual_key(a.secret.reveal()));
  EXPECT_NE(a.secret.reveal(), b.secret.reveal());
  EXPECT_NE(a.key.id, b.key.id);
  EXPECT_TRUE(core::Uuid::parse(a.key.id));
  EXPECT_EQ(a.key.name, "app");
  EXPECT_EQ(a.key.project_id, "p1");
  EXPECT_EQ(a.key.policy, Policy());
  EXPECT_EQ(a.key.expires_at, kNow + hours(1));
  EXPECT_EQ(a.key.created_at, kNow);
  EXPECT_EQ(a.key.updated_at, kNow);
  EXPECT_EQ(a.key.hash, hasher_(a.secret.reveal()));
  EXPECT_EQ(a.key.prefix, a.secret.reveal().substr(0, 16));
  EXPECT_FALSE(a.key.previous_hash);
  EXPECT_EQ(domain::key_state(a.key, kNow), domain::KeyState::active);
}

TEST_F(Keys, RotationKeepsTheIdAndTheOldSecretForTheOverlap) {
  NewKey made = make();
  const auto before = made.key;
  const core::Secret next = rotate(made.key, kNow + hours(2), kDefaultOverlap, hasher_);
  EXPECT_EQ(made.key.id, before.id);
  EXPECT_EQ(made.key.created_at, before.created_at);
  EXPECT_EQ(made.key.updated_at, kNow + hours(2));
  EXPECT_EQ(made.key.hash, hasher_(next.reveal()));
  EXPECT_EQ(made.key.prefix, next.reveal().substr(0, 16));
  EXPECT_EQ(made.key.previous_hash, before.hash);
  EXPECT_EQ(made.key.previous_valid_until, kNow + hours(26));
}

TEST_F(Keys, RotationWithoutOverlapEndsTheOldSecretAndAnyOlderOne) {
  NewKey made = make();
  (void)rotate(made.key, kNow, kDefaultOverlap, hasher_);
  (void)rotate(made.key, kNow, std::chrono::seconds(0), hasher_);
  EXPECT_FALSE(made.key.previous_hash);
  EXPECT_FALSE(made.key.previous_valid_until);
}

TEST_F(Keys, ADeclaredSecretIsTakenOnceAndReplacesWithItsOverlap) {
  domain::VirtualKey key;
  const core::Secret first("rk_live_" + std::string(64, 'a'));
  const core::Secret second("rk_live_" + std::string(64, 'b'));
  EXPECT_EQ(assign_secret(key, first, kNow, hours(5), hasher_), true);
  EXPECT_EQ(key.hash, hasher_(first.reveal()));
  EXPECT_FALSE(key.previous_hash) << "there was none before";
  EXPECT_EQ(assign_secret(key, first, kNow + hours(1), hours(5), hasher_), false);
  EXPECT_EQ(key.updated_at, kNow) << "the same secret changes nothing";
  EXPECT_EQ(assign_secret(key, second, kNow + hours(2), std::chrono::seconds(0), hasher_), true);
  EXPECT_FALSE(key.previous_hash);
  EXPECT_EQ(assign_secret(key, first, kNow + hours(3), hours(5), hasher_), true);
  EXPECT_EQ(key.previous_hash, hasher_(second.reveal()));
  EXPECT_EQ(key.previous_valid_until, kNow + hours(8));
}

TEST_F(Keys, ADeclaredSecretOfAnotherFormatIsRefused) {
  domain::VirtualKey key;
  const auto refused = assign_secret(key, core::Secret("sk-123"), kNow, hours(1), hasher_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, core::ErrorCode::invalid_request);
  EXPECT_EQ(refused.error().describe().find("sk-123"), std::string::npos);
  EXPECT_EQ(key.hash, core::Digest{});
}

}  // namespace
}  // namespace relayna::identity
