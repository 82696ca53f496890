#include "identity/attempt_throttle.hpp"

#include <gtest/gtest.h>

#include "identity/guessing.hpp"

namespace relayna::identity {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class Throttle : public ::testing::Test {
 protected:
  seconds wait(const char* subject) { return throttle_.wait(subject, clock_.now()); }
  void fail(const char* subject, int times = 1) {
    for (int i = 0; i < times; ++i) throttle_.failed(subject, clock_.now());
  }
  core::FakeClock clock_;
  AttemptThrottle throttle_{AttemptThrottle::Settings{.subjects = 3}};
};

TEST_F(Throttle, TheFirstFailuresAreFreeThenEachDoublesTheWait) {
  fail("a", 4);
  EXPECT_EQ(wait("a"), seconds(0));
  fail("a");
  EXPECT_EQ(wait("a"), seconds(1));
  EXPECT_EQ(wait("b"), seconds(0)) << "of nobody else";
  fail("a");
  EXPECT_EQ(wait("a"), seconds(2));
  clock_.advance(std::chrono::milliseconds(1'500));
  EXPECT_EQ(wait("a"), seconds(1)) << "rounded up";
  clock_.advance(std::chrono::milliseconds(500));
  EXPECT_EQ(wait("a"), seconds(0));
  fail("a");
  EXPECT_EQ(wait("a"), seconds(4));
}

TEST_F(Throttle, TheWaitHasAnUpperEndWhateverTheCount) {
  fail("a", 100);
  EXPECT_EQ(wait("a"), seconds(900));
}

TEST_F(Throttle, SuccessAndTimeForgive) {
  fail("a", 6);
  throttle_.succeeded("a");
  EXPECT_EQ(wait("a"), seconds(0));
  fail("a", 6);
  clock_.advance(hours(1));
  fail("a");
  EXPECT_EQ(wait("a"), seconds(0)) << "the first failure of a new count";
}

TEST_F(Throttle, TheMemoryIsBoundedAndKeepsWhoFailedLast) {
  fail("a", 6);
  for (const char* other : {"b", "c"}) fail(other);
  fail("a");
  for (const char* other : {"d", "e"}) fail(other);
  EXPECT_EQ(throttle_.size(), 3U);
  EXPECT_GT(wait("a"), seconds(0));
}

TEST_F(Throttle, AttemptsDuringAWaitCountForNothing) {
  Guessing guessing(clock_);
  const Guessing::Subjects subjects(boost::asio::ip::make_address("10.0.0.1"), "Ada@example.com");
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(guessing.begin(subjects));
  for (int i = 0; i < 50; ++i) {
    const auto refused = guessing.begin(subjects);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, core::ErrorCode::too_many_attempts);
    EXPECT_EQ(refused.error().retry_after, seconds(1));
  }
  clock_.advance(seconds(1));
  EXPECT_TRUE(guessing.begin(subjects));
  guessing.succeeded(subjects);
  EXPECT_TRUE(guessing.begin(subjects));
}

TEST_F(Throttle, TheAddressAndTheNameEachCount) {
  Guessing guessing(clock_);
  const auto address = boost::asio::ip::make_address("10.0.0.1");
  const auto network = boost::asio::ip::make_address("2001:db8::1");
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(guessing.begin({address, "name " + std::to_string(i)}));
  EXPECT_FALSE(guessing.begin({address, "another"}));
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(guessing.begin({boost::asio::ip::make_address("10.1.0." + std::to_string(i)), "ada"}));
  }
  EXPECT_FALSE(guessing.begin({boost::asio::ip::make_address("10.2.0.1"), "ADA"}));
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(guessing.begin({network, "n" + std::to_string(i)}));
  EXPECT_FALSE(guessing.begin({boost::asio::ip::make_address("2001:db8::ffff:1"), "x"})) << "the same /64";
  EXPECT_TRUE(guessing.begin({boost::asio::ip::make_address("2001:db8:0:1::1"), "x"}));
}

}  // namespace
}  // namespace relayna::identity
