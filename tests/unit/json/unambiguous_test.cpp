#include "relayna/json/unambiguous.hpp"

#include <gtest/gtest.h>

namespace relayna::json {
namespace {

TEST(Unambiguous, ReadsWhatHasEachMemberOnce) {
  const auto document = parse_unambiguous(R"({"a":{"name":1},"b":[{"name":2},{"name":3}],"name":4})");
  ASSERT_TRUE(document.has_value());
  EXPECT_EQ(dump(*document), R"({"a":{"name":1},"b":[{"name":2},{"name":3}],"name":4})");
}

TEST(Unambiguous, NamesTheMemberThatIsGivenTwice) {
  for (const auto& [text, path] :
       {std::pair{R"({"name":"a","name":"b"})", "name"},
        std::pair{R"({"x":0,"policy":{"rpm":1,"rpm":1}})", "policy.rpm"},
        std::pair{R"({"targets":[{"p":1},{"p":1,"p":2}]})", "targets.p"},
        std::pair{R"({"a":1,"\u0061":2})", "a"}, std::pair{R"({"a":1,"a":2,"b":1,"b":2})", "a"}}) {
    const auto document = parse_unambiguous(text);
    ASSERT_FALSE(document.has_value()) << text;
    EXPECT_EQ(document.error().code, core::ErrorCode::invalid_json);
    EXPECT_EQ(document.error().param, path);
  }
}

TEST(Unambiguous, RefusesWhatIsNoJson) {
  EXPECT_FALSE(parse_unambiguous("{\"a\":1,\"a\":").has_value());
  EXPECT_FALSE(parse_unambiguous("").has_value());
}

TEST(Unambiguous, BoundsThePathItNames) {
  const std::string name(5'000, 'n');
  const auto document = parse_unambiguous("{\"" + name + "\":1,\"" + name + "\":2}");
  ASSERT_FALSE(document.has_value());
  EXPECT_LE(document.error().param.size(), 256U);
}

}  // namespace
}  // namespace relayna::json
