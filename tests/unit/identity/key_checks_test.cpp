#include <gtest/gtest.h>

#include "relayna/identity/key_cache.hpp"

namespace relayna::identity {
namespace {

using core::ErrorCode;
using std::chrono::days;
using std::chrono::microseconds;

const core::SystemTime kNow = core::FakeClock{}.wall();

CachedKey a_key() {
  CachedKey cached;
  cached.key.created_at = kNow - days(30);
  return cached;
}
std::optional<ErrorCode> refusal(const CachedKey& key, core::SystemTime now = kNow,
                                 const domain::Policy* p = nullptr) {
  const auto ok = check_usable(key, now, p);
  return ok ? std::nullopt : std::optional(ok.error().code);
}

TEST(CheckUsable, StatesHaveTheirCodes) {
  CachedKey key = a_key();
  EXPECT_EQ(refusal(key), std::nullopt);
  key.key.expires_at = kNow;
  EXPECT_EQ(refusal(key), ErrorCode::expired_virtual_key);
  EXPECT_EQ(refusal(key, kNow - microseconds(1)), std::nullopt);
  key.key.disabled = true;
  EXPECT_EQ(refusal(key), ErrorCode::disabled_virtual_key);
  key.key.revoked_at = kNow;
  EXPECT_EQ(refusal(key), ErrorCode::revoked_virtual_key);
}

TEST(CheckUsable, ARotatedSecretIsRightUntilItsOverlapEnds) {
  CachedKey key = a_key();
  key.by_previous_hash = true;
  key.key.previous_valid_until = kNow;
  EXPECT_EQ(refusal(key, kNow - microseconds(1)), std::nullopt);
  EXPECT_EQ(refusal(key, kNow), ErrorCode::invalid_virtual_key);
  key.key.revoked_at = kNow - days(1);
  EXPECT_EQ(refusal(key, kNow), ErrorCode::invalid_virtual_key) << "no state for a wrong secret";
  key.key.previous_valid_until.reset();
  EXPECT_EQ(refusal(key, kNow - days(1)), ErrorCode::invalid_virtual_key);
}

TEST(CheckUsable, IdleByTheKeyOrALayerCountsTheFresherUse) {
  CachedKey key = a_key();
  key.key.policy.unused_key_auto_disable_after_days = 7;
  EXPECT_EQ(refusal(key), ErrorCode::disabled_virtual_key);
  key.used_at = kNow - days(1);
  EXPECT_EQ(refusal(key), std::nullopt) << "used by this shard, not yet written";
  key.key.last_used_at = kNow - days(10);
  EXPECT_EQ(refusal(key), std::nullopt);
  key.used_at = kNow - days(8);
  EXPECT_EQ(refusal(key), ErrorCode::disabled_virtual_key);
  key.key.last_used_at = kNow - days(2);
  EXPECT_EQ(refusal(key), std::nullopt) << "used through another replica";
  domain::Policy effective;
  effective.unused_key_auto_disable_after_days = 2;
  EXPECT_EQ(refusal(key, kNow, &effective), ErrorCode::disabled_virtual_key);
  EXPECT_EQ(refusal(key), std::nullopt);
}

net::Address address(const char* text) {
  return boost::asio::ip::make_address(text);
}

TEST(CheckSource, EmptyListAllowsEverybody) {
  EXPECT_TRUE(check_source(a_key(), address("203.0.113.9")));
}

TEST(CheckSource, OnlyTheListedRanges) {
  CachedKey key = a_key();
  key.key.policy.allowed_source_addresses = {"10.0.0.0/8", "2001:db8::/32"};
  key.sources = parse_sources(key.key.policy.allowed_source_addresses);
  EXPECT_TRUE(check_source(key, address("10.200.1.1")));
  EXPECT_TRUE(check_source(key, address("::ffff:10.1.1.1")));
  EXPECT_TRUE(check_source(key, address("2001:db8::5")));
  const auto refused = check_source(key, address("11.0.0.1"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::policy_denied);
}

TEST(CheckSource, AListThatCannotBeReadAllowsNobody) {
  CachedKey key = a_key();
  key.key.policy.allowed_source_addresses = {"nonsense"};
  key.sources = parse_sources(key.key.policy.allowed_source_addresses);
  EXPECT_TRUE(key.sources.empty());
  EXPECT_FALSE(check_source(key, address("10.0.0.1")));
}

}  // namespace
}  // namespace relayna::identity
