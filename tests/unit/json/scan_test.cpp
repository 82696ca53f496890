#include "relayna/json/scan.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relayna/json/document.hpp"

#include "json/scanner.hpp"

namespace relayna::json {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string_view value_of(std::string_view text, const Member& member) {
  return text.substr(member.value_begin, member.value_end - member.value_begin);
}

TEST(Validate, AcceptsAllOfTheGrammar) {
  for (const char* text : {"null",
                           "true",
                           "false",
                           "0",
                           "-0",
                           "-1.5e+10",
                           "1E-2",
                           "1e400",
                           "123456789012345678901234567890",
                           "\"\"",
                           R"("\"\\\/\b\f\n\r\tA\ud83d\ude00")",
                           R"("\ud800")",
                           "[]",
                           "[ ]",
                           "{}",
                           "{ }",
                           " \t\r\n[1 , 2]\n",
                           R"({"a":{"b":[{"c":[[]]}]},"d":""})",
                           R"({"":0})",
                           R"({"a":1,"a":2})",
                           "\"\x7f\""}) {
    EXPECT_TRUE(validate(text).has_value()) << text;
  }
}

TEST(Validate, RefusesEverythingElseAndNamesTheByte) {
  const std::vector<std::pair<std::string, std::size_t>> cases{
      {"", 0},
      {"   ", 3},
      {"nul", 0},
      {"nulL", 0},
      {"TRUE", 0},
      {"01", 1},
      {"-", 1},
      {"-a", 1},
      {"+1", 0},
      {".5", 0},
      {"1.", 2},
      {"1.e3", 2},
      {"1e", 2},
      {"1e+", 3},
      {"0x10", 1},
      {"NaN", 0},
      {"Infinity", 0},
      {"'a'", 0},
      {"\"a", 2},
      {"\"a\\", 3},
      {"\"\\x\"", 1},
      {"\"\\u12", 5},
      {"\"\\u12g4\"", 5},
      {"\"a\nb\"", 2},
      {std::string("\"a\0b\"", 5), 2},
      {"[", 1},
      {"[1", 2},
      {"[1,", 3},
      {"[1,]", 3},
      {"[,1]", 1},
      {"[1 2]", 3},
      {"[1}", 2},
      {"{", 1},
      {"{\"a\"", 4},
      {"{\"a\":", 5},
      {"{\"a\":1", 6},
      {"{\"a\":1,", 7},
      {"{\"a\":1,}", 7},
      {"{\"a\" 1}", 5},
      {"{a:1}", 1},
      {"{1:1}", 1},
      {"{\"a\":1]", 6},
      {"]", 0},
      {"{}{}", 2},
      {"1 2", 2},
      {"[1] // comment", 4},
      {"\xEF\xBB\xBF{}", 0},
      {"\f1", 0},
      {"{\"a\":\"\xC0\x80\"}", 6},
      {"\"\xE2\x82\xAC\xE2\x82\"", 4},
  };
  for (const auto& [text, offset] : cases) {
    const auto result = validate(text);
    ASSERT_FALSE(result.has_value()) << text;
    EXPECT_EQ(result.error().code, core::ErrorCode::invalid_json);
    EXPECT_THAT(result.error().message, HasSubstr("at byte " + std::to_string(offset) + ":")) << text;
  }
}

TEST(Validate, EveryPrefixOfAnObjectIsIncomplete) {
  const std::string text = R"({"a":[1,-2.5e3,true,null,"x\n\u00e9"],"b":{"c":{}}})";
  ASSERT_TRUE(validate(text).has_value());
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(validate(text.substr(0, length)).has_value()) << text.substr(0, length);
  }
}

TEST(Validate, FindsTheEndOfStringsOfEveryLengthAndAlignment) {
  for (std::size_t length = 0; length < 70; ++length) {
    for (std::size_t shift = 0; shift < 17; ++shift) {
      const std::string text = std::string(shift, ' ') + '"' + std::string(length, 'x') + "\\\"" +
                               std::string(length, '\x7f') + '"';
      ASSERT_TRUE(validate(text).has_value()) << length << " " << shift;
      ASSERT_FALSE(validate(std::string_view(text).substr(0, text.size() - 1)).has_value());
      std::string control = text;
      control[shift + 1 + length] = '\x1f';
      ASSERT_FALSE(validate(control).has_value()) << length << " " << shift;
    }
  }
}

TEST(Validate, FindsControlCharactersWhereverTheyStand) {
  for (std::size_t at = 0; at < 40; ++at) {
    std::string text = '"' + std::string(40, 'x') + '"';
    for (int c = 0; c < 0x20; ++c) {
      text[at + 1] = static_cast<char>(c);
      ASSERT_FALSE(validate(text).has_value()) << at << " " << c;
    }
    text[at + 1] = ' ';
    ASSERT_TRUE(validate(text).has_value()) << at;
  }
}

TEST(Validate, LimitsNesting) {
  const auto nested = [](std::size_t depth) {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i) text += i % 2 == 0 ? "[" : "{\"a\":";
    text += "1";
    for (std::size_t i = depth; i-- > 0;) text += i % 2 == 0 ? "]" : "}";
    return text;
  };
  EXPECT_TRUE(validate(nested(256)).has_value());
  EXPECT_FALSE(validate(nested(257)).has_value());
  EXPECT_TRUE(validate(nested(3), 3).has_value());
  EXPECT_FALSE(validate(nested(4), 3).has_value());
  EXPECT_TRUE(validate("1", 0).has_value());
  EXPECT_TRUE(validate(nested(1024), 100'000).has_value());
  EXPECT_FALSE(validate(nested(1025), 100'000).has_value());
  EXPECT_FALSE(validate(std::string(10'000'000, '[')).has_value());
}

TEST(TopLevel, GivesByteRangesThroughOddSpacing) {
  const std::string text = " {\t\"a\" :\n1e400 , \"b\":[ {\"a\":2} , \"]\" ]\r,\"\":\"x,}\" } ";
  const auto members = top_level(text);
  ASSERT_TRUE(members.has_value());
  ASSERT_EQ(members->size(), 3);
  EXPECT_EQ((*members)[0].key, "a");
  EXPECT_EQ((*members)[0].begin, text.find("\"a\""));
  EXPECT_EQ(value_of(text, (*members)[0]), "1e400");
  EXPECT_EQ(value_of(text, (*members)[1]), "[ {\"a\":2} , \"]\" ]");
  EXPECT_EQ((*members)[2].key, "");
  EXPECT_EQ(value_of(text, (*members)[2]), "\"x,}\"");
}

TEST(TopLevel, DecodesKeysAndKeepsRepeatedOnes) {
  const std::string text =
      R"({"model":1,"mod\u0065l":2,"\ud83d\ude00é":3,"a\"\\\/\b\f\n\r\t":4,"\ud800x":5})";
  const auto members = top_level(text);
  ASSERT_TRUE(members.has_value());
  std::vector<std::string> keys;
  for (const Member& member : *members) keys.push_back(member.key);
  EXPECT_THAT(keys, ElementsAre("model", "model", "\U0001F600é", "a\"\\/\b\f\n\r\t", "\uFFFDx"));
}

TEST(TopLevel, RefusesOtherValuesAndBrokenObjects) {
  EXPECT_TRUE(top_level("{}")->empty());
  EXPECT_TRUE(top_level(" { } ")->empty());
  for (const char* text :
       {"", "[]", "1", "\"{}\"", "null", "{", "{\"a\"}", "{\"a\":1,}", "{\"a\":[}", "{} {}"}) {
    const auto result = top_level(text);
    ASSERT_FALSE(result.has_value()) << text;
    EXPECT_EQ(result.error().code, core::ErrorCode::invalid_json);
  }
}

TEST(Elements, AreTheTextsOfAnArray) {
  EXPECT_THAT(*elements(R"( [ 1 , {"a":[2]} ,"x", [] ] )"), ElementsAre("1", R"({"a":[2]})", "\"x\"", "[]"));
  EXPECT_TRUE(elements("[]")->empty());
  EXPECT_FALSE(elements("{}").has_value());
  EXPECT_FALSE(elements("[1,]").has_value());
}

TEST(Quote, IsReadBackByUnquoteAndByAParser) {
  std::string every;
  for (int c = 1; c < 0x80; ++c) every.push_back(static_cast<char>(c));
  for (const std::string& text : {std::string(), every, std::string("é\U0001F600\0x", 8)}) {
    EXPECT_EQ(unquote(quote(text)), text);
    EXPECT_EQ(parse(quote(text))->get<std::string>(), text);
  }
  EXPECT_EQ(quote("\xFF"), "\"\uFFFD\"");
}

TEST(Unquote, DecodesEscapesAndRefusesOtherLiterals) {
  EXPECT_EQ(unquote(R"("Aé€😀")"), "Aé€\U0001F600");
  EXPECT_EQ(unquote(R"("\uD83D\uDE00")"), "\U0001F600");
  EXPECT_EQ(unquote(R"("\ud83dA\ude00\ud83d\ud83d\ude00")"), "\uFFFDA\uFFFD\uFFFD\U0001F600");
  for (const char* text :
       {"", "\"", "1", "null", "[\"a\"]", "\"a\"b\"", "\"a", "\"\\u12\"", "\"\\q\"", " \"a\""}) {
    EXPECT_EQ(unquote(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace relayna::json
