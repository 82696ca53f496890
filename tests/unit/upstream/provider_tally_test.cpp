#include "relayna/upstream/provider_tally.hpp"

#include <gtest/gtest.h>

namespace relayna::upstream {
namespace {

using namespace std::chrono_literals;

const core::SystemTime kNow = core::parse_rfc3339("2026-11-20T12:00:00Z").value();

TEST(ProviderTally, CountsTheLastFiveMinutes) {
  ProviderTally tally;
  tally.succeeded("a", kNow);
  tally.failed("a", "status_500", kNow + 1min);
  tally.failed("a", "upstream_timeout", kNow + 4min);
  const auto standing = tally.standings(kNow + 4min).at(0);
  EXPECT_EQ(standing.name, "a");
  EXPECT_EQ(standing.attempts, 3);
  EXPECT_EQ(standing.failures, 2);
  EXPECT_EQ(standing.failures_in_a_row, 2);
  EXPECT_EQ(standing.last_success, kNow);
  EXPECT_EQ(standing.last_failure, kNow + 4min);
  EXPECT_EQ(standing.last_error, "upstream_timeout");
  EXPECT_EQ(tally.standings(kNow + 5min).at(0).attempts, 2);
  EXPECT_EQ(tally.standings(kNow + 9min).at(0).attempts, 0);
  tally.succeeded("a", kNow + 10min);  // in the place of the first
  EXPECT_EQ(tally.standings(kNow + 10min).at(0).attempts, 1);
  EXPECT_EQ(tally.standings(kNow + 10min).at(0).failures_in_a_row, 0);
}

TEST(ProviderTally, IsOneOverSeveralShards) {
  ProviderTally a, b;
  a.failed("p", "status_500", kNow);
  a.failed("p", "status_502", kNow + 1s);
  b.failed("p", "status_503", kNow);
  b.succeeded("q", kNow);
  auto all = merged({a.standings(kNow), b.standings(kNow)});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].attempts, 3);
  EXPECT_EQ(all[0].failures_in_a_row, 2);
  EXPECT_EQ(all[0].last_error, "status_502");
  b.succeeded("p", kNow + 2s);
  all = merged({a.standings(kNow), b.standings(kNow)});
  EXPECT_EQ(all[0].failures_in_a_row, 0);
}

}  // namespace
}  // namespace relayna::upstream
