#include <gtest/gtest.h>

#include "http/request_guard.hpp"
#include "http/response_head.hpp"
#include "http/server_context.hpp"

namespace relayna::http {
namespace {

using Kind = Framing::Kind;

TEST(FrameResponse, FollowsStatusMethodAndVersion) {
  const auto kind = [](int status, bool head, int version, bool body, std::optional<std::uint64_t> length) {
    return frame_response(status, head, version, body, length).kind;
  };
  EXPECT_EQ(kind(200, false, 11, true, 5), Kind::length);
  EXPECT_EQ(kind(200, false, 11, true, std::nullopt), Kind::chunked);
  EXPECT_EQ(kind(200, false, 10, true, std::nullopt), Kind::until_close);
  EXPECT_EQ(kind(200, false, 10, true, 5), Kind::length);
  EXPECT_EQ(kind(200, false, 11, false, std::nullopt), Kind::length);
  EXPECT_EQ(kind(200, true, 11, true, 5), Kind::length);
  EXPECT_EQ(kind(200, true, 11, true, std::nullopt), Kind::none);
  EXPECT_EQ(kind(200, true, 11, false, std::nullopt), Kind::none);
  EXPECT_EQ(kind(204, false, 11, true, 5), Kind::none);
  EXPECT_EQ(kind(304, false, 11, true, 5), Kind::none);
  EXPECT_EQ(frame_response(200, false, 11, true, 5).length, 5U);
}

TEST(ResponseHead, HasAStatusLineForEveryStatus) {
  std::string out;
  for (const auto& [status, line] : {std::pair{200, "HTTP/1.1 200 OK\r\n"},
                                     {404, "HTTP/1.1 404 Not Found\r\n"},
                                     {529, "HTTP/1.1 529 Overloaded\r\n"},
                                     {799, "HTTP/1.1 799 Unknown\r\n"}}) {
    ResponseHead head;
    head.status = status;
    write_response_head(out, head, {}, Persistence::implicit, "D");
    EXPECT_EQ(out, std::string(line) + "Date: D\r\n\r\n");
  }
}

TEST(ResponseHead, LeavesOutEveryFieldThatBreaksItsLine) {
  for (const std::string& bad :
       {std::string("a\r\nb"), std::string("a\nb"), std::string("a\rb"), std::string("a\0b", 3)}) {
    ResponseHead head;
    head.fields.add("good", "1");
    head.fields.add("bad", bad);
    head.fields.add(bad, "x");
    head.fields.add("also-good", "2");
    std::string out;
    write_response_head(out, head, {}, Persistence::close, "D");
    EXPECT_EQ(out, "HTTP/1.1 200 OK\r\ngood: 1\r\nalso-good: 2\r\nDate: D\r\nConnection: close\r\n\r\n");
  }
}

TEST(DateCache, WritesImfFixdate) {
  DateCache cache;
  using namespace std::chrono;
  const core::SystemTime example = sys_days{year{1994} / 11 / 6} + 8h + 49min + 37s;
  cache.update(example);
  EXPECT_EQ(cache.text(), "Sun, 06 Nov 1994 08:49:37 GMT");
  cache.update(example + 999'999us);
  EXPECT_EQ(cache.text(), "Sun, 06 Nov 1994 08:49:37 GMT");
  cache.update(example + 1s);
  EXPECT_EQ(cache.text(), "Sun, 06 Nov 1994 08:49:38 GMT");
  cache.update(sys_days{year{2028} / 2 / 29} + 23h + 59min + 59s);
  EXPECT_EQ(cache.text(), "Tue, 29 Feb 2028 23:59:59 GMT");
  cache.update(core::SystemTime{});
  EXPECT_EQ(cache.text(), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(ValidHost, TakesNamesAndLiterals) {
  for (const char* host :
       {"a", "example.com", "EXAMPLE.com:443", "1.2.3.4:1", "[::1]", "[fe80::1]:65535", "a_b-c~d", "h:0"}) {
    EXPECT_TRUE(valid_host(host)) << host;
  }
  for (const char* host : {"",     ":80",         "a:",  "a:b",  "a:123456", "a:65536", "a b",    "a/b",
                           "u@h",  "a,b",         "[]",  "[::1", "::1",      "[::1]x",  "[::1]:", "[g::]",
                           "a\tb", "caf\xc3\xa9", "%61", "h?x",  "h#x",      "a:80:90"}) {
    EXPECT_FALSE(valid_host(host)) << host;
  }
}

}  // namespace
}  // namespace relayna::http
