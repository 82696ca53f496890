#include "dialect/sse/byte_scan.hpp"

#include <string>

#include <gtest/gtest.h>

namespace relayna::dialect::sse {
namespace {

TEST(FindLineEnd, FindsTheFirstOneAtEveryPlaceOfABlock) {
  for (std::size_t size = 0; size < 70; ++size) {
    const std::string plain(size, 'x');
    EXPECT_EQ(find_line_end(plain, 0), size);
    for (std::size_t at = 0; at < size; ++at) {
      for (const char end : {'\r', '\n'}) {
        std::string text = plain;
        text[at] = end;
        text.back() = '\n';
        EXPECT_EQ(find_line_end(text, 0), at);
        EXPECT_EQ(find_line_end(text, at), at);
      }
    }
  }
}

TEST(FindLineEnd, StartsWhereItIsTold) {
  EXPECT_EQ(find_line_end("\n\n\nab\r", 3), 5U);
  EXPECT_EQ(find_line_end("\n", 1), 1U);
}

TEST(FindMentions, FindsTheNamesAtEveryPlaceOfABlock) {
  for (std::size_t before = 0; before < 40; ++before) {
    for (std::size_t after = 0; after < 40; ++after) {
      const std::string text = std::string(before, 'x') + "\"usage\":1" + std::string(after, 'y');
      EXPECT_TRUE(find_mentions(text).usage) << before << " " << after;
      EXPECT_FALSE(find_mentions(text).error);
      const std::string other = std::string(before, 'x') + "\"error\":1" + std::string(after, 'y');
      EXPECT_TRUE(find_mentions(other).error) << before << " " << after;
      EXPECT_FALSE(find_mentions(other).usage);
    }
  }
}

TEST(FindMentions, NullIsNoMention) {
  for (const char* text : {R"({"usage":null})", R"({"usage" : null,"error": null})", R"({"usage"})",
                           R"(["usage"])", R"({"a":"usage"})", R"({"content":"\"usage\":{}"})",
                           R"({"usages":1,"eusage":{}})", R"("usage":)", R"("usage")"}) {
    const Mentions found = find_mentions(text);
    EXPECT_FALSE(found.error) << text;
    if (std::string_view(text) != R"("usage":)") EXPECT_FALSE(found.usage) << text;
  }
}

TEST(FindMentions, SeesPastWhiteSpaceAndPastAnEarlierNull) {
  EXPECT_TRUE(find_mentions("{\"usage\" \t:\r\n {}}").usage);
  EXPECT_TRUE(find_mentions(R"({"usage":null,"x_groq":{"id":"1"},"usage":{"prompt_tokens":1}})").usage);
  const Mentions both = find_mentions(R"({"error":{"message":"x"},"choices":[],"usage":{}})");
  EXPECT_TRUE(both.usage && both.error);
}

}  // namespace
}  // namespace relayna::dialect::sse
