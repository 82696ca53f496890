#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relayna/json/document.hpp"
#include "relayna/json/scan.hpp"

namespace relayna::json {
namespace {

using testing::ElementsAre;

struct Step {
  std::string key;
  std::optional<std::string> value;  // none: remove
};

std::string edited(const std::string& text, const std::vector<Step>& steps) {
  const auto members = top_level(text).value();
  Splice splice(text);
  for (const auto& [key, value] : steps) {
    if (value) {
      set_member(splice, text, members, key, *value);
    } else {
      remove_member(splice, text, members, key);
    }
  }
  EXPECT_EQ(splice.size(), splice.str().size());
  return splice.str();
}

std::string set(const std::string& text, const std::string& key, const std::string& value) {
  return edited(text, {{key, value}});
}
std::string removed(const std::string& text, const std::string& key) {
  return edited(text, {{key, std::nullopt}});
}

TEST(Splice, PutsEditsInOrderAndCopiesNothing) {
  const std::string text = "0123456789";
  Splice splice(text);
  EXPECT_FALSE(splice.edited());
  EXPECT_THAT(splice.pieces(), ElementsAre("0123456789"));
  splice.replace(6, 8, "six");
  splice.insert(2, "a");
  splice.insert(2, "b");
  splice.replace(2, 3, "");
  splice.insert(10, "!");
  EXPECT_TRUE(splice.edited());
  EXPECT_EQ(splice.str(), "01ab345six89!");
  EXPECT_EQ(splice.size(), splice.str().size());
  EXPECT_EQ(splice.pieces().front().data(), text.data());
}

TEST(Splice, OfNothingIsNothing) {
  const Splice splice("");
  EXPECT_TRUE(splice.pieces().empty());
  EXPECT_EQ(splice.str(), "");
}

TEST(SetMember, ChangesOnlyTheValue) {
  const std::string text = "{ \"a\" :\t1e400 ,\n\"model\"  :  \"gpt\" , \"z\":[ 1 , 2 ] }";
  EXPECT_EQ(set(text, "model", "\"other\""),
            "{ \"a\" :\t1e400 ,\n\"model\"  :  \"other\" , \"z\":[ 1 , 2 ] }");
  EXPECT_EQ(set(text, "a", "0"), "{ \"a\" :\t0 ,\n\"model\"  :  \"gpt\" , \"z\":[ 1 , 2 ] }");
  EXPECT_EQ(set(text, "z", "{}"), "{ \"a\" :\t1e400 ,\n\"model\"  :  \"gpt\" , \"z\":{} }");
}

TEST(SetMember, AddsBehindTheLastMember) {
  EXPECT_EQ(set("{}", "a", "1"), R"({"a":1})");
  EXPECT_EQ(set(" { \n } ", "a", "1"), " {\"a\":1 \n } ");
  EXPECT_EQ(set(R"({"b":2 })", "a", "1"), R"({"b":2,"a":1 })");
  EXPECT_EQ(edited("{}", {{"a", "1"}, {"b", "2"}}), R"({"a":1,"b":2})");
  EXPECT_EQ(set("{}", "q\"é\n", "1"), R"({"q\"é\n":1})");
}

TEST(SetMember, FindsEscapedKeysAndEveryRepetition) {
  EXPECT_EQ(set(R"({"mod\u0065l":1,"x":0,"model":2})", "model", "3"), R"({"mod\u0065l":3,"x":0,"model":3})");
  EXPECT_EQ(set(R"({"é":1})", "é", "2"), R"({"é":2})");
}

TEST(SetMember, WithTheSameValueChangesNothing) {
  const std::string text = R"({"a":1})";
  const auto members = top_level(text).value();
  Splice splice(text);
  set_member(splice, text, members, "a", "1");
  EXPECT_FALSE(splice.edited());
}

TEST(RemoveMember, TakesOneCommaWithIt) {
  EXPECT_EQ(removed(R"({ "a" : 1 , "b" : 2 , "c" : 3 })", "a"), R"({ "b" : 2 , "c" : 3 })");
  EXPECT_EQ(removed(R"({ "a" : 1 , "b" : 2 , "c" : 3 })", "b"), R"({ "a" : 1 , "c" : 3 })");
  EXPECT_EQ(removed(R"({ "a" : 1 , "b" : 2 , "c" : 3 })", "c"), R"({ "a" : 1 , "b" : 2 })");
  EXPECT_EQ(removed(R"({ "a" : 1 })", "a"), "{  }");
  EXPECT_EQ(removed(R"({"a":1,"b":2,"a":3})", "a"), R"({"b":2})");
  EXPECT_EQ(removed(R"({"a":1})", "x"), R"({"a":1})");
  EXPECT_EQ(removed("{}", "x"), "{}");
}

TEST(MemberEdits, WorkTogetherInAnyOrder) {
  const std::string text = R"({"a":1, "b":2, "c":3})";
  EXPECT_EQ(edited(text, {{"a", {}}, {"b", {}}}), R"({"c":3})");
  EXPECT_EQ(edited(text, {{"c", {}}, {"b", {}}}), R"({"a":1})");
  EXPECT_EQ(edited(text, {{"a", {}}, {"b", {}}, {"c", {}}}), "{}");
  EXPECT_EQ(edited(text, {{"c", {}}, {"d", "4"}}), R"({"a":1, "b":2,"d":4})");
  EXPECT_EQ(edited(text, {{"d", "4"}, {"c", {}}}), R"({"a":1, "b":2,"d":4})");
  EXPECT_EQ(edited(text, {{"a", {}}, {"b", {}}, {"c", {}}, {"d", "4"}, {"e", "5"}}), R"({"d":4,"e":5})");
  EXPECT_EQ(edited(text, {{"d", "4"}, {"d", {}}}), text);
  EXPECT_EQ(edited(text, {{"b", {}}, {"b", "7"}}), R"({"a":1, "b":7, "c":3})");
  EXPECT_EQ(edited(text, {{"b", "7"}, {"b", {}}}), R"({"a":1, "c":3})");
  EXPECT_EQ(edited(text, {{"d", "4"}, {"d", "5"}}), R"({"a":1, "b":2, "c":3,"d":5})");
}

TEST(MemberEdits, LeaveRoomForPlainOnes) {
  const std::string text = R"({"o":{"x":1},"p":2})";
  const auto members = top_level(text).value();
  Splice splice(text);
  splice.insert(members[0].value_end - 1, R"(,"y":2)");
  remove_member(splice, text, members, "p");
  set_member(splice, text, members, "q", "3");
  EXPECT_EQ(splice.str(), R"({"o":{"x":1,"y":2},"q":3})");
}

TEST(MemberEdits, AgreeWithADocumentUnderRandomSteps) {
  std::mt19937 random(11);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
  const std::vector<std::string> keys{"a", "b", "c", "d", "e"};
  const std::vector<std::string> spaces{"", " ", "\n\t"};
  const auto space = [&] { return spaces[below(spaces.size())]; };
  for (int round = 0; round < 3000; ++round) {
    std::string text = space() + "{" + space();
    const std::size_t count = below(5);
    for (std::size_t i = 0; i < count; ++i) {
      if (i != 0) text += space() + "," + space();
      text += quote(keys[below(keys.size())]) + space() + ":" + space() + std::to_string(below(100));
    }
    text += space() + "}" + space();
    auto expected = nlohmann::json::parse(text);
    std::vector<Step> steps;
    for (std::size_t i = below(6); i > 0; --i) {
      const std::string& key = keys[below(keys.size())];
      if (below(2) == 0) {
        steps.push_back({key, std::nullopt});
        expected.erase(key);
      } else {
        steps.push_back({key, std::to_string(below(100))});
        expected[key] = nlohmann::json::parse(*steps.back().value);
      }
    }
    const std::string result = edited(text, steps);
    ASSERT_TRUE(validate(result).has_value()) << text << " -> " << result;
    ASSERT_EQ(nlohmann::json::parse(result), expected) << text << " -> " << result;
  }
}

}  // namespace
}  // namespace relayna::json
