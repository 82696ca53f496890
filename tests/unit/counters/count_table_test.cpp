#include "counters/memory/count_table.hpp"

#include <gtest/gtest.h>

namespace relayna::counters {
namespace {

using domain::LimitKind;
using std::chrono::days;
using std::chrono::seconds;

const core::SystemTime kNoon = *core::parse_rfc3339("2026-11-20T12:00:00Z");

Scope scope(std::string id, LimitKind kind) {
  Scope made{.id = std::move(id)};
  made.limits.set(kind, 1'000'000);
  return made;
}

/// Enough calls for everything that is due.
void pass(CountTable& table, core::SystemTime now) {
  for (int i = 0; i < 2'000; ++i) table.admit({.request_id = "look"}, now);
  table.release("look", now);
}

TEST(CountTable, ForgetsIdleScopes) {
  CountTable table("epoch");
  for (int i = 0; i < 1'000; ++i) {
    const auto id = std::to_string(i);
    table.admit({.request_id = id, .scopes = {scope(id, LimitKind::requests_per_minute)}}, kNoon);
    if (i > 0) table.settle(id, {}, kNoon);
  }
  EXPECT_EQ(table.scopes(), 1'000U);
  pass(table, kNoon + seconds(119));
  EXPECT_EQ(table.scopes(), 1'000U);
  pass(table, kNoon + seconds(121));
  EXPECT_EQ(table.scopes(), 1U) << "the one with a request under way";
  table.settle("0", {}, kNoon + seconds(600));
  pass(table, kNoon + seconds(721));
  EXPECT_EQ(table.scopes(), 0U);
  EXPECT_EQ(table.reservations(), 0U);
}

TEST(CountTable, KeepsWhatCountsMoneyForFortyDays) {
  CountTable table("epoch");
  const std::vector<Scope> money{scope("money", LimitKind::usd_total)};
  EXPECT_EQ(table.admit({.request_id = "a", .scopes = money}, kNoon).outcome, Outcome::unseeded);
  table.seed("money", {.cost_total = 5}, {}, kNoon);
  pass(table, kNoon + days(39));
  EXPECT_EQ(table.scopes(), 1U);
  EXPECT_EQ(table.admit({.request_id = "a", .scopes = money}, kNoon + days(39)).outcome, Outcome::admitted);
  table.settle("a", {}, kNoon + days(39));
  pass(table, kNoon + days(41));
  EXPECT_EQ(table.scopes(), 1U) << "used two days ago";
  pass(table, kNoon + days(80));
  EXPECT_EQ(table.scopes(), 0U);
  EXPECT_EQ(table.admit({.request_id = "b", .scopes = money}, kNoon + days(80)).outcome, Outcome::unseeded);
}

TEST(CountTable, StaysSmallWhateverNamesCallersInvent) {
  CountTable table("epoch");
  auto now = kNoon;
  std::size_t most = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto id = std::to_string(i);
    table.admit({.request_id = id, .scopes = {scope("end_user:" + id, LimitKind::requests_per_minute)}}, now);
    table.settle(id, {}, now);
    now += std::chrono::milliseconds(100);
    most = std::max(most, table.scopes());
  }
  EXPECT_LE(most, 1'300U) << "those of two minutes";
}

}  // namespace
}  // namespace relayna::counters
