#include "identity/recent_operators.hpp"

#include <gtest/gtest.h>

namespace relayna::identity {
namespace {

using namespace std::chrono_literals;

core::Digest credential(std::uint8_t number) {
  core::Digest digest{};
  digest[0] = number;
  digest[1] = static_cast<std::uint8_t>(number >> 4U);
  return digest;
}
Identified who(std::string name) {
  Identified made;
  made.name = std::move(name);
  return made;
}

TEST(RecentOperators, AreRememberedForTenMinutes) {
  core::FakeClock clock;
  RecentOperators recent(clock);
  EXPECT_FALSE(recent.find(credential(1)));
  recent.remember(credential(1), who("a"));
  clock.advance(10min);
  EXPECT_EQ(recent.find(credential(1))->name, "a");
  EXPECT_FALSE(recent.find(credential(2)));
  clock.advance(1s);
  EXPECT_FALSE(recent.find(credential(1)));
}

TEST(RecentOperators, AreForgottenWhenRefusedAndWhenTheirSessionEnds) {
  core::FakeClock clock;
  RecentOperators recent(clock);
  recent.remember(credential(1), who("a"));
  recent.forget(credential(1));
  EXPECT_FALSE(recent.find(credential(1)));
  auto session = who("b");
  session.session_ends_at = clock.wall() + 1min;
  recent.remember(credential(2), session);
  EXPECT_TRUE(recent.find(credential(2)));
  clock.advance(1min);
  EXPECT_FALSE(recent.find(credential(2)));
}

TEST(RecentOperators, AreBoundedTheOldestGoingFirst) {
  core::FakeClock clock;
  RecentOperators recent(clock);
  core::Digest many{};
  for (std::size_t i = 0; i <= RecentOperators::kMost; ++i) {
    many[0] = static_cast<std::uint8_t>(i);
    many[1] = static_cast<std::uint8_t>(i >> 8U);
    recent.remember(many, who("a"));
    clock.advance(1ms);
  }
  EXPECT_FALSE(recent.find(core::Digest{}));
  EXPECT_TRUE(recent.find(many));
}

}  // namespace
}  // namespace relayna::identity
