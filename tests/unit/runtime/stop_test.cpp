#include "relayna/runtime/stop.hpp"

#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace relayna::runtime {
namespace {

TEST(Stop, RunsEachCallbackOnce) {
  StopSource source;
  int first = 0;
  int second = 0;
  StopCallback a(&source, [&] { ++first; });
  StopCallback b(&source, [&] { ++second; });
  EXPECT_FALSE(source.stop_requested());
  source.request_stop();
  source.request_stop();
  EXPECT_TRUE(source.stop_requested());
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 1);
}

TEST(Stop, RunsAtOnceWhenAlreadyStopped) {
  StopSource source;
  source.request_stop();
  int runs = 0;
  StopCallback callback(&source, [&] { ++runs; });
  EXPECT_EQ(runs, 1);
}

TEST(Stop, NullSourceNeverStops) {
  int runs = 0;
  {
    StopCallback callback(nullptr, [&] { ++runs; });
  }
  EXPECT_EQ(runs, 0);
}

TEST(Stop, DestroyedCallbackDoesNotRun) {
  // Every position in the list: newest, middle, oldest.
  for (int gone = 0; gone < 3; ++gone) {
    StopSource source;
    std::string ran;
    std::optional<StopCallback> callbacks[3];
    for (int i = 0; i < 3; ++i)
      callbacks[i].emplace(&source, [&ran, i] { ran += static_cast<char>('0' + i); });
    callbacks[gone].reset();
    source.request_stop();
    EXPECT_EQ(ran.size(), 2u);
    EXPECT_EQ(ran.find(static_cast<char>('0' + gone)), std::string::npos);
  }
}

TEST(Stop, CallbackMayDestroyItself) {
  StopSource source;
  std::unique_ptr<StopCallback> self;
  std::string seen;
  const std::string captured = "still here";
  self = std::make_unique<StopCallback>(&source, [&self, &seen, captured] {
    self.reset();
    seen = captured;  // the function must outlive its owner
  });
  source.request_stop();
  EXPECT_EQ(seen, "still here");
  EXPECT_EQ(self, nullptr);
}

TEST(Stop, CallbackMayDestroyTheOthers) {
  StopSource source;
  int runs = 0;
  std::optional<StopCallback> callbacks[3];
  for (auto& callback : callbacks) {
    callback.emplace(&source, [&] {
      ++runs;
      for (auto& other : callbacks) other.reset();
    });
  }
  source.request_stop();
  EXPECT_EQ(runs, 1);
}

TEST(Stop, CallbackRegisteredWhileStoppingRunsAtOnce) {
  StopSource source;
  int inner_runs = 0;
  std::optional<StopCallback> inner;
  StopCallback outer(&source, [&] { inner.emplace(&source, [&] { ++inner_runs; }); });
  source.request_stop();
  EXPECT_EQ(inner_runs, 1);
}

TEST(Stop, KeepsTheFirstReason) {
  StopSource source;
  source.request_stop(StopReason::draining);
  source.request_stop(StopReason::client_gone);
  EXPECT_EQ(source.reason(), StopReason::draining);
}

TEST(Stop, ResetServesTheNextExchange) {
  StopSource source;
  source.request_stop();
  source.reset();
  EXPECT_FALSE(source.stop_requested());
  int runs = 0;
  StopCallback callback(&source, [&] { ++runs; });
  EXPECT_EQ(runs, 0);
  source.request_stop();
  EXPECT_EQ(runs, 1);
}

}  // namespace
}  // namespace relayna::runtime
