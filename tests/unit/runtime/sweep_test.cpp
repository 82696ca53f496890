#include "relayna/runtime/sweep.hpp"

#include <functional>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

namespace relayna::runtime {
namespace {

using namespace std::chrono_literals;

struct Item : Expirable {
  int expired = 0;
  std::function<void()> action;

 protected:
  void on_expired() override {
    ++expired;
    if (const auto run = action) run();
  }
};

class SweepTest : public ::testing::Test {
 protected:
  core::FakeClock clock;
  DeadlineSweep sweep;

  std::unique_ptr<Item> item(core::Duration in) {
    auto made = std::make_unique<Item>();
    made->expires_at(core::Deadline::in(clock, in));
    sweep.add(*made);
    return made;
  }
  void pass(core::Duration d) {
    clock.advance(d);
    sweep.sweep(clock.now());
  }
};

TEST_F(SweepTest, ExpiresOnceWhenDue) {
  auto a = item(1s);
  pass(999ms);
  EXPECT_EQ(a->expired, 0);
  pass(1ms);
  EXPECT_EQ(a->expired, 1);
  EXPECT_TRUE(a->deadline().is_never());
  pass(1h);
  EXPECT_EQ(a->expired, 1);
}

TEST_F(SweepTest, NeverMeansNever) {
  auto a = item(1s);
  a->expires_never();
  pass(1000h);
  sweep.sweep(core::TimePoint::max() - 1ns);
  EXPECT_EQ(a->expired, 0);
}

TEST_F(SweepTest, MayBeSetAgainWhileExpiring) {
  auto a = item(1s);
  a->action = [&] { a->expires_at(core::Deadline::in(clock, 1s)); };
  pass(1s);
  pass(0s);
  EXPECT_EQ(a->expired, 1);
  pass(1s);
  EXPECT_EQ(a->expired, 2);
}

TEST_F(SweepTest, DestroyedItemLeaves) {
  auto a = item(1s);
  auto b = item(1s);
  EXPECT_EQ(sweep.size(), 2u);
  a.reset();
  EXPECT_EQ(sweep.size(), 1u);
  pass(1s);
  EXPECT_EQ(b->expired, 1);
}

TEST_F(SweepTest, ItemMayDestroyAnyOtherWhileExpiring) {
  // Whichever is visited first destroys all others, so neighbours on both sides of the cursor go.
  for (int killer = 0; killer < 3; ++killer) {
    std::vector<std::unique_ptr<Item>> items;
    for (int i = 0; i < 3; ++i) items.push_back(item(i == killer ? 1s : 10s));
    Item* alive = items[static_cast<std::size_t>(killer)].get();
    alive->action = [&] {
      for (auto& other : items)
        if (other.get() != alive) other.reset();
    };
    pass(1s);
    EXPECT_EQ(alive->expired, 1);
    EXPECT_EQ(sweep.size(), 1u);
  }
}

TEST_F(SweepTest, ItemMayDestroyItselfWhileExpiring) {
  auto a = item(1s);
  auto b = item(1s);
  auto c = item(1s);
  b->action = [&] { b.reset(); };
  pass(1s);
  EXPECT_EQ(a->expired, 1);
  EXPECT_EQ(c->expired, 1);
  EXPECT_EQ(sweep.size(), 2u);
}

TEST_F(SweepTest, ItemAddedWhileExpiringWaitsForTheNextSweep) {
  auto a = item(1s);
  std::unique_ptr<Item> added;
  a->action = [&] { added = item(-1s); };
  pass(1s);
  EXPECT_EQ(added->expired, 0);
  pass(0s);
  EXPECT_EQ(added->expired, 1);
}

TEST_F(SweepTest, RemovedItemIsLeftAlone) {
  auto a = item(1s);
  sweep.remove(*a);
  sweep.remove(*a);
  pass(1s);
  EXPECT_EQ(a->expired, 0);
  EXPECT_EQ(sweep.size(), 0u);
}

TEST_F(SweepTest, AddingTwiceOrElsewhereKeepsOnePlace) {
  DeadlineSweep other;
  auto a = item(1s);
  sweep.add(*a);
  EXPECT_EQ(sweep.size(), 1u);
  other.add(*a);
  EXPECT_EQ(sweep.size(), 0u);
  EXPECT_EQ(other.size(), 1u);
  other.remove(*a);
}

TEST_F(SweepTest, ItemsMayOutliveTheSweep) {
  auto owned = std::make_unique<DeadlineSweep>();
  Item a;
  Item b;
  owned->add(a);
  owned->add(b);
  owned.reset();
  sweep.add(a);
  EXPECT_EQ(sweep.size(), 1u);
}

}  // namespace
}  // namespace relayna::runtime
