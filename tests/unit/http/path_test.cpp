#include "relayna/http/path.hpp"

#include <gtest/gtest.h>

namespace relayna::http {
namespace {

struct Good {
  const char* target;
  const char* path;
  const char* raw_path;
  const char* query;
};

class GoodTarget : public ::testing::TestWithParam<Good> {};

TEST_P(GoodTarget, IsTakenApart) {
  const auto target = parse_target(GetParam().target);
  ASSERT_TRUE(target) << target.error().describe();
  EXPECT_EQ(target->path, GetParam().path);
  EXPECT_EQ(target->raw_path, GetParam().raw_path);
  EXPECT_EQ(target->query, GetParam().query);
}

INSTANTIATE_TEST_SUITE_P(
    Table, GoodTarget,
    ::testing::Values(
        Good{"/", "/", "/", ""},
        Good{"/v1/chat/completions", "/v1/chat/completions", "/v1/chat/completions", ""},
        Good{"/v1/models?limit=2", "/v1/models", "/v1/models", "limit=2"}, Good{"/a?", "/a", "/a", ""},
        Good{"/?/../x//y", "/", "/", "/../x//y"}, Good{"/a?b?c=%2F%5c", "/a", "/a", "b?c=%2F%5c"},
        Good{"/%76%31/models", "/v1/models", "/%76%31/models", ""},
        Good{"/a%2Db%5Fc%7Ed", "/a-b_c~d", "/a%2Db%5Fc%7Ed", ""}, Good{"/a%2Eb", "/a.b", "/a%2Eb", ""},
        Good{"/a%20b", "/a%20b", "/a%20b", ""}, Good{"/a%3Ab", "/a%3Ab", "/a%3Ab", ""},
        Good{"/%252e%252e/x", "/%252e%252e/x", "/%252e%252e/x", ""}, Good{"/%252F", "/%252F", "/%252F", ""},
        Good{"/v1beta/models/gemini:generateContent", "/v1beta/models/gemini:generateContent",
             "/v1beta/models/gemini:generateContent", ""},
        Good{"/caf%C3%A9", "/caf%C3%A9", "/caf%C3%A9", ""},
        Good{"/caf\xc3\xa9", "/caf\xc3\xa9", "/caf\xc3\xa9", ""}, Good{"/a/", "/a/", "/a/", ""},
        Good{"/...", "/...", "/...", ""}, Good{"/.well-known/x", "/.well-known/x", "/.well-known/x", ""},
        Good{"/..a/b..", "/..a/b..", "/..a/b..", ""}, Good{"/a;p=1/b", "/a;p=1/b", "/a;p=1/b", ""},
        Good{"/a+b&c=d,e!$'()*@", "/a+b&c=d,e!$'()*@", "/a+b&c=d,e!$'()*@", ""}));

class BadTarget : public ::testing::TestWithParam<std::string> {};

TEST_P(BadTarget, IsRefused) {
  const auto target = parse_target(GetParam());
  ASSERT_FALSE(target) << target->path;
  EXPECT_EQ(target.error().code, core::ErrorCode::invalid_path);
  EXPECT_FALSE(target.error().message.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadTarget,
    ::testing::Values("", "*", "v1/models", "http://h/v1", "h:443", "?x",            // not origin-form
                      "//", "//v1/models", "/v1//models", "/v1/models//", "/a/%2F",  // segments
                      "/.", "/..", "/./a", "/../a", "/a/.", "/a/..", "/a/./b", "/a/../b", "/a/%2e",
                      "/a/%2E%2e/b", "/%2e%2e/admin", "/a/.%2e/b", "/a/..;/b", "/a/.;x=y/b", "/..;", "/a%2Fb",
                      "/a%2fb", "/a%5Cb", "/a%5cb", "/a\\b",  // slashes of another kind
                      "/a%00b", "/a%0Ab", "/a%0d", "/a%7F", std::string("/a\0b", 4), "/a\tb", "/a\x7f", "/a%",
                      "/a%2", "/a%zz", "/a%2x", "/%", "/a%%20",  // escapes
                      "/%ff", "/%C3", "/%C3%28", "/%ED%A0%80", "/%C0%AF", "/\xc3", "/%F5%80%80%80",  // UTF-8
                      "/a#b", "/a?b#c", "/a?b c", std::string("/a?b\0c", 6), "/a?b\nc"));

TEST(ParseTarget, SplitsNothingIntoTwoMeanings) {
  // Decoding once more must not find anything new that this refuses to see.
  for (int byte = 0; byte < 256; ++byte) {
    char escape[8];
    std::snprintf(escape, sizeof escape, "/a%%%02X", byte);
    const auto target = parse_target(escape);
    const bool refused = byte < 0x20 || byte == 0x7f || byte == '/' || byte == '\\' || byte >= 0x80;
    EXPECT_EQ(!target, refused) << escape;
    if (target) {
      const char c = static_cast<char>(byte);
      const bool unreserved = std::isalnum(byte) || c == '-' || c == '.' || c == '_' || c == '~';
      EXPECT_EQ(target->path, unreserved ? std::string("/a") + c : std::string(escape));
    }
  }
}

}  // namespace
}  // namespace relayna::http
