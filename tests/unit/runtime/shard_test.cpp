#include "relayna/runtime/shard.hpp"

#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

#include "support/loop.hpp"

namespace relayna::runtime {
namespace {

using namespace std::chrono_literals;

Task<void> sleep_then_set(Shard* shard, core::Duration d, bool* done) {
  co_await shard->sleep(d);
  *done = true;
}

Task<void> sleep_into(Shard* shard, core::Duration d, StopSource* stop, std::optional<bool>* slept) {
  *slept = co_await shard->sleep(d, stop);
}

TEST(Shard, SleepsAtLeastAsLongAsAsked) {
  test::Loop loop;
  const auto before = core::real_clock().now();
  loop.run(loop.shard.sleep(10ms));
  EXPECT_GE(core::real_clock().now() - before, 10ms);
}

TEST(Shard, SleepFollowsTheShardsClock) {
  core::FakeClock clock;
  test::Loop loop(clock);
  bool done = false;
  loop.shard.tasks().spawn(sleep_then_set(&loop.shard, 1h, &done));
  loop.shard.io().poll();
  clock.advance(59min);
  loop.shard.sweep().sweep(clock.now());
  loop.shard.io().poll();
  EXPECT_FALSE(done);
  clock.advance(1min);
  ASSERT_TRUE(loop.until([&] { return done; }));
}

TEST(Shard, StopEndsASleepEarly) {
  test::Loop loop;
  StopSource stop;
  std::optional<bool> slept;
  loop.shard.tasks().spawn(sleep_into(&loop.shard, 1h, &stop, &slept));
  loop.shard.io().poll();
  EXPECT_FALSE(slept);
  stop.request_stop();
  ASSERT_TRUE(loop.until([&] { return slept.has_value(); }));
  EXPECT_FALSE(*slept);
  EXPECT_FALSE(loop.run(loop.shard.sleep(1h, &stop))) << "already stopped";
  EXPECT_TRUE(loop.run(loop.shard.sleep(1ms, nullptr)));
}

TEST(Shard, PeriodicWorkRunsEverySweepUntilItsHandleGoes) {
  core::FakeClock clock;
  test::Loop loop(clock);
  std::vector<core::TimePoint> times;
  auto handle = loop.shard.every_sweep([&](core::TimePoint now) { times.push_back(now); });
  ASSERT_TRUE(loop.until([&] { return times.size() == 3; }));
  EXPECT_EQ(times.back(), clock.now());
  handle.reset();
  loop.shard.sweep().sweep(clock.now());
  EXPECT_EQ(times.size(), 3u);
}

TEST(Shard, PeriodicWorkMayDropItsOwnHandle) {
  test::Loop loop;
  std::unique_ptr<Shard::Periodic> handle;
  int runs = 0;
  const std::string captured(100, 'x');
  std::string seen;
  handle = loop.shard.every_sweep([&, captured](core::TimePoint) {
    ++runs;
    handle.reset();
    seen = captured;
  });
  ASSERT_TRUE(loop.until([&] { return runs > 0; }));
  loop.shard.sweep().sweep(core::real_clock().now());
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(seen, captured);
}

TEST(Shard, LagObserverSeesABlockedLoop) {
  test::Loop loop;
  core::Duration worst{};
  int samples = 0;
  loop.shard.set_lag_observer([&](core::Duration late) {
    worst = std::max(worst, late);
    ++samples;
  });
  loop.shard.post([] { std::this_thread::sleep_for(Shard::kSweepInterval + 40ms); });
  ASSERT_TRUE(loop.until([&] { return samples >= 1; }));
  EXPECT_GE(worst, 39ms);
  EXPECT_LT(worst, 10s);
}

TEST(Shard, RunsWhatOtherThreadsPostAndStops) {
  OffloadPool pool(1, "pool");
  Shard shard(3, pool);
  EXPECT_EQ(shard.index(), 3u);
  std::thread::id ran_on;
  std::thread runner([&] { shard.run(); });
  const auto runner_id = runner.get_id();
  shard.post([&] {
    ran_on = std::this_thread::get_id();
    shard.stop();
  });
  runner.join();
  EXPECT_EQ(ran_on, runner_id);
}

TEST(Shard, StopBeforeRunIsRemembered) {
  OffloadPool pool(1, "pool");
  Shard shard(0, pool);
  shard.stop();
  shard.run();
}

TEST(Shard, AThrowingHandlerIsABugAndTheLoopGoesOn) {
  OffloadPool pool(1, "pool");
  Shard shard(0, pool);
  std::vector<std::string> bugs;
  shard.set_bug_observer([&](std::string what) { bugs.push_back(std::move(what)); });
  shard.post([] { throw std::runtime_error("handler"); });
  int sweeps = 0;
  auto counting = shard.every_sweep([&](core::TimePoint) {
    if (++sweeps == 2) shard.stop();
  });
  auto throwing = shard.every_sweep([](core::TimePoint) { throw std::runtime_error("periodic"); });
  shard.run();
  ASSERT_GE(bugs.size(), 2u);
  EXPECT_EQ(bugs[0], "handler");
  EXPECT_EQ(bugs[1], "periodic");
  EXPECT_EQ(sweeps, 2) << "a throwing callback must not end the sweep of what comes after it";
}

}  // namespace
}  // namespace relayna::runtime
