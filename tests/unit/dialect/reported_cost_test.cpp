#include <cstdint>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "relayna/dialect/usage.hpp"

namespace relayna::dialect {
namespace {

/// Nano-USD; -1 when refused.
std::int64_t nanos(const std::string& text) {
  const auto cost = parse_reported_cost(text);
  return cost ? cost->nanos() : -1;
}

TEST(ReportedCost, ReadsDecimalsExactly) {
  EXPECT_EQ(nanos("0"), 0);
  EXPECT_EQ(nanos("0.0"), 0);
  EXPECT_EQ(nanos("1"), 1'000'000'000);
  EXPECT_EQ(nanos("0.00491"), 4'910'000);
  EXPECT_EQ(nanos("0.000000001"), 1);
  EXPECT_EQ(nanos(" 0.25\r\n"), 250'000'000);
  EXPECT_EQ(nanos("9223372036.854775807"), 9'223'372'036'854'775'807);
}

TEST(ReportedCost, ReadsExponents) {
  EXPECT_EQ(nanos("2.7e-05"), 27'000);
  EXPECT_EQ(nanos("2.7E-5"), 27'000);
  EXPECT_EQ(nanos("1e0"), 1'000'000'000);
  EXPECT_EQ(nanos("1.5e+2"), 150'000'000'000);
  EXPECT_EQ(nanos("0.000015e5"), 1'500'000'000);
  EXPECT_EQ(nanos("12345e-14"), 0);
  EXPECT_EQ(nanos("0e999999999999"), 0);
  EXPECT_EQ(nanos("1e-999999999999"), 0);
}

TEST(ReportedCost, RoundsHalfUpToTheNanoDollar) {
  EXPECT_EQ(nanos("0.0000000014999999999999"), 1);
  EXPECT_EQ(nanos("0.0000000015"), 2);
  EXPECT_EQ(nanos("0.0000000004"), 0);
  EXPECT_EQ(nanos("5e-10"), 1);
  EXPECT_EQ(nanos("4.9e-10"), 0);
  EXPECT_EQ(nanos("9e-11"), 0);
  EXPECT_EQ(nanos("0.0049099999999999994"), 4'910'000);
  EXPECT_EQ(nanos("0.9999999995"), 1'000'000'000);
}

TEST(ReportedCost, RefusesWhatIsNoCost) {
  for (const char* text : {"",
                           " ",
                           "-1",
                           "-0",
                           "-0.5",
                           "+1",
                           "NaN",
                           "nan",
                           "inf",
                           "Infinity",
                           "None",
                           "null",
                           "1.",
                           ".5",
                           "1e",
                           "1e+",
                           "1e1.5",
                           "0x10",
                           "01",
                           "1,5",
                           "1 2",
                           "$1",
                           "1e10",
                           "1e99",
                           "1e999999999999",
                           "9223372036.8547758075",
                           "9300000000"}) {
    EXPECT_EQ(parse_reported_cost(text), std::nullopt) << text;
  }
}

TEST(ReportedCost, WhateverMoneyWritesIsReadBack) {
  std::mt19937_64 engine(7);
  for (int round = 0; round < 20'000; ++round) {
    const auto value = static_cast<std::int64_t>(engine() >> (1 + engine() % 62));
    ASSERT_EQ(nanos(core::Money::nanos(value).str()), value);
    ASSERT_EQ(nanos(std::to_string(value) + "e-9"), value);
    ASSERT_EQ(nanos(std::to_string(value) + ".5e-9"), value == INT64_MAX ? -1 : value + 1);
    ASSERT_EQ(nanos(std::to_string(value) + ".4999e-9"), value);
  }
}

}  // namespace
}  // namespace relayna::dialect
