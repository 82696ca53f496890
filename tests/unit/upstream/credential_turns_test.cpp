#include "upstream/credential_turns.hpp"

#include <gtest/gtest.h>

#include "relayna/core/time.hpp"

#include "snapshot.hpp"

namespace relayna::upstream::test {
namespace {

TEST(CredentialTurns, TheSameOnceMoreCountsAgainstItsCapsOnceMore) {
  catalog::Snapshot snapshot;
  domain::Provider acme = provider("acme", domain::ProviderKind::openai);
  acme.id = "p";
  snapshot.credentials["p"] = {
      {.id = "c", .provider_id = "p", .name = "only", .secret = core::Secret("sk-1")}};
  const core::FakeClock clock;
  CredentialPool pool;
  CredentialTurns turns(pool, snapshot, acme, "key", "");
  EXPECT_EQ(turns.begin(clock.now()).source, "provider:only");
  EXPECT_EQ(turns.again(clock.now()).source, "provider:only");
  const auto told = pool.standings(clock.now());
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].last_minute, 2);
  EXPECT_EQ(told[0].in_flight, 1) << "the first has ended";
  EXPECT_FALSE(turns.refused(std::nullopt, clock.now())) << "there is no other";
}

TEST(CredentialTurns, WithoutTurnsTheSameIsAlwaysTheSame) {
  domain::Provider acme = provider("acme", domain::ProviderKind::openai);
  acme.credential = core::Secret("sk-own");
  const catalog::Snapshot snapshot;
  CredentialPool pool;
  CredentialTurns turns(pool, snapshot, acme, "key", "");
  const core::FakeClock clock;
  EXPECT_EQ(turns.begin(clock.now()).secret, "sk-own");
  EXPECT_EQ(turns.again(clock.now()).secret, "sk-own");
  EXPECT_TRUE(turns.take_lease().empty());
}

}  // namespace
}  // namespace relayna::upstream::test
