#include "relayna/runtime/signals.hpp"

#include <cerrno>
#include <csignal>

#include <gtest/gtest.h>
#include <unistd.h>

#include "support/loop.hpp"

namespace relayna::runtime {
namespace {

TEST(Signals, ArriveOnTheLoopAsOftenAsSent) {
  test::Loop loop;
  std::vector<int> seen;
  Signals signals(loop.shard, [&](int signal) { seen.push_back(signal); });
  ::raise(SIGHUP);
  ASSERT_TRUE(loop.until([&] { return seen.size() == 1; }));
  ::raise(SIGTERM);
  ASSERT_TRUE(loop.until([&] { return seen.size() == 2; }));
  ::raise(SIGTERM);
  ASSERT_TRUE(loop.until([&] { return seen.size() == 3; }));
  ::raise(SIGINT);
  ASSERT_TRUE(loop.until([&] { return seen.size() == 4; }));
  EXPECT_EQ(seen, (std::vector<int>{SIGHUP, SIGTERM, SIGTERM, SIGINT}));
}

TEST(Signals, HandlerMayDestroyTheOwner) {
  test::Loop loop;
  std::unique_ptr<Signals> signals;
  int seen = 0;
  signals = std::make_unique<Signals>(loop.shard, [&](int) {
    ++seen;
    signals.reset();
  });
  ::raise(SIGHUP);
  ASSERT_TRUE(loop.until([&] { return seen == 1; }));
  EXPECT_EQ(signals, nullptr);
}

TEST(Signals, BrokenPipeIsAReturnValue) {
  test::Loop loop;
  Signals signals(loop.shard, [](int) {});
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  EXPECT_EQ(::write(ends[1], "x", 1), -1);
  EXPECT_EQ(errno, EPIPE);
  ::close(ends[1]);
}

}  // namespace
}  // namespace relayna::runtime
