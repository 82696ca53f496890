#include "relayna/upstream/credential_pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace relayna::upstream {
namespace {

using namespace std::chrono_literals;
using testing::UnorderedElementsAre;

class CredentialPoolTest : public testing::Test {
 protected:
  /// Picks and begins; the id, or `-`.
  std::string next(std::vector<std::size_t> tried = {}) {
    const auto at = pool.pick(all, tried, clock.now());
    if (!at) return "-";
    leases.push_back(pool.begin(all[*at].id, clock.now()));
    return std::string(all[*at].id);
  }
  std::map<std::string, int> shares(int requests) {
    std::map<std::string, int> counts;
    for (int i = 0; i < requests; ++i) ++counts[next()];
    return counts;
  }

  core::FakeClock clock;
  CredentialPool pool;
  std::vector<PooledCredential> all{{"a", 1, {}, {}}, {"b", 3, {}, {}}};
  std::vector<CredentialPool::Lease> leases;
};

TEST_F(CredentialPoolTest, RequestsAreSpreadByWeight) {
  EXPECT_THAT(shares(40), UnorderedElementsAre(std::pair("a", 10), std::pair("b", 30)));
}

TEST_F(CredentialPoolTest, OneThatWasRefusedIsPassedOverUntilItHasCooledDown) {
  pool.cool_down("b", std::nullopt, clock.now());
  EXPECT_THAT(shares(5), UnorderedElementsAre(std::pair("a", 5)));
  clock.advance(29s);
  EXPECT_EQ(next(), "a");
  clock.advance(1s);
  EXPECT_EQ(shares(8).count("b"), 1U);
}

TEST_F(CredentialPoolTest, TheProviderSaysHowLongWithinReason) {
  pool.cool_down("b", 5s, clock.now());
  clock.advance(4s);
  EXPECT_THAT(shares(3), UnorderedElementsAre(std::pair("a", 3)));
  clock.advance(1s);
  EXPECT_EQ(shares(8).count("b"), 1U);
  pool.cool_down("b", 24h, clock.now());
  pool.cool_down("b", 1s, clock.now());  // does not shorten it
  clock.advance(299s);
  EXPECT_THAT(shares(3), UnorderedElementsAre(std::pair("a", 3)));
  clock.advance(1s);
  EXPECT_EQ(shares(8).count("b"), 1U);
}

TEST_F(CredentialPoolTest, OverItsRateItIsPassedOverForAMinute) {
  all[1].requests_per_minute = 2;
  EXPECT_THAT(shares(6), UnorderedElementsAre(std::pair("a", 4), std::pair("b", 2)));
  clock.advance(59s);
  EXPECT_EQ(shares(4).count("b"), 0U);
  clock.advance(1s);
  EXPECT_EQ(shares(4)["b"], 2);
}

TEST_F(CredentialPoolTest, ARequestCountsAsInFlightUntilItsLeaseEnds) {
  all[1].max_concurrent_requests = 1;
  EXPECT_EQ(shares(4)["b"], 1);
  leases.clear();
  EXPECT_EQ(shares(4)["b"], 1);
}

TEST_F(CredentialPoolTest, PoolsSideBySideShareTheCaps) {
  pool = CredentialPool(2);
  all[1].requests_per_minute = 3;
  EXPECT_EQ(shares(20)["b"], 2) << "rounded up";
}

TEST_F(CredentialPoolTest, WhenNoneIsFreeTheSoonestIsUsed) {
  all[0].max_concurrent_requests = 1;
  (void)pool.begin("a", clock.now());  // ends at once
  leases.push_back(pool.begin("a", clock.now()));
  pool.cool_down("b", 10s, clock.now());
  EXPECT_EQ(next(), "a") << "busy is better than refused";
  pool.cool_down("a", 20s, clock.now());
  EXPECT_EQ(next(), "b") << "it has cooled down first";
}

TEST_F(CredentialPoolTest, ASecondAttemptIsMadeOnlyWithOneThatIsFree) {
  EXPECT_EQ(next({0}), "b");
  EXPECT_EQ(next({0, 1}), "-");
  pool.cool_down("b", std::nullopt, clock.now());
  EXPECT_EQ(next({0}), "-");
}

TEST_F(CredentialPoolTest, StandingsTellWhatIsGoingOn) {
  leases.push_back(pool.begin("a", clock.now()));
  pool.cool_down("a", 7s, clock.now());
  clock.advance(2s);
  const auto told = pool.standings(clock.now());
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].id, "a");
  EXPECT_EQ(told[0].in_flight, 1);
  EXPECT_EQ(told[0].last_minute, 1);
  EXPECT_EQ(told[0].cools_for, core::Duration(5s));
}

TEST(RetryAfter, IsSecondsOrADate) {
  const auto now = core::parse_rfc3339("2026-11-20T10:00:00Z").value();
  EXPECT_EQ(parse_retry_after("12", now), 12s);
  EXPECT_EQ(parse_retry_after(" 0 ", now), 0s);
  EXPECT_EQ(parse_retry_after("Fri, 20 Nov 2026 10:00:45 GMT", now), 45s);
  EXPECT_EQ(parse_retry_after("Fri, 20 Nov 2026 09:00:00 GMT", now), 0s) << "over already";
  EXPECT_EQ(parse_retry_after("99999999999", now), 24h);
  EXPECT_EQ(parse_retry_after("", now), std::nullopt);
  EXPECT_EQ(parse_retry_after("-3", now), std::nullopt);
  EXPECT_EQ(parse_retry_after("soon", now), std::nullopt);
}

}  // namespace
}  // namespace relayna::upstream
