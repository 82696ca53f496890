#include "ledger/refused_bursts.hpp"

#include <gtest/gtest.h>

namespace relayna::ledger {
namespace {

using std::chrono::milliseconds;

constexpr core::Duration kInterval = milliseconds(500);

core::TimePoint at(int ms) {
  return core::TimePoint(milliseconds(ms));
}

domain::UsageEvent refused(std::string id, std::string code = "rate_limit_exceeded", std::string user = "u") {
  domain::UsageEvent event;
  event.request_id = std::move(id);
  event.key_id = "k";
  event.error_code = std::move(code);
  event.route = "/v1/messages";
  event.model = "m";
  event.end_user = std::move(user);
  event.refused_count = 1;
  return event;
}

TEST(RefusedBursts, TheFirstIsAnEventAndWhatFollowsIsOneMore) {
  RefusedBursts bursts(kInterval);
  const auto first = bursts.add(refused("1"), at(0));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->request_id, "1");
  for (const char* id : {"2", "3", "4"}) EXPECT_FALSE(bursts.add(refused(id), at(100)));
  EXPECT_TRUE(bursts.due(at(499)).empty());
  const auto due = bursts.due(at(500));
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].request_id, "2") << "one that was refused, so that it can be looked up";
  EXPECT_EQ(due[0].refused_count, 3);
}

TEST(RefusedBursts, WhatGoesOnIsOneEventPerIntervalAndWhatEndsIsForgotten) {
  RefusedBursts bursts(kInterval);
  ASSERT_TRUE(bursts.add(refused("1"), at(0)));
  EXPECT_FALSE(bursts.add(refused("2"), at(10)));
  EXPECT_EQ(bursts.due(at(500)).size(), 1U);
  EXPECT_FALSE(bursts.add(refused("3"), at(700)));
  EXPECT_TRUE(bursts.due(at(999)).empty());
  EXPECT_EQ(bursts.due(at(1'000)).size(), 1U);
  EXPECT_TRUE(bursts.due(at(1'500)).empty());
  EXPECT_EQ(bursts.size(), 0U);
  EXPECT_TRUE(bursts.add(refused("4"), at(1'600)));
}

TEST(RefusedBursts, OfAnotherKindIsAnotherEvent) {
  RefusedBursts bursts(kInterval);
  ASSERT_TRUE(bursts.add(refused("1"), at(0)));
  EXPECT_TRUE(bursts.add(refused("2", "budget_exceeded"), at(0)));
  EXPECT_TRUE(bursts.add(refused("3", "rate_limit_exceeded", "another"), at(0)));
  auto other_key = refused("4");
  other_key.key_id = "k2";
  EXPECT_TRUE(bursts.add(std::move(other_key), at(0)));
}

TEST(RefusedBursts, NothingIsLostAtTheEnd) {
  RefusedBursts bursts(kInterval);
  bursts.add(refused("1"), at(0));
  bursts.add(refused("2"), at(0));
  bursts.add(refused("3"), at(0));
  const auto rest = bursts.rest();
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0].refused_count, 2);
  EXPECT_EQ(bursts.size(), 0U);
}

TEST(RefusedBursts, NamesThatCallersMakeUpTakeNoMemoryWithoutEnd) {
  RefusedBursts bursts(kInterval);
  std::int64_t counted = 0;
  const int many = static_cast<int>(RefusedBursts::kMostKinds) * 3;
  for (int i = 0; i < many; ++i) {
    const std::string name = std::to_string(i);
    if (const auto event = bursts.add(refused(name, "model_not_found", name), at(0)))
      counted += event->refused_count;
  }
  EXPECT_EQ(bursts.size(), RefusedBursts::kMostKinds + 1) << "and one for all that are no longer told apart";
  const auto rest = bursts.rest();
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0].end_user, "");
  EXPECT_EQ(counted + rest[0].refused_count, many);
}

}  // namespace
}  // namespace relayna::ledger
