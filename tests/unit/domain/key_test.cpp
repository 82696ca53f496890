#include "relayna/domain/key.hpp"

#include <gtest/gtest.h>

namespace relayna::domain {
namespace {

using std::chrono::days;
using std::chrono::microseconds;

const core::SystemTime kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 20};

VirtualKey a_key() {
  VirtualKey key;
  key.created_at = kNow - days(100);
  return key;
}

TEST(KeyState, ActiveWithoutAnything) {
  EXPECT_EQ(key_state(a_key(), kNow), KeyState::active);
}

TEST(KeyState, ExpiryBoundaryIsInclusive) {
  VirtualKey key = a_key();
  key.expires_at = kNow;
  EXPECT_EQ(key_state(key, kNow - microseconds(1)), KeyState::active);
  EXPECT_EQ(key_state(key, kNow), KeyState::expired);
  EXPECT_EQ(key_state(key, kNow + microseconds(1)), KeyState::expired);
}

TEST(KeyState, RevokedOverDisabledOverExpired) {
  VirtualKey key = a_key();
  key.expires_at = kNow - days(1);
  EXPECT_EQ(key_state(key, kNow), KeyState::expired);
  key.disabled = true;
  EXPECT_EQ(key_state(key, kNow), KeyState::disabled);
  key.revoked_at = kNow - days(2);
  EXPECT_EQ(key_state(key, kNow), KeyState::revoked);
}

TEST(KeyState, IdleCountsFromTheLastUseElseFromCreation) {
  VirtualKey key = a_key();
  key.policy.unused_key_auto_disable_after_days = 7;
  EXPECT_EQ(key_state(key, kNow), KeyState::disabled) << "never used since 100 days";
  key.last_used_at = kNow - days(7) + microseconds(1);
  EXPECT_EQ(key_state(key, kNow), KeyState::active);
  key.last_used_at = kNow - days(7);
  EXPECT_EQ(key_state(key, kNow), KeyState::disabled) << "exactly seven days";
  EXPECT_EQ(key_state(key, kNow, 8, key.last_used_at), KeyState::active) << "the caller's days win";
  EXPECT_EQ(key_state(key, kNow, std::nullopt, key.last_used_at), KeyState::active);
  EXPECT_EQ(key_state(key, kNow, 7, kNow), KeyState::active) << "the caller's last use wins";
}

TEST(KeyState, IdleWinsOverExpiredAndHugeDaysDoNotOverflow) {
  VirtualKey key = a_key();
  key.expires_at = kNow - days(1);
  key.policy.unused_key_auto_disable_after_days = 1;
  EXPECT_EQ(key_state(key, kNow), KeyState::disabled);
  key.policy.unused_key_auto_disable_after_days = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(key_state(key, kNow), KeyState::expired);
}

TEST(VirtualKeyText, WellFormed) {
  const std::string hex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  EXPECT_TRUE(well_formed_virtual_key("rk_live_" + hex));
  EXPECT_TRUE(well_formed_virtual_key("rk_live_ABCDEF" + hex.substr(6)));
  EXPECT_FALSE(well_formed_virtual_key("rk_live_" + hex.substr(1)));
  EXPECT_FALSE(well_formed_virtual_key("rk_live_" + hex + "0"));
  EXPECT_FALSE(well_formed_virtual_key("rk_test_" + hex));
  EXPECT_FALSE(well_formed_virtual_key("RK_LIVE_" + hex));
  EXPECT_FALSE(well_formed_virtual_key("rk_live_g" + hex.substr(1)));
  EXPECT_FALSE(well_formed_virtual_key("rk_live_" + std::string(64, '\0')));
  EXPECT_FALSE(well_formed_virtual_key(""));
}

}  // namespace
}  // namespace relayna::domain
