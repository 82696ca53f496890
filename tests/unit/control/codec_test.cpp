#include "control/api/codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/resources/policy_part.hpp"

namespace relayna::control {
namespace {

using json::Document;

template <class T>
std::string problem_of(const Codec<T>& codec, const Document& given, T value = {}) {
  Problems problems;
  codec.read(given, value, "f", problems);
  return problems.empty() ? "" : problems.all().front().path + ": " + problems.all().front().message;
}

TEST(Codec, TextIsTrimmedAndBounded) {
  EXPECT_EQ(problem_of(text(1, 4), "abcd"), "");
  EXPECT_EQ(problem_of(text(1, 4), "abcde"), "f: must have at most 4 bytes, not 5");
  EXPECT_EQ(problem_of(text(1, 4), "   "), "f: must not be blank");
  EXPECT_EQ(problem_of(text(1, 4), 7), "f: must be a string, not a number");
  EXPECT_EQ(problem_of(text(0, 4), std::string("a\0b", 3)), "f: must not contain NUL");
}

TEST(Codec, NumbersAreWholeAndInRange) {
  EXPECT_EQ(problem_of(number(1, 5), 5), "");
  EXPECT_EQ(problem_of(number(1, 5), 6), "f: must be 1 to 5");
  EXPECT_EQ(problem_of(number(1), 0), "f: must be at least 1");
  EXPECT_EQ(problem_of(number(1, 5), 1.5), "f: must be a whole number, not a fraction");
  EXPECT_EQ(problem_of(number(1, 5), "3"), "f: must be a whole number, not a string");
  EXPECT_EQ(problem_of(number(1), 18'446'744'073'709'551'615ULL), "f: must be at least 1");
}

TEST(Codec, ListsNameTheEntryThatIsWrong) {
  const auto only_a = texts([](std::string_view entry) -> std::optional<std::string> {
    if (entry == "a") return std::nullopt;
    return "must be a";
  });
  EXPECT_EQ(problem_of(only_a, Document::array({"a"})), "");
  EXPECT_EQ(problem_of(only_a, Document::array({"a", "b"})), "f[1]: must be a");
  EXPECT_EQ(problem_of(only_a, Document::array({"a", "a"})), "f[1]: repeats `a`");
  EXPECT_EQ(problem_of(only_a, "a"), "f: must be an array, not a string");
}

TEST(Codec, UrlsCarryNoCredentials) {
  EXPECT_EQ(problem_of(url(), "https://api.example.com/v1"), "");
  EXPECT_NE(problem_of(url(), "https://user:pass@example.com"), "");
  EXPECT_NE(problem_of(url(), "ftp://example.com"), "");
}

TEST(Codec, APolicyPatchLeavesWhatItDoesNotNameExactlyAsItWas) {
  domain::Policy policy;
  policy.weekly_budget = core::Money::parse("0.000000001");
  policy.monthly_budget = core::Money::parse("123456789.123456789");
  policy.max_tokens_per_day = 9'007'199'254'740'993;
  auto expected = policy;
  expected.rpm_limit = 5;
  EXPECT_EQ(problem_of(policy_codec(), {{"rpm_limit", -1}}, policy), "f.rpm_limit: must be at least 0");
  Problems problems;
  policy_codec().read({{"rpm_limit", 5}}, policy, "policy", problems);
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(policy, expected);
}

TEST(Codec, APolicysVersionIsTheGateways) {
  EXPECT_EQ(problem_of(policy_codec(), {{"policy_version", 9}}), "f.policy_version: is set by the gateway");
  EXPECT_EQ(problem_of(policy_codec(), {{"policy_version", 1}}), "");
  EXPECT_NE(problem_of(policy_codec(), {{"rpm_limits", 9}}), "");
}

}  // namespace
}  // namespace relayna::control
