#include "relayna/runtime/offload.hpp"

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>
#include <pthread.h>

#include "support/loop.hpp"

namespace relayna::runtime {
namespace {

struct WhoRan {
  std::thread::id worker;
  std::thread::id resumed;
};

Task<WhoRan> who_runs(OffloadPool* pool) {
  auto* function = +[] { return std::this_thread::get_id(); };
  const auto worker = co_await offload(*pool, function);
  co_return WhoRan{worker, std::this_thread::get_id()};
}

int fail_to_add() {
  throw std::runtime_error("no sum");
}

Task<std::string> failing(OffloadPool* pool) {
  try {
    co_await offload(*pool, &fail_to_add);
  } catch (const std::runtime_error& e) {
    co_return e.what();
  }
  co_return "nothing was thrown";
}

struct MoveOnlyWork {
  std::unique_ptr<int> number;
  std::unique_ptr<int> operator()() { return std::move(number); }
};

Task<int> move_only(OffloadPool* pool) {
  const auto number = co_await offload(*pool, MoveOnlyWork{std::make_unique<int>(7)});
  co_return *number;
}

std::string thread_name() {
  char name[16] = {};
  pthread_getname_np(pthread_self(), name, sizeof name);
  return name;
}

Task<std::string> name_of_worker(OffloadPool* pool) {
  co_return co_await offload(*pool, &thread_name);
}

Task<void> note_end(OffloadPool* pool, bool* ended, std::shared_ptr<int> witness) {
  auto* function = +[] { return 1; };
  co_await offload(*pool, function);
  *ended = true;
  (void)witness;
}

TEST(Offload, WorksElsewhereAndResumesAtHome) {
  test::Loop loop;
  const auto who = loop.run(who_runs(&loop.pool));
  EXPECT_NE(who.worker, std::this_thread::get_id());
  EXPECT_EQ(who.resumed, std::this_thread::get_id());
}

Task<WhoRan> who_runs_on(Shard* other) {
  auto* function = +[] { return std::this_thread::get_id(); };
  const auto worker = co_await offload(*other, function);
  co_return WhoRan{worker, std::this_thread::get_id()};
}

TEST(Offload, AnotherShardMayDoTheWork) {
  test::Loop loop;
  Shard other(1, loop.pool);
  std::thread runner([&] { other.run(); });
  const auto runner_id = runner.get_id();
  const auto who = loop.run(who_runs_on(&other));
  EXPECT_EQ(who.worker, runner_id);
  EXPECT_EQ(who.resumed, std::this_thread::get_id());
  other.stop();
  runner.join();
}

TEST(Offload, ExceptionsComeBack) {
  test::Loop loop;
  EXPECT_EQ(loop.run(failing(&loop.pool)), "no sum");
}

TEST(Offload, TakesMoveOnlyWorkAndResults) {
  test::Loop loop;
  EXPECT_EQ(loop.run(move_only(&loop.pool)), 7);
}

TEST(Offload, ThreadsCarryTheirNameCutToFifteen) {
  test::Loop loop;
  OffloadPool pool(1, "a-name-that-is-much-too-long");
  EXPECT_EQ(loop.run(name_of_worker(&pool)), "a-name-that-is-");
}

TEST(Offload, RunsAsManyAtOnceAsThereAreThreads) {
  OffloadPool pool(2, "two");
  std::promise<void> first;
  std::promise<void> second;
  // Each waits for the other: one thread would never finish.
  pool.submit([&] {
    first.set_value();
    second.get_future().wait();
  });
  pool.submit([&] {
    first.get_future().wait();
    second.set_value();
  });
  pool.stop();
}

TEST(Offload, StopFinishesWhatWasSubmitted) {
  OffloadPool pool(1, "stopping");
  std::atomic<int> done = 0;
  for (int i = 0; i < 100; ++i) pool.submit([&] { ++done; });
  pool.stop();
  pool.stop();
  EXPECT_EQ(done, 100);
  EXPECT_EQ(pool.queued(), 0u);
}

TEST(Offload, DestructionWaitsForRunningWorkAndDropsTheRest) {
  std::promise<void> go;
  std::atomic<int> ran = 0;
  auto pool = std::make_unique<OffloadPool>(1, "dropping");
  pool->submit([&go, &ran, raw = pool.get()] {
    go.get_future().wait();
    while (raw->queued() != 0) std::this_thread::yield();  // until destruction has emptied the queue
    ++ran;
  });
  while (pool->queued() != 0) std::this_thread::yield();
  for (int i = 0; i < 10; ++i) pool->submit([&ran] { ++ran; });
  EXPECT_EQ(pool->queued(), 10u);
  go.set_value();
  pool.reset();
  EXPECT_EQ(ran, 1);
}

TEST(Offload, WorkAfterStopIsDroppedWithItsCoroutine) {
  test::Loop loop;
  OffloadPool pool(1, "stopped");
  pool.stop();
  bool ended = false;
  auto witness = std::make_shared<int>(0);
  loop.shard.tasks().spawn(note_end(&pool, &ended, witness));
  ASSERT_TRUE(loop.until([&] { return loop.shard.tasks().size() == 0; }));
  EXPECT_FALSE(ended);
  EXPECT_EQ(witness.use_count(), 1);
}

TEST(Offload, ThrowingWorkDoesNotEndTheThread) {
  OffloadPool pool(1, "throwing");
  std::atomic<bool> ran = false;
  pool.submit([] { throw std::runtime_error("not allowed"); });
  pool.submit([&] { ran = true; });
  pool.stop();
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace relayna::runtime
