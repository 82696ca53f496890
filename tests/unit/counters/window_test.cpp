#include "counters/window.hpp"

#include <gtest/gtest.h>

namespace relayna::counters {
namespace {

using enum Window::Of;
constexpr std::int64_t kStart = 1'000'000;

TEST(Window, CountsTheCurrentSecondAndSixtyFullOnesBeforeIt) {
  Window window;
  window.add(kStart, 1, 10);
  window.advance(kStart + 60);
  EXPECT_EQ(window.sum(requests), 1);
  EXPECT_EQ(window.reset(tokens, kStart + 60), 1);
  window.advance(kStart + 61);
  EXPECT_EQ(window.sum(requests), 0);
  EXPECT_EQ(window.sum(tokens), 0);
  EXPECT_TRUE(window.empty());
  EXPECT_EQ(window.reset(tokens, kStart + 61), 0);
}

TEST(Window, WaitsForAsManySecondsAsMustLeave) {
  Window window;
  for (int i = 0; i < 5; ++i) window.add(kStart + 10 * i, 1, 20);
  const auto now = kStart + 40;
  EXPECT_EQ(window.wait(tokens, 120, 20, now), 0);
  EXPECT_EQ(window.wait(tokens, 100, 0, now), 21) << "full even for nothing";
  EXPECT_EQ(window.wait(tokens, 100, 20, now), 21);
  EXPECT_EQ(window.wait(tokens, 100, 21, now), 31);
  EXPECT_EQ(window.wait(tokens, 100, 100, now), 61);
  EXPECT_EQ(window.wait(tokens, 100, 101, now), std::nullopt);
  EXPECT_EQ(window.wait(requests, 0, 1, now), std::nullopt);
  EXPECT_EQ(window.wait(requests, 3, 1, now), 41);
}

TEST(Window, CorrectsASecondThatStillCountsAndNeverBelowNothing) {
  Window window;
  window.add(kStart, 2, 10);
  window.add(kStart + 1, 1, 5);
  EXPECT_TRUE(window.correct(kStart, -1, 7));
  EXPECT_EQ(window.sum(requests), 2);
  EXPECT_EQ(window.sum(tokens), 22);
  EXPECT_TRUE(window.correct(kStart, -9, -99));
  EXPECT_EQ(window.sum(requests), 1);
  EXPECT_EQ(window.sum(tokens), 5);
  EXPECT_EQ(window.reset(requests, kStart + 1), 61) << "the first second has nothing left";
  EXPECT_FALSE(window.correct(kStart + 2, 0, 1));
  window.advance(kStart + 61);
  EXPECT_FALSE(window.correct(kStart, 0, 1));
}

TEST(Window, GoesOnWhenTheClockStepsBack) {
  Window window;
  window.add(kStart, 1, 10);
  window.advance(kStart - 30);
  window.add(kStart - 30, 1, 10);
  EXPECT_EQ(window.sum(requests), 2);
  EXPECT_EQ(window.reset(requests, kStart - 30), 91) << "both count in the newest second";
  window.advance(kStart - 3'600);
  EXPECT_TRUE(window.empty()) << "an hour ahead is not the last minute";
}

TEST(Window, DoesNotOverflow) {
  Window window;
  for (int i = 0; i < 3; ++i) window.add(kStart + i, 1, INT64_MAX / 2);
  EXPECT_EQ(window.sum(tokens), INT64_MAX);
}

TEST(Window, ForgetsWhatWasAndTakesNoCorrectionsOfItAnyMore) {
  Window window;
  window.add(kStart - 1, 1, 10);
  window.add(kStart, 2, 20);
  window.forget(tokens, kStart);
  EXPECT_EQ(window.sum(tokens), 0);
  EXPECT_EQ(window.sum(requests), 3) << "nobody asked for these";
  window.add(kStart, 1, 5);
  window.correct(kStart, 0, -20);
  EXPECT_EQ(window.sum(tokens), 5) << "added in the same second, but later";
  window.forget(requests, kStart);
  window.advance(kStart + 30);
  EXPECT_EQ(window.sum(requests), 0);
  window.advance(kStart + 62);
  EXPECT_TRUE(window.empty());
}

}  // namespace
}  // namespace relayna::counters
