#include "relayna/core/time.hpp"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace relayna::core {
namespace {

using namespace std::chrono;

constexpr SystemTime kMoment = sys_days{year{2026} / November / 20} + hours{20} + minutes{39} + seconds{36};

TEST(Rfc3339, ShowsMicrosecondsOnlyWhenThereAreAny) {
  EXPECT_EQ(to_rfc3339(kMoment), "2026-11-20T20:39:36Z");
  EXPECT_EQ(to_rfc3339(kMoment + microseconds{1}), "2026-11-20T20:39:36.000001Z");
  EXPECT_EQ(to_rfc3339(kMoment + milliseconds{250}), "2026-11-20T20:39:36.250000Z");
  EXPECT_EQ(to_rfc3339(SystemTime{}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_rfc3339(SystemTime{microseconds{-1}}), "1969-12-31T23:59:59.999999Z");
}

TEST(Rfc3339, RoundTripsAnyMoment) {
  std::mt19937_64 random(7);
  const SystemTime first = sys_days{year{1} / January / 1};
  const SystemTime last = sys_days{year{9999} / December / 31};
  std::uniform_int_distribution<std::int64_t> micros(first.time_since_epoch().count(),
                                                     last.time_since_epoch().count());
  for (int i = 0; i < 10'000; ++i) {
    const SystemTime t{microseconds{micros(random)}};
    ASSERT_EQ(parse_rfc3339(to_rfc3339(t)), t) << to_rfc3339(t);
  }
}

TEST(Rfc3339, AcceptsOffsetsAndFractions) {
  for (const char* text :
       {"2026-11-20T20:39:36Z", "2026-11-20t20:39:36z", "2026-11-20T20:39:36.0Z", "2026-11-20T20:39:36+00:00",
        "2026-11-20T20:39:36-00:00", "2026-11-20T22:09:36+01:30", "2026-11-21T10:39:36+14:00",
        "2026-11-20T12:39:36.000000000-08:00"}) {
    EXPECT_EQ(parse_rfc3339(text), kMoment) << text;
  }
  EXPECT_EQ(parse_rfc3339("2026-11-20T20:39:36.1234567Z"), kMoment + microseconds{123456});
  EXPECT_EQ(parse_rfc3339("2026-11-20T20:39:36.5Z"), kMoment + milliseconds{500});
}

TEST(Rfc3339, KnowsLeapDaysAndLeapSeconds) {
  EXPECT_TRUE(parse_rfc3339("2024-02-29T00:00:00Z").has_value());
  EXPECT_FALSE(parse_rfc3339("2026-02-29T00:00:00Z").has_value());
  EXPECT_FALSE(parse_rfc3339("2100-02-29T00:00:00Z").has_value());
  EXPECT_EQ(parse_rfc3339("2016-12-31T23:59:60Z"), SystemTime{sys_days{year{2017} / January / 1}});
  EXPECT_EQ(parse_rfc3339("2016-12-31T15:59:60-08:00"), SystemTime{sys_days{year{2017} / January / 1}});
  EXPECT_FALSE(parse_rfc3339("2016-12-31T22:59:60Z").has_value());
}

TEST(Rfc3339, RefusesWhatIsMalformed) {
  const std::string good = "2026-11-20T20:39:36.5+01:30";
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(parse_rfc3339(good.substr(0, length)).has_value()) << good.substr(0, length);
  }
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = 'x';
    EXPECT_FALSE(parse_rfc3339(bad).has_value()) << bad;
  }
  for (const char* text :
       {"2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z",
        "2026-04-31T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z",
        "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+00:60",
        "2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00ZZ", " 2026-01-01T00:00:00Z",
        "2026-1-1T0:0:0Z", "+026-01-01T00:00:00Z", "2026-01-01T00:00:00+0100"}) {
    EXPECT_FALSE(parse_rfc3339(text).has_value()) << text;
  }
}

TEST(Rfc3339, YearsBeyondFourDigitsAreCutToTheFormatsEnds) {
  EXPECT_EQ(to_rfc3339(SystemTime::max()), "9999-12-31T23:59:59.999999Z");
  EXPECT_EQ(to_rfc3339(SystemTime::min()), "0000-01-01T00:00:00Z");
}

TEST(Deadline, PassesAtItsMomentAndNeverMeansNever) {
  FakeClock clock;
  const Deadline soon = Deadline::in(clock, milliseconds{50});
  EXPECT_FALSE(soon.passed(clock.now()));
  clock.advance(milliseconds{49});
  EXPECT_FALSE(soon.passed(clock.now()));
  clock.advance(milliseconds{1});
  EXPECT_TRUE(soon.passed(clock.now()));
  EXPECT_FALSE(Deadline::never().passed(clock.now() + hours{24 * 365 * 100}));
  EXPECT_TRUE(Deadline().is_never());
  EXPECT_EQ(soon.sooner(Deadline::never()), soon);
  EXPECT_EQ(Deadline::never().sooner(soon), soon);
}

TEST(Clocks, TheRealOneMovesAndTheFakeOneObeys) {
  const TimePoint before = real_clock().now();
  EXPECT_GE(real_clock().now(), before);
  EXPECT_GT(real_clock().wall(), SystemTime{sys_days{year{2024} / January / 1}});
  FakeClock fake;
  const auto wall = fake.wall();
  fake.advance(seconds{3});
  EXPECT_EQ(fake.wall() - wall, seconds{3});
}

}  // namespace
}  // namespace relayna::core
