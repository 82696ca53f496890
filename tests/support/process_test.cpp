#include "support/process.hpp"

#include <algorithm>
#include <csignal>
#include <stdexcept>

#include <gtest/gtest.h>
#include <unistd.h>

namespace relayna::test {
namespace {

TEST(Process, ReturnsOutputOrFails) {
  EXPECT_EQ(run({"sh", "-c", "echo out; echo err >&2"}), "out\nerr\n");
  try {
    run({"sh", "-c", "echo reason; exit 3"});
    FAIL() << "it did not throw";
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "sh failed with 3: reason\n");
  }
}

TEST(Process, AMissingCommandIsNamed) {
  try {
    run({"no-such-command"});
    FAIL() << "it did not throw";
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "no-such-command is not installed");
  }
}

TEST(Process, IsAChildAndEndsWithItsObject) {
  pid_t pid = 0;
  {
    Process sleeper({"sleep", "600"});
    pid = sleeper.pid();
    EXPECT_TRUE(sleeper.running());
    EXPECT_TRUE(std::ranges::count(children_of(::getpid()), pid));
  }
  EXPECT_NE(::kill(pid, 0), 0);
}

TEST(Process, SaysWhichSignalEndedIt) {
  Process sleeper({"sleep", "600"});
  sleeper.signal(SIGTERM);
  EXPECT_EQ(sleeper.wait(), 128 + SIGTERM);
  EXPECT_FALSE(sleeper.running());
}

}  // namespace
}  // namespace relayna::test
