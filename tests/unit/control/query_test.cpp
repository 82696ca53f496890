#include "control/api/query.hpp"

#include <gtest/gtest.h>

namespace relayna::control {
namespace {

TEST(Query, Decodes) {
  Problems problems;
  auto query = Query::parse("name=a+b%2Fc&empty=&flag&q=%C3%BC", problems);
  EXPECT_EQ(query.take("name"), "a b/c");
  EXPECT_EQ(query.take("empty"), std::nullopt);
  EXPECT_EQ(query.take("flag"), std::nullopt);
  EXPECT_EQ(query.take("q"), "ü");
  EXPECT_EQ(query.take("absent"), std::nullopt);
  EXPECT_TRUE(problems.empty());
}

TEST(Query, RefusesTwiceGivenAndBadEscapes) {
  Problems problems;
  auto query = Query::parse("known=1&known=2&x=%zz&y=%ff", problems);
  EXPECT_EQ(query.take("known"), "1");
  ASSERT_EQ(problems.all().size(), 3U);
  EXPECT_EQ(problems.all()[0].path, "known");
  EXPECT_EQ(problems.all()[1].path, "x");
  EXPECT_EQ(problems.all()[2].path, "y");
}

TEST(Query, ReadsMomentsHoweverTheyCameThroughTheUrl) {
  Problems problems;
  const auto query = Query::parse(
      "z=2027-01-01T00:00:00Z&date=2027-01-01&plus=2027-01-01T02:00:00+02:00&escaped=2027-01-01T02:00:00%"
      "2B02:00&"
      "fraction=2027-01-01T02:00:00.000+02:00&minus=2026-12-31T22:00:00-02:00",
      problems);
  const auto expected = core::parse_rfc3339("2027-01-01T00:00:00Z");
  for (const char* name : {"z", "date", "plus", "escaped", "fraction", "minus"})
    EXPECT_EQ(query.take_moment(name, problems), expected) << name;
  EXPECT_EQ(query.take_moment("absent", problems), std::nullopt);
  EXPECT_TRUE(problems.empty());
}

TEST(Query, RefusesWhatIsNoMoment) {
  for (const char* text :
       {"m=x", "m=2027-13-01", "m=2027-01-01T00:00:00", "m=2027-01-01+00:00", "m=2027-01-01T02:00:00+2:00"}) {
    Problems problems;
    EXPECT_EQ(Query::parse(text, problems).take_moment("m", problems), std::nullopt) << text;
    ASSERT_EQ(problems.all().size(), 1U) << text;
    EXPECT_EQ(problems.all()[0].path, "m");
  }
}

TEST(Query, NumbersKeepTheirBounds) {
  Problems problems;
  auto query = Query::parse("a=5&b=0&c=x&d=9999999999999999999999", problems);
  EXPECT_EQ(query.take_number("a", 1, 10, 3, problems), 5);
  EXPECT_EQ(query.take_number("absent", 1, 10, 3, problems), 3);
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(query.take_number("b", 1, 10, 3, problems), 3);
  EXPECT_EQ(query.take_number("c", 1, 10, 3, problems), 3);
  EXPECT_EQ(query.take_number("d", 1, 10, 3, problems), 3);
  EXPECT_EQ(problems.all().size(), 3U);
}

TEST(Query, TakesOneOfSeveralWords) {
  constexpr std::string_view kWords[] = {"hour", "day"};
  Problems problems;
  auto query = Query::parse("a=day&b=week&c=", problems);
  EXPECT_EQ(query.take_choice("a", kWords, problems), "day");
  EXPECT_EQ(query.take_choice("c", kWords, problems), std::nullopt);
  EXPECT_EQ(query.take_choice("d", kWords, problems), std::nullopt);
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(query.take_choice("b", kWords, problems), std::nullopt);
  ASSERT_EQ(problems.all().size(), 1U);
  EXPECT_EQ(problems.all()[0].path, "b");
  EXPECT_EQ(problems.all()[0].message, "must be one of: hour, day");
}

}  // namespace
}  // namespace relayna::control
