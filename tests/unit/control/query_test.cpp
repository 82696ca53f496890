#include "control/api/query.hpp"

#include <gtest/gtest.h>

namespace relayna::control {
namespace {

TEST(Query, DecodesAndTakesOnce) {
  Problems problems;
  auto query = Query::parse("name=a+b%2Fc&empty=&flag&q=%C3%BC", problems);
  EXPECT_EQ(query.take("name"), "a b/c");
  EXPECT_EQ(query.take("empty"), std::nullopt);
  EXPECT_EQ(query.take("flag"), std::nullopt);
  EXPECT_EQ(query.take("q"), "ü");
  EXPECT_EQ(query.take("absent"), std::nullopt);
  query.finish(problems);
  EXPECT_TRUE(problems.empty());
}

TEST(Query, RefusesWhatNobodyAskedForTwiceGivenAndBadEscapes) {
  Problems problems;
  auto query = Query::parse("known=1&known=2&x=%zz&y=%ff&other=1", problems);
  EXPECT_EQ(query.take("known"), "1");
  query.finish(problems);
  ASSERT_EQ(problems.all().size(), 4U);
  EXPECT_EQ(problems.all()[0].path, "known");
  EXPECT_EQ(problems.all()[1].path, "x");
  EXPECT_EQ(problems.all()[3].path, "other");
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
  query.finish(problems);
  EXPECT_EQ(problems.all().size(), 1U) << "all are known";
}

}  // namespace
}  // namespace relayna::control
