#include "relayna/runtime/task_group.hpp"

#include <stdexcept>

#include <gtest/gtest.h>

#include "relayna/runtime/waiter.hpp"

#include "support/loop.hpp"

namespace relayna::runtime {
namespace {

Task<void> wait_for(Waiter* waiter) {
  co_await waiter->wait();
}

Task<void> throw_runtime_error() {
  throw std::runtime_error("boom");
  co_return;
}

Task<void> throw_number() {
  throw 42;
  co_return;
}

Task<void> note_when_empty(TaskGroup* group, bool* noted) {
  co_await group->wait_empty();
  *noted = true;
}

Task<void> spawn_another(TaskGroup* group, Waiter* waiter) {
  group->spawn(wait_for(waiter));
  co_return;
}

TEST(TaskGroup, WaitsForTheLastTask) {
  test::Loop loop;
  TaskGroup group(loop.shard.executor());
  Waiter first(loop.shard);
  Waiter second(loop.shard);
  group.spawn(wait_for(&first));
  group.spawn(wait_for(&second));
  EXPECT_EQ(group.size(), 2u);

  bool noted = false;
  bool noted_too = false;
  loop.shard.tasks().spawn(note_when_empty(&group, &noted));
  loop.shard.tasks().spawn(note_when_empty(&group, &noted_too));
  first.notify();
  ASSERT_TRUE(loop.until([&] { return group.size() == 1; }));
  loop.shard.io().poll();
  EXPECT_FALSE(noted);
  second.notify();
  ASSERT_TRUE(loop.until([&] { return noted && noted_too; }));
  EXPECT_EQ(group.size(), 0u);
}

TEST(TaskGroup, EmptyGroupIsEmptyAtOnce) {
  test::Loop loop;
  TaskGroup group(loop.shard.executor());
  loop.run(group.wait_empty());
}

TEST(TaskGroup, ATaskMaySpawnIntoItsGroup) {
  test::Loop loop;
  TaskGroup group(loop.shard.executor());
  Waiter waiter(loop.shard);
  group.spawn(spawn_another(&group, &waiter));
  loop.shard.io().poll();
  EXPECT_EQ(group.size(), 1u);
  waiter.notify();
  loop.run(group.wait_empty());
}

TEST(TaskGroup, EscapedExceptionIsReportedOnceAndCounted) {
  test::Loop loop;
  std::vector<std::string> bugs;
  TaskGroup group(loop.shard.executor(), [&](std::string what) { bugs.push_back(std::move(what)); });
  group.spawn(throw_runtime_error());
  group.spawn(throw_number());
  loop.run(group.wait_empty());
  ASSERT_EQ(bugs.size(), 2u);
  EXPECT_EQ(bugs[0], "boom");
  EXPECT_EQ(bugs[1], "an exception of an unknown type");
}

TEST(TaskGroup, ExceptionWithoutObserverIsContained) {
  test::Loop loop;
  TaskGroup group(loop.shard.executor());
  group.spawn(throw_runtime_error());
  loop.run(group.wait_empty());
}

#ifndef NDEBUG
TEST(TaskGroupDeathTest, DestroyingWithRunningTasksIsABug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        test::Loop loop;
        Waiter waiter(loop.shard);
        TaskGroup group(loop.shard.executor());
        group.spawn(wait_for(&waiter));
      },
      "");
}
#endif

}  // namespace
}  // namespace relayna::runtime
