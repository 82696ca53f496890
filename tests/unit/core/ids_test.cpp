#include "relayna/core/ids.hpp"

#include <algorithm>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relayna/core/id_age.hpp"

namespace relayna::core {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

std::uint64_t millis_of(const Uuid& id) {
  std::uint64_t ms = 0;
  for (std::size_t i = 0; i < 6; ++i) ms = ms << 8U | id.bytes[i];
  return ms;
}

std::uint64_t millis_of(SystemTime t) {
  return static_cast<std::uint64_t>(std::chrono::floor<milliseconds>(t).time_since_epoch().count());
}

TEST(Uuid, TextGoesBothWays) {
  const std::string text = "01932c07-209e-7a3c-9f00-fedcba987654";
  const auto id = Uuid::parse(text);
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(id->str(), text);
  EXPECT_EQ(Uuid::parse("01932C07-209E-7A3C-9F00-FEDCBA987654"), id);
  EXPECT_FALSE(id->is_nil());
  EXPECT_TRUE(Uuid{}.is_nil());
  EXPECT_EQ(Uuid{}.str(), "00000000-0000-0000-0000-000000000000");
}

TEST(Uuid, RefusesEveryMalformedText) {
  const std::string good = "01932c07-209e-7a3c-9f00-fedcba987654";
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char c : {'g', ' ', '-', '\0', '/', ':', '@', '`'}) {
      std::string bad = good;
      if (bad[at] == c) continue;
      bad[at] = c;
      EXPECT_EQ(Uuid::parse(bad), std::nullopt) << at << " " << bad;
    }
    EXPECT_EQ(Uuid::parse(good.substr(0, at)), std::nullopt);
  }
  EXPECT_EQ(Uuid::parse(good + "0"), std::nullopt);
  EXPECT_EQ(Uuid::parse("{" + good + "}"), std::nullopt);
}

TEST(IdGenerator, MakesVersion7OfTheClocksMillisecond) {
  const FakeClock clock;
  IdGenerator ids(clock);
  for (int i = 0; i < 1000; ++i) {
    const Uuid id = ids.uuid7();
    EXPECT_EQ(id.bytes[6] >> 4U, 7);
    EXPECT_EQ(id.bytes[8] >> 6U, 2);
    EXPECT_EQ(millis_of(id), millis_of(clock.wall()));
  }
}

TEST(IdAgeHash, MakesNeighboursOfIdsMadeOneAfterTheOther) {
  FakeClock clock;
  IdGenerator ids(clock);
  const IdAgeHash hash;
  const auto next = [&] { return hash(ids.uuid7().str()); };
  for (int millisecond = 0; millisecond < 100; ++millisecond) {
    const std::size_t first = next();
    for (std::size_t i = 1; i < 32; ++i)
      EXPECT_EQ(next() / 32, first / 32) << "a place of the same millisecond";
    EXPECT_EQ(next(), first) << "which has 32, all different";
    clock.advance(std::chrono::milliseconds(1));
    EXPECT_EQ(next() / 32, first / 32 + 1);
  }
}

TEST(IdAgeHash, TellsOtherTextsApart) {
  const IdAgeHash hash;
  EXPECT_NE(hash("one"), hash("another"));
  EXPECT_EQ(hash("one"), hash("one"));
}

TEST(IdGenerator, NeverGoesBackWhateverTheClockDoes) {
  FakeClock clock;
  IdGenerator ids(clock);
  const SystemTime start = clock.wall();
  Uuid last = ids.uuid7();
  const auto expect_greater = [&] {
    const Uuid next = ids.uuid7();
    ASSERT_LT(last, next);
    last = next;
  };
  for (const auto shift : {milliseconds(0), milliseconds(5), milliseconds(-3), milliseconds(1),
                           milliseconds(hours(-24)), milliseconds(6), milliseconds(7)}) {
    clock.set_wall(start + shift);
    for (int i = 0; i < 1000; ++i) expect_greater();
  }
  clock.set_wall(SystemTime(std::chrono::microseconds(-1)));
  for (int i = 0; i < 1000; ++i) expect_greater();
}

TEST(IdGenerator, AMillisecondThatRunsOutBorrowsFromTheNext) {
  const FakeClock clock;
  IdGenerator ids(clock);
  Uuid last = ids.uuid7();
  // The counter has 20 bits and starts below half of them, so it must run over within 2^20 ids.
  constexpr std::uint32_t kEnough = 1U << 20U;
  bool borrowed = false;
  for (std::uint32_t i = 0; i < kEnough && !borrowed; ++i) {
    const Uuid next = ids.uuid7();
    ASSERT_LT(last, next);
    last = next;
    borrowed = millis_of(next) != millis_of(clock.wall());
  }
  EXPECT_TRUE(borrowed);
  EXPECT_EQ(millis_of(last), millis_of(clock.wall()) + 1);
}

TEST(IdGenerator, TwoGeneratorsAtOneMomentDoNotMeet) {
  const FakeClock clock;
  IdGenerator a(clock);
  IdGenerator b(clock);
  std::set<Uuid> seen;
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_TRUE(seen.insert(a.uuid7()).second);
    EXPECT_TRUE(seen.insert(b.uuid7()).second);
  }
}

TEST(IdGenerator, TraceAndSpanIdsAreDistinctAndNotZero) {
  IdGenerator ids;
  std::set<std::array<std::uint8_t, 16>> traces;
  std::set<std::array<std::uint8_t, 8>> spans;
  std::set<std::uint64_t> numbers;
  for (int i = 0; i < 1000; ++i) {
    const auto trace = ids.trace_id();
    EXPECT_TRUE(std::ranges::any_of(trace, [](auto b) { return b != 0; }));
    EXPECT_TRUE(traces.insert(trace).second);
    EXPECT_TRUE(spans.insert(ids.span_id()).second);
    EXPECT_TRUE(numbers.insert(ids.random64()).second);
  }
}

TEST(NewToken, HasThePrefixAndSixtyFourHexCharacters) {
  const std::string token = new_token("rk_live_");
  EXPECT_EQ(token.size(), 8 + 64);
  EXPECT_THAT(token, testing::MatchesRegex("rk_live_[0-9a-f]+"));
  EXPECT_NE(token, new_token("rk_live_"));
}

}  // namespace
}  // namespace relayna::core
