#include "relayna/json/reader.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "relayna/json/scan.hpp"

namespace relayna::json {
namespace {

class ReaderTest : public ::testing::Test {
 protected:
  Value parse(std::string_view text) {
    const auto root = reader_.parse(text);
    EXPECT_TRUE(root.has_value()) << text << "\n" << (root ? "" : root.error().describe());
    return root ? *root : Value();
  }
  Reader reader_;
};

TEST_F(ReaderTest, ReadsEveryType) {
  const Value root =
      parse(R"({"n":null,"b":true,"i":-7,"r":1.5,"s":"a\u00e9\n","a":[1,"x"],"o":{"k":false}})");
  ASSERT_TRUE(root.object().has_value());
  EXPECT_EQ(root["n"].type(), Type::null);
  EXPECT_TRUE(root["n"].is_null() && root["n"].exists());
  EXPECT_EQ(root["b"].boolean(), true);
  EXPECT_EQ(root["i"].integer(), -7);
  EXPECT_EQ(root["i"].number(), -7.0);
  EXPECT_EQ(root["r"].number(), 1.5);
  EXPECT_EQ(root["r"].integer(), std::nullopt);
  EXPECT_EQ(root["s"].string(), "a\xC3\xA9\n");
  EXPECT_EQ(root["a"].type(), Type::array);
  EXPECT_EQ(root["o"]["k"].boolean(), false);
}

TEST_F(ReaderTest, WhatIsNotThereIsNothing) {
  const Value root = parse(R"({"a":[1],"s":"x"})");
  EXPECT_FALSE(root["x"].exists());
  EXPECT_TRUE(root["x"].is_null());
  EXPECT_FALSE(root["x"]["y"]["z"].exists());
  EXPECT_FALSE(root["a"]["b"].exists());
  EXPECT_EQ(root["s"].integer(), std::nullopt);
  EXPECT_EQ(root["s"].number(), std::nullopt);
  EXPECT_EQ(root["s"].boolean(), std::nullopt);
  EXPECT_EQ(root["a"].string(), std::nullopt);
  EXPECT_FALSE(root["a"].object() || root["s"].array());
  EXPECT_TRUE(root["s"].elements().empty() && root["s"].members().empty());
  EXPECT_EQ(Value().type(), Type::null);
  EXPECT_EQ(Value().string(), std::nullopt);
  EXPECT_TRUE(Value().elements().empty());
}

TEST_F(ReaderTest, WalksInOrderWithRepeatedKeys) {
  const Value root = parse(R"({"a":[[1,{"x":[]}],2,"3"],"b":{},"a":5})");
  std::vector<std::string> keys;
  for (const Field field : root.members()) keys.emplace_back(field.key);
  EXPECT_EQ(keys, (std::vector<std::string>{"a", "b", "a"}));
  EXPECT_EQ(root["a"].type(), Type::array) << "the first one counts";
  const Array elements = root["a"].elements();
  EXPECT_EQ(elements.size(), 3U);
  EXPECT_FALSE(elements.empty());
  std::vector<Type> types;
  for (const Value element : elements) types.push_back(element.type());
  EXPECT_EQ(types, (std::vector<Type>{Type::array, Type::number, Type::string}));
  EXPECT_TRUE(root["b"].members().empty());
  EXPECT_EQ(parse("[]").elements().size(), 0U);
}

TEST_F(ReaderTest, ScalarsAreDocuments) {
  EXPECT_EQ(parse(" 42 ").integer(), 42);
  EXPECT_EQ(parse("\"x\"").string(), "x");
  EXPECT_TRUE(parse("null").exists());
}

TEST_F(ReaderTest, NumbersOfAnySizeAreRead) {
  EXPECT_EQ(parse("9223372036854775807").integer(), 9223372036854775807);
  EXPECT_EQ(parse("-9223372036854775808").integer(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(parse("9223372036854775808").integer(), std::nullopt);
  EXPECT_EQ(parse("18446744073709551615").number(), 18446744073709551615.0);
  for (const char* huge :
       {"18446744073709551616", "123456789012345678901234567890", "1e999", "2E308", "1.5e+400"}) {
    EXPECT_EQ(parse(huge).number(), 1e308) << huge;
    EXPECT_EQ(parse(std::string("-") + huge).number(), -1e308) << huge;
    EXPECT_EQ(parse(huge).integer(), std::nullopt) << huge;
  }
  EXPECT_EQ(parse("1e-999").number(), 0.0);
  const Value mixed = parse(R"({"true":true,"x":[1e999,-7,"1e999 \" 5","\\"],"false":false})");
  EXPECT_EQ(mixed["true"].boolean(), true);
  EXPECT_EQ(mixed["x"].elements().size(), 4U);
  std::vector<std::string> strings;
  for (const Value element : mixed["x"].elements()) {
    if (const auto text = element.string()) strings.emplace_back(*text);
  }
  EXPECT_EQ(strings, (std::vector<std::string>{"1e999 \" 5", "\\"}));
}

TEST_F(ReaderTest, LoneSurrogatesBecomeTheReplacementCharacter) {
  EXPECT_EQ(parse(R"("a\ud83d")").string(), "a\xEF\xBF\xBD");
  EXPECT_EQ(parse(R"("\udc00b")").string(),
            "\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(parse(R"("\ud83d\ud83d\ude42\ude42")").string(), "\xEF\xBF\xBD\xF0\x9F\x99\x82\xEF\xBF\xBD");
  EXPECT_EQ(parse(R"(["\uD83Dx","\\ud83d", "\u00e9"])").elements().size(), 3U);
}

TEST_F(ReaderTest, ErrorsNameTheOffset) {
  for (const char* text :
       {"", " ", "{", "[1,]", "{\"a\":01}", "[1.]", "nul", "\"\\x\"", "\"\\u12\"", "[1] 2", "{\"a\" 1}",
        "\"\n\"", "\"\xC3\"", "[\"\\ud83d\", 01]", "[1e999", "\xEF\xBB\xBF{}"}) {
    const auto root = reader_.parse(std::string_view(text));
    ASSERT_FALSE(root.has_value()) << text;
    EXPECT_EQ(root.error().code, core::ErrorCode::invalid_json) << text;
    const auto valid = validate(text);
    ASSERT_FALSE(valid.has_value()) << text;
    EXPECT_EQ(root.error().public_message(), valid.error().public_message()) << text;
  }
}

TEST_F(ReaderTest, NestingIsLimitedTo256) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + "1" + std::string(depth, ']');
  };
  EXPECT_TRUE(reader_.parse(nested(256)).has_value());
  EXPECT_FALSE(reader_.parse(nested(257)).has_value());
  EXPECT_FALSE(reader_.parse(std::string(1'000'000, '[')).has_value());
  reader_.trim(0);
  EXPECT_FALSE(reader_.parse(nested(257)).has_value());
}

TEST_F(ReaderTest, IsUsedAgainAndMoved) {
  const std::string large = "[" + std::string(1 << 20, ' ') + "\"x\"]";
  EXPECT_EQ(parse(large).elements().size(), 1U);
  reader_.trim();
  EXPECT_FALSE(reader_.parse(std::string_view("{")).has_value());
  Reader moved = std::move(reader_);
  EXPECT_EQ((*moved.parse(core::Buffer(std::string_view(R"({"a":1})"))))["a"].integer(), 1);
}

}  // namespace
}  // namespace relayna::json
