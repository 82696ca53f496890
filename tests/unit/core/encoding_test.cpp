#include "relayna/core/encoding.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace relayna::core {
namespace {

using namespace std::string_literals;

std::string all_bytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

TEST(Hex, GoesBothWays) {
  const std::array<std::uint8_t, 4> bytes{0x00, 0x0f, 0xa5, 0xff};
  EXPECT_EQ(to_hex(bytes), "000fa5ff");
  EXPECT_EQ(from_hex("000fa5ff"), "\x00\x0f\xa5\xff"s);
  EXPECT_EQ(from_hex("000FA5Ff"), "\x00\x0f\xa5\xff"s);
  EXPECT_EQ(from_hex(""), "");
}

TEST(Hex, RefusesOddLengthsAndOtherCharacters) {
  for (const char* text : {"0", "0g", "g0", " 0", "0x"}) EXPECT_EQ(from_hex(text), std::nullopt) << text;
}

TEST(Base64, MatchesRfc4648) {
  const std::vector<std::pair<std::string, std::string>> vectors{{"", ""},
                                                                 {"f", "Zg=="},
                                                                 {"fo", "Zm8="},
                                                                 {"foo", "Zm9v"},
                                                                 {"foob", "Zm9vYg=="},
                                                                 {"fooba", "Zm9vYmE="},
                                                                 {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(to_base64(plain), encoded);
    EXPECT_EQ(from_base64(encoded), plain);
  }
}

TEST(Base64, RoundTripsEveryByteAndLength) {
  const std::string bytes = all_bytes();
  for (std::size_t length = 0; length <= bytes.size(); ++length) {
    const std::string part = bytes.substr(0, length);
    ASSERT_EQ(from_base64(to_base64(part)), part);
  }
}

TEST(Base64, RefusesWhatIsNotCanonical) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "Z===", "====", "Zh==", "Zm9=", "Zg==Zg==", "Zm9v\n", "Zm-_",
                           "Zm 9", "=Zg=", "Z=g="}) {
    EXPECT_EQ(from_base64(text), std::nullopt) << text;
  }
}

TEST(PercentDecode, DecodesOnce) {
  EXPECT_EQ(percent_decode("/a%20b%2Fc%2fd"), "/a b/c/d");
  EXPECT_EQ(percent_decode("%2541"), "%41");
  EXPECT_EQ(percent_decode("%00%ff"), "\0\xff"s);
  EXPECT_EQ(percent_decode("a+b"), "a+b");
}

TEST(PercentDecode, RefusesBrokenEscapes) {
  for (const char* text : {"%", "%4", "a%", "a%4", "%4g", "%g4", "%%41", "%-1"}) {
    EXPECT_EQ(percent_decode(text), std::nullopt) << text;
  }
}

TEST(ValidUtf8, AcceptsTheEdgesOfEveryRange) {
  for (const char* text :
       {"", "plain", "\x7f", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xEC\xBF\xBF", "\xED\x9F\xBF",
        "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF",
        "mixed \xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80 text long enough for words"}) {
    EXPECT_TRUE(valid_utf8(text)) << text;
  }
}

TEST(ValidUtf8, RefusesWhatIsNotAtAnyPlace) {
  const std::vector<std::string> bad{"\x80",
                                     "\xBF",
                                     "\xC0\x80",
                                     "\xC1\xBF",
                                     "\xC2",
                                     "\xC2\x41",
                                     "\xE0\x9F\xBF",
                                     "\xE0\xA0",
                                     "\xED\xA0\x80",
                                     "\xEF\xBF",
                                     "\xF0\x8F\xBF\xBF",
                                     "\xF0\x90\x80",
                                     "\xF4\x90\x80\x80",
                                     "\xF5\x80\x80\x80",
                                     "\xFE",
                                     "\xFF"};
  for (const std::string& sequence : bad) {
    for (std::size_t before = 0; before < 20; ++before) {
      EXPECT_FALSE(valid_utf8(std::string(before, 'x') + sequence)) << before;
      EXPECT_FALSE(valid_utf8(std::string(before, 'x') + sequence + std::string(20, 'y'))) << before;
    }
  }
}

TEST(AppendJsonString, EscapesWhatJsonForbidsAndNothingElse) {
  std::string out = "before ";
  append_json_string(out, "a\"b\\c/d\b\f\n\r\t\x01\x1f\x7f\xC3\xA9"s + '\0');
  EXPECT_EQ(out, "before \"a\\\"b\\\\c/d\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\xC3\xA9\\u0000\"");
}

TEST(AppendJsonString, ReplacesWhatIsNotUtf8) {
  std::string out;
  append_json_string(out, "a\xFF\xE2\x82z\xED\xA0\x80");
  EXPECT_TRUE(valid_utf8(out));
  EXPECT_EQ(out, "\"a\uFFFD\uFFFD\uFFFDz\uFFFD\uFFFD\uFFFD\"");
}

TEST(Ascii, ComparesLowersAndTrims) {
  EXPECT_TRUE(iequals("Content-Type", "content-TYPE"));
  EXPECT_FALSE(iequals("abc", "abcd"));
  EXPECT_FALSE(iequals("[", "{"));
  EXPECT_FALSE(iequals("\xC3\x84", "\xC3\xA4")) << "only ASCII has cases here";
  EXPECT_EQ(to_lower("A-Z[\xC3\x84"), "a-z[\xC3\x84");
  EXPECT_EQ(trim(" \t\r\n a b \v\f"), "a b");
  EXPECT_EQ(trim(" \t"), "");
  EXPECT_EQ(trim(""), "");
}

}  // namespace
}  // namespace relayna::core
