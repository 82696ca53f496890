#include "relayna/core/money.hpp"

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace relayna::core {
namespace {

constexpr auto kMost = Money::nanos(std::numeric_limits<std::int64_t>::max());
constexpr auto kLeast = Money::nanos(std::numeric_limits<std::int64_t>::min());

TEST(Money, TextGoesBothWays) {
  const std::vector<std::pair<std::string, std::int64_t>> cases{
      {"0", 0},
      {"0.25", 250'000'000},
      {"12", 12'000'000'000},
      {"0.000000001", 1},
      {"-0.000000001", -1},
      {"-3.5", -3'500'000'000},
      {"9223372036.854775807", kMost.nanos()},
      {"-9223372036.854775808", kLeast.nanos()},
  };
  for (const auto& [text, nanos] : cases) {
    EXPECT_EQ(Money::parse(text), Money::nanos(nanos)) << text;
    EXPECT_EQ(Money::nanos(nanos).str(), text);
  }
  EXPECT_EQ(Money::parse("0.250000000"), Money::nanos(250'000'000));
  EXPECT_EQ(Money::parse("007"), Money::nanos(7'000'000'000));
  EXPECT_EQ(Money::parse("-0"), Money());
  EXPECT_EQ(Money::parse("1e-09"), Money::nanos(1));
  EXPECT_EQ(Money::parse("2.5E-7"), Money::nanos(250));
  EXPECT_EQ(Money::parse("1.25e+2"), Money::nanos(125'000'000'000));
  EXPECT_EQ(Money::parse("0e9999"), Money());
}

TEST(Money, RefusesWhatIsMalformedOrOutOfRange) {
  for (const char* text : {"",
                           "-",
                           ".",
                           "1.",
                           ".5",
                           "+1",
                           "--1",
                           "1.0000000001",
                           "1e",
                           "1e+",
                           "e3",
                           "1e3.5",
                           "1.5e-9",
                           "1e99999",
                           " 1",
                           "1 ",
                           "1,5",
                           "0x1",
                           "1.2.3",
                           "1.-2",
                           "9223372036.854775808",
                           "-9223372036.854775809",
                           "9223372037",
                           "99999999999999999999",
                           "NaN",
                           "$1"}) {
    EXPECT_EQ(Money::parse(text), std::nullopt) << text;
  }
}

TEST(Money, SaturatesAtTheEnds) {
  const Money one = Money::nanos(1);
  EXPECT_EQ(kMost + one, kMost);
  EXPECT_EQ(kLeast - one, kLeast);
  EXPECT_EQ(kLeast + Money::nanos(-1), kLeast);
  EXPECT_EQ(kMost - Money::nanos(-1), kMost);
  EXPECT_EQ(Money() - kLeast, kMost);
  EXPECT_EQ(kMost + kMost, kMost);
  EXPECT_EQ(kLeast + kLeast, kLeast);
  EXPECT_EQ(kMost + kLeast, Money::nanos(-1));
}

TEST(Money, AddsAndComparesExactly) {
  Money sum;
  for (int i = 0; i < 10; ++i) sum = sum + *Money::parse("0.1");
  EXPECT_EQ(sum, *Money::parse("1"));
  EXPECT_LT(*Money::parse("0.999999999"), sum);
  EXPECT_EQ((sum - *Money::parse("1.5")).str(), "-0.5");
}

}  // namespace
}  // namespace relayna::core
