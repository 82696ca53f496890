#include "control/limits/window_use.hpp"

#include <gtest/gtest.h>

namespace relayna::control {
namespace {

using domain::LimitKind;
using Kinds = std::set<LimitKind>;

const core::SystemTime kNow = *core::parse_rfc3339("2026-11-20T12:00:00.5Z");

counters::Use used(LimitKind kind, std::int64_t used, std::int64_t reserved = 0) {
  counters::Use use;
  use.standing.used[static_cast<std::size_t>(kind)] = used;
  use.reserved[static_cast<std::size_t>(kind)] = reserved;
  return use;
}

TEST(WindowUse, ShowsDollarsAndWhenThePeriodEnds) {
  domain::LimitedScope scope;
  scope.hard.set(LimitKind::usd_per_day, 2'000'000'000);
  const auto shown = window_uses(scope, used(LimitKind::usd_per_day, 1'250'000'000, 250'000'000), kNow);
  EXPECT_EQ(shown, json::Document::array({{{"window", "usd_per_day"},
                                           {"soft", false},
                                           {"limit", 2},
                                           {"used", 1.25},
                                           {"reserved", 0.25},
                                           {"remaining", 0.75},
                                           {"resets_at", "2026-11-21T00:00:00Z"},
                                           {"refuses", false}}}))
      << shown;
}

TEST(WindowUse, SaysWhetherItRefuses) {
  domain::LimitedScope scope;
  scope.hard.set(LimitKind::requests_per_minute, 3);
  scope.soft.set(LimitKind::requests_per_minute, 2);
  auto use = used(LimitKind::requests_per_minute, 3);
  use.standing.requests_reset_seconds = 7;
  const auto shown = window_uses(scope, use, kNow);
  EXPECT_EQ(shown[0]["refuses"], true);
  EXPECT_EQ(shown[0]["resets_at"], "2026-11-20T12:00:07Z");
  EXPECT_EQ(shown[1]["refuses"], false) << "a soft one never does";
  EXPECT_EQ(shown[1]["remaining"], 0);
}

TEST(WindowUse, NeverShowsLessThanNothing) {
  domain::LimitedScope scope;
  scope.hard.set(LimitKind::usd_total, 5);
  const auto shown = window_uses(scope, used(LimitKind::usd_total, -3), kNow);
  EXPECT_EQ(shown[0]["used"], 0);
  EXPECT_TRUE(shown[0]["resets_at"].is_null());
}

TEST(WindowUse, ReadsWhichWindowsAreMeant) {
  domain::LimitSet limits;
  limits.set(LimitKind::usd_total, 5);
  limits.set(LimitKind::tokens_per_day, 5);
  limits.set(LimitKind::concurrent_requests, 5);
  const auto among = resettable(limits);
  EXPECT_EQ(among, (Kinds{LimitKind::tokens_per_day, LimitKind::usd_total}));
  Problems problems;
  EXPECT_EQ(read_windows({"usd_total"}, "windows", among, problems), Kinds{LimitKind::usd_total});
  EXPECT_TRUE(problems.empty());
  (void)read_windows({"usd_total", "concurrent_requests", 3}, "windows", among, problems);
  ASSERT_EQ(problems.all().size(), 2U);
  EXPECT_EQ(problems.all()[0].path, "windows[1]");
  EXPECT_EQ(problems.all()[0].message, R"(must be one of ["tokens_per_day","usd_total"])");
  (void)read_windows(json::Document::array(), "windows", among, problems);
  EXPECT_EQ(problems.all().size(), 3U);
}

}  // namespace
}  // namespace relayna::control
