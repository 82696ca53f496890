#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "relayna/json/scan.hpp"

namespace relayna::json {
namespace {

const std::vector<std::string> kKeys{"usage", "model", "id"};

/// What a capture ends with, to compare one splitting with another.
struct Outcome {
  std::vector<std::optional<std::string>> values;
  bool plausible = false;
  bool complete = false;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome outcome_of(const StreamingCapture& capture) {
  Outcome outcome{{}, capture.plausible(), capture.complete()};
  for (const std::string& key : kKeys) {
    const auto value = capture.value(key);
    outcome.values.push_back(value ? std::optional(std::string(*value)) : std::nullopt);
  }
  return outcome;
}

Outcome capture(const std::vector<std::string_view>& pieces, std::size_t max = 64 * 1024) {
  StreamingCapture capture(kKeys, max);
  for (const std::string_view piece : pieces) capture.feed(piece);
  return outcome_of(capture);
}

const std::string kAnswer =
    " {\"id\" : \"chat\\\"cmpl\\\\\" ,\n\"choices\":[{\"message\":{\"content\":\"a \\\"usage\\\": {} "
    "\\\\\",\"x\":[[]]}}],"
    "\"usage\":{\"prompt_tokens\":12,\"d\":{\"t\":\"}\\\"]\",\"n\":null}}, "
    "\"u\\u0073age2\":-1.5e+3,\"mod\\u0065l\":"
    "\"gpt-\xE2\x82\xAC\" , \"n\":true,\"e\":{}}\r\n";

TEST(StreamingCapture, FindsTopLevelMembersOnly) {
  const Outcome outcome = capture({kAnswer});
  EXPECT_TRUE(outcome.plausible);
  EXPECT_TRUE(outcome.complete);
  EXPECT_EQ(outcome.values[0], R"({"prompt_tokens":12,"d":{"t":"}\"]","n":null}})");
  EXPECT_EQ(outcome.values[1], "\"gpt-\xE2\x82\xAC\"");
  EXPECT_EQ(outcome.values[2], R"("chat\"cmpl\\")");
}

TEST(StreamingCapture, IsTheSameHoweverItIsCut) {
  const std::string_view text = kAnswer;
  const Outcome whole = capture({text});
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < text.size(); ++i) bytes.push_back(text.substr(i, 1));
  EXPECT_EQ(capture(bytes), whole);
  for (std::size_t first = 0; first <= text.size(); ++first) {
    for (std::size_t second = first; second <= text.size(); ++second) {
      ASSERT_EQ(capture({text.substr(0, first), text.substr(first, second - first), text.substr(second)}),
                whole)
          << first << " " << second;
    }
  }
}

TEST(StreamingCapture, ScalarsEndAtWhateverFollows) {
  for (const char* after : {"}", ",\"a\":1}", " }", "\n,\"a\":1}"}) {
    for (const char* value : {"0", "-12.5e+7", "true", "null", "\"\"", "[]", "{}"}) {
      const std::string text = std::string("{\"usage\":") + value + after;
      EXPECT_EQ(capture({text}).values[0], value) << text;
      EXPECT_TRUE(capture({text}).complete) << text;
    }
  }
}

TEST(StreamingCapture, ValuesThatHaveNotEndedAreNotThere) {
  for (const char* text :
       {"{\"usage\":12", "{\"usage\":\"x", "{\"usage\":{\"a\":1", "{\"usage\":", "{\"usage\"", "{", ""}) {
    const Outcome outcome = capture({text});
    EXPECT_EQ(outcome.values[0], std::nullopt) << text;
    EXPECT_TRUE(outcome.plausible) << text;
    EXPECT_FALSE(outcome.complete) << text;
  }
}

TEST(StreamingCapture, TheLastOfRepeatedMembersCounts) {
  EXPECT_EQ(capture({R"({"usage":1,"usage":2})"}).values[0], "2");
  EXPECT_EQ(capture({R"({"usage":1,"usage":)"}).values[0], std::nullopt);
}

TEST(StreamingCapture, DropsValuesAndKeysThatAreTooLong) {
  const std::string ten = "\"12345678\"";
  EXPECT_EQ(capture({"{\"usage\":" + ten + "}"}, 10).values[0], ten);
  const std::string text = "{\"usage\":" + ten + ",\"id\":\"123456789\",\"model\":1,\"usage\":[1,2,3,4,5]}";
  const Outcome outcome = capture({text}, 10);
  EXPECT_EQ(outcome.values[0], std::nullopt) << "the last one was too long";
  EXPECT_EQ(outcome.values[1], "1");
  EXPECT_EQ(outcome.values[2], std::nullopt);
  EXPECT_TRUE(outcome.complete);
  const std::string long_key(100'000, 'k');
  EXPECT_EQ(capture({"{\"" + long_key + "\":1,\"usage\":2}"}).values[0], "2");
}

TEST(StreamingCapture, EscapedSpellingsOfAKeyAreTheKey) {
  EXPECT_EQ(capture({R"({"\u0075\u0073\u0061\u0067\u0065":1})"}).values[0], "1");
  EXPECT_EQ(capture({R"({"\u0075\u0073\u0061\u0067\u006":1,"id":2})"}).values[0], std::nullopt);
  EXPECT_EQ(capture({R"({"\u0075\u0073\u0061\u0067\u006":1,"id":2})"}).values[2], "2");
}

TEST(StreamingCapture, SaysWhenItIsNoObject) {
  for (const char* text : {"[1]", "x", "<html>", "data: {}", "{,", "{\"a\"1", "{\"a\":,", "{\"a\":1;",
                           "{1:2}", "{\"a\":1,}", "{} {", "{}x", "{\"a\":]"}) {
    EXPECT_FALSE(capture({text}).plausible) << text;
  }
  EXPECT_TRUE(capture({"{} \n"}).plausible);
}

TEST(StreamingCapture, KeepsWhatItFoundBeforeTheTextBroke) {
  const Outcome outcome = capture({R"({"usage":{"a":1},oops)"});
  EXPECT_FALSE(outcome.plausible);
  EXPECT_EQ(outcome.values[0], R"({"a":1})");
}

}  // namespace
}  // namespace relayna::json
