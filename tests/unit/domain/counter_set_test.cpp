#include "relayna/domain/counter_set.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace relayna::domain {
namespace {

using testing::ElementsAre;

LimitedScope of_key(std::string key_id) {
  LimitedScope scope{
      .scope = LimitScope::key, .target = {.key_id = std::move(key_id)}, .hard = {}, .soft = {}};
  scope.hard.set(LimitKind::requests_per_minute, 10);
  return scope;
}

LimitedScope of_end_users() {
  LimitedScope scope{.scope = LimitScope::end_user, .target = {.project_id = "p"}, .hard = {}, .soft = {}};
  scope.hard.set(LimitKind::requests_per_minute, 5);
  scope.needs_end_user = true;
  return scope;
}

TEST(CounterSet, NamesItsCounters) {
  const CounterSet set{of_key("k"), {.scope = LimitScope::global, .target = {}, .hard = {}, .soft = {}}};
  EXPECT_THAT(set.names(), ElementsAre("key:k", "global"));
  EXPECT_EQ(set.size(), 2U);
  EXPECT_EQ(set[0].target.key_id, "k");
}

TEST(CounterSet, OfNothingIsEmpty) {
  EXPECT_TRUE(CounterSet().empty());
  EXPECT_TRUE(CounterSet().names().empty());
  EXPECT_TRUE(CounterSet().for_end_user("ada").empty());
  EXPECT_EQ(CounterSet().names(), CounterNames(std::vector<std::string>{}));
}

TEST(CounterSet, WhatItGaveOutOutlivesIt) {
  CounterNames names;
  std::shared_ptr<const LimitedScope> one;
  {
    const CounterSet set{of_key("k"), of_key("l")};
    names = set.names();
    one = set.share(1);
  }
  EXPECT_THAT(names, ElementsAre("key:k", "key:l"));
  EXPECT_EQ(one->id(), "key:l");
}

TEST(CounterSet, IsTheSameForEveryEndUserUnlessTheyAreCounted) {
  const CounterSet set{of_key("k")};
  EXPECT_EQ(set.for_end_user("ada").share(0), set.share(0)) << "shared, not copied";

  const CounterSet counted{of_key("k"), of_end_users()};
  EXPECT_THAT(counted.for_end_user("ada").names(), ElementsAre("key:k", "end_user:p/ada"));
  EXPECT_THAT(counted.for_end_user("bob").names(), ElementsAre("key:k", "end_user:p/bob"));
}

}  // namespace
}  // namespace relayna::domain
