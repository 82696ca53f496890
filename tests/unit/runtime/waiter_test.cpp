#include "relayna/runtime/waiter.hpp"

#include <gtest/gtest.h>

#include "support/loop.hpp"

namespace relayna::runtime {
namespace {

using namespace std::chrono_literals;
using Outcome = Waiter::Outcome;

Task<void> wait_into(Waiter* waiter, core::Deadline deadline, StopSource* stop, std::optional<Outcome>* out) {
  *out = co_await waiter->wait(deadline, stop);
}

class WaiterTest : public ::testing::Test {
 protected:
  core::FakeClock clock;
  test::Loop loop{clock};
  Waiter waiter{loop.shard};
  std::optional<Outcome> outcome;

  void start(core::Deadline deadline = {}, StopSource* stop = nullptr) {
    loop.shard.tasks().spawn(wait_into(&waiter, deadline, stop, &outcome));
    loop.shard.io().poll();
  }
  bool ended() {
    return loop.until([&] { return outcome.has_value(); });
  }
};

TEST_F(WaiterTest, WakesWhenNotified) {
  start();
  EXPECT_FALSE(outcome);
  waiter.notify();
  ASSERT_TRUE(ended());
  EXPECT_EQ(*outcome, Outcome::notified);
}

TEST_F(WaiterTest, KeepsANotificationForTheNextWaitAndOnlyForThat) {
  waiter.notify();
  start();
  ASSERT_TRUE(ended());
  EXPECT_EQ(*outcome, Outcome::notified);
  outcome.reset();
  start();
  EXPECT_FALSE(outcome);
  waiter.notify();
  ASSERT_TRUE(ended());
}

TEST_F(WaiterTest, TimesOutByTheShardsClock) {
  start(core::Deadline::in(clock, 1h));
  EXPECT_FALSE(outcome);
  clock.advance(1h);
  ASSERT_TRUE(ended());
  EXPECT_EQ(*outcome, Outcome::timed_out);
}

TEST_F(WaiterTest, DeadlineInThePastEndsAtOnce) {
  start(core::Deadline::in(clock, -1s));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(*outcome, Outcome::timed_out);
}

TEST_F(WaiterTest, StopsWhenAsked) {
  StopSource stop;
  start({}, &stop);
  stop.request_stop();
  ASSERT_TRUE(ended());
  EXPECT_EQ(*outcome, Outcome::stopped);
  outcome.reset();
  start({}, &stop);
  ASSERT_TRUE(outcome) << "a stop that came before";
  EXPECT_EQ(*outcome, Outcome::stopped);
}

TEST_F(WaiterTest, NotificationWins) {
  StopSource stop;
  start(core::Deadline::in(clock, 1s), &stop);
  clock.advance(1s);
  stop.request_stop();
  waiter.notify();
  ASSERT_TRUE(ended());
  EXPECT_EQ(*outcome, Outcome::notified);
}

TEST_F(WaiterTest, DeadlineOfOneWaitDoesNotHauntTheNext) {
  start(core::Deadline::in(clock, 1s));
  waiter.notify();
  ASSERT_TRUE(ended());
  outcome.reset();
  start();
  clock.advance(1h);
  loop.shard.sweep().sweep(clock.now());
  loop.shard.io().poll();
  EXPECT_FALSE(outcome);
  waiter.notify();
  ASSERT_TRUE(ended());
}

TEST(WaiterRealClock, TimesOut) {
  test::Loop loop;
  Waiter waiter(loop.shard);
  const auto before = core::real_clock().now();
  EXPECT_EQ(loop.run(waiter.wait(core::Deadline(before + 5ms))), Outcome::timed_out);
  EXPECT_GE(core::real_clock().now() - before, 5ms);
}

}  // namespace
}  // namespace relayna::runtime
