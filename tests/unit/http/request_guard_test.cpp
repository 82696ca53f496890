#include <string>
#include <vector>

#include "unit/http/server_fixture.hpp"

namespace relayna::http {
namespace {

/// One request that two servers could read differently, or that nobody should serve.
struct Shape {
  const char* name;
  std::string bytes;
  int status;
  const char* code;
};

// What an attacker wants served as a second request. It must never be looked at.
const std::string kSmuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

std::string get(const std::string& fields) {
  return "GET /first HTTP/1.1\r\n" + fields + "\r\n";
}
std::string post(const std::string& fields, const std::string& body = {}) {
  return "POST /first HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" + body;
}

std::vector<Shape> shapes() {
  const char* bad = "malformed_http";
  const std::string chunks = "5\r\nhello\r\n0\r\n\r\n";
  return {
      // framing that means two things
      {"length and coding", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", chunks), 400, bad},
      {"coding and length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", chunks), 400, bad},
      {"coding twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunks), 400,
       bad},
      {"coding chunked, chunked", post("Transfer-Encoding: chunked, chunked\r\n", chunks), 400, bad},
      {"coding gzip", post("Transfer-Encoding: gzip\r\n", chunks), 400, bad},
      {"coding gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n", chunks), 400, bad},
      {"coding chunked, identity", post("Transfer-Encoding: chunked, identity\r\n", chunks), 400, bad},
      {"coding identity", post("Transfer-Encoding: identity\r\n"), 400, bad},
      {"coding xchunked", post("Transfer-Encoding: xchunked\r\n", chunks), 400, bad},
      {"coding quoted", post("Transfer-Encoding: \"chunked\"\r\n", chunks), 400, bad},
      {"coding with parameter", post("Transfer-Encoding: chunked;x=1\r\n", chunks), 400, bad},
      {"coding with trailing comma", post("Transfer-Encoding: chunked,\r\n", chunks), 400, bad},
      {"coding empty", post("Transfer-Encoding:\r\n", chunks), 400, bad},
      {"coding behind vertical tab",
       post("Transfer-Encoding: \x0b"
            "chunked\r\n",
            chunks),
       400, bad},
      {"coding on a folded line", post("Transfer-Encoding:\r\n chunked\r\n", chunks), 400, bad},
      {"space before the colon", post("Transfer-Encoding : chunked\r\n", chunks), 400, bad},
      {"tab before the colon", post("Content-Length\t: 5\r\n", "hello"), 400, bad},
      {"coding in HTTP/1.0", "POST /first HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks,
       400, bad},
      {"length twice, equal", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), 400, bad},
      {"length twice, different", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), 400, bad},
      {"length as a list", post("Content-Length: 5, 5\r\n", "hello"), 400, bad},
      {"length negative", post("Content-Length: -5\r\n", "hello"), 400, bad},
      {"length with plus", post("Content-Length: +5\r\n", "hello"), 400, bad},
      {"length hexadecimal", post("Content-Length: 0x5\r\n", "hello"), 400, bad},
      {"length with a space inside", post("Content-Length: 1 0\r\n", "hello"), 400, bad},
      {"length empty", post("Content-Length:\r\n", "hello"), 400, bad},
      {"length beyond 64 bits", post("Content-Length: 99999999999999999999\r\n", "hello"), 400, bad},
      {"length with a decimal point", post("Content-Length: 5.0\r\n", "hello"), 400, bad},
      // whom it is for
      {"no host", get(""), 400, bad},
      {"host twice", get("Host: a\r\nHost: b\r\n"), 400, bad},
      {"host twice, equal", get("Host: a\r\nHost: a\r\n"), 400, bad},
      {"host empty", get("Host:\r\n"), 400, bad},
      {"host with user", get("Host: user@a\r\n"), 400, bad},
      {"host with path", get("Host: a/b\r\n"), 400, bad},
      {"host as a list", get("Host: a, b\r\n"), 400, bad},
      {"host with a bad port", get("Host: a:8x\r\n"), 400, bad},
      {"host with too large a port", get("Host: a:65536\r\n"), 400, bad},
      {"host with an open bracket", get("Host: [::1\r\n"), 400, bad},
      // lines
      {"bare LF after the request line", "GET /first HTTP/1.1\nHost: h\r\n\r\n", 400, bad},
      {"bare LF after a field", get("Host: h\nX: y\r\n"), 400, bad},
      {"bare LF as the blank line", "GET /first HTTP/1.1\r\nHost: h\r\n\n", 400, bad},
      {"bare CR in a value", get("Host: h\r\nX: a\rb\r\n"), 400, bad},
      {"bare CR as a line end", get("Host: h\r\nX: a\rContent-Length: 5\r\n"), 400, bad},
      {"NUL in a value", get(std::string("Host: h\r\nX: a\0b\r\n", 17)), 400, bad},
      {"NUL in a name", get(std::string("Host: h\r\nX\0: b\r\n", 16)), 400, bad},
      {"folded value", get("Host: h\r\nX: a\r\n b\r\n"), 400, bad},
      {"folded by tab", get("Host: h\r\nX: a\r\n\tb\r\n"), 400, bad},
      {"white space before the first field", "GET /first HTTP/1.1\r\n Host: h\r\n\r\n", 400, bad},
      {"field without a colon", get("Host: h\r\nnonsense\r\n"), 400, bad},
      {"field without a name", get("Host: h\r\n: x\r\n"), 400, bad},
      {"brackets in a name", get("Host: h\r\nX[y]: x\r\n"), 400, bad},
      {"letter beyond ASCII in a name", get("Host: h\r\nX\xc3\xa9: x\r\n"), 400, bad},
      {"DEL in a value",
       get("Host: h\r\nX: a\x7f"
           "b\r\n"),
       400, bad},
      {"name too long", get("Host: h\r\n" + std::string(300, 'n') + ": x\r\n"), 400, bad},
      // the request line
      {"absolute form", "GET http://h/first HTTP/1.1\r\nHost: h\r\n\r\n", 400, bad},
      {"authority form", "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", 400, bad},
      {"asterisk for GET", "GET * HTTP/1.1\r\nHost: h\r\n\r\n", 400, bad},
      {"target without a slash", "GET first HTTP/1.1\r\nHost: h\r\n\r\n", 400, bad},
      {"fragment in the target", "GET /first#x HTTP/1.1\r\nHost: h\r\n\r\n", 400, bad},
      {"two spaces", "GET  /first HTTP/1.1\r\nHost: h\r\n\r\n", 400, bad},
      {"space in the target", "GET /fi rst HTTP/1.1\r\nHost: h\r\n\r\n", 400, bad},
      {"tab in the target", "GET /fi\trst HTTP/1.1\r\nHost: h\r\n\r\n", 400, bad},
      {"no version", "GET /first\r\nHost: h\r\n\r\n", 400, bad},
      {"HTTP/0.9", "GET /first HTTP/0.9\r\nHost: h\r\n\r\n", 400, bad},
      {"HTTP/1.2", "GET /first HTTP/1.2\r\nHost: h\r\n\r\n", 400, bad},
      {"HTTP/2.0", "GET /first HTTP/2.0\r\nHost: h\r\n\r\n", 400, bad},
      {"HTTP/11", "GET /first HTTP/11\r\nHost: h\r\n\r\n", 400, bad},
      {"lower-case http", "GET /first http/1.1\r\nHost: h\r\n\r\n", 400, bad},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, bad},
      {"bracket in the method", "G(T /first HTTP/1.1\r\nHost: h\r\n\r\n", 400, bad},
      {"method too long", std::string(40, 'M') + " /first HTTP/1.1\r\nHost: h\r\n\r\n", 400, bad},
      {"leading space", " GET /first HTTP/1.1\r\nHost: h\r\n\r\n", 400, bad},
      {"two empty lines before", "\r\n\r\nGET /first HTTP/1.1\r\nHost: h\r\n\r\n", 400, bad},
      {"TLS on a plain port", std::string("\x16\x03\x01\x02\x00\x01\x00", 7), 400, bad},
      // protocols and expectations
      {"upgrade to websocket", get("Host: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"), 501,
       "upgrade_unsupported"},
      {"upgrade to h2c",
       get("Host: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"),
       501, "upgrade_unsupported"},
      {"connection: upgrade alone", get("Host: h\r\nConnection: keep-alive, Upgrade\r\n"), 501,
       "upgrade_unsupported"},
      {"upgrade alone", get("Host: h\r\nUpgrade: h2c\r\n"), 501, "upgrade_unsupported"},
      {"unknown expectation", post("Content-Length: 5\r\nExpect: 200-ok\r\n", "hello"), 400, bad},
      {"expectation twice",
       post("Content-Length: 5\r\nExpect: 100-continue\r\nExpect: 100-continue\r\n", "hello"), 400, bad},
      // size
      {"too many fields",
       [] {
         std::string f = "Host: h\r\n";
         for (int i = 0; i < 100; ++i) f += "a: b\r\n";
         return get(f);
       }(),
       431, "request_head_too_large"},
      {"head too large", get("Host: h\r\nX: " + std::string(40'000, 'x') + "\r\n"), 431,
       "request_head_too_large"},
      {"declared body too large", post("Content-Length: 33554433\r\n"), 413, "request_body_too_large"},
  };
}

class SmugglingTest : public ServerTest, public ::testing::WithParamInterface<Shape> {};

TEST_P(SmugglingTest, IsRefusedAndNothingBehindItIsServed) {
  start();
  const Shape& shape = GetParam();
  const std::string answer = exchange(shape.bytes + kSmuggled);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + std::to_string(shape.status) + " ")) << answer;
  EXPECT_NE(answer.find(std::string("x-relayna-error: ") + shape.code), std::string::npos) << answer;
  EXPECT_NE(answer.find("Connection: close"), std::string::npos) << answer;
  EXPECT_EQ(count_of(answer, "HTTP/1.1 "), 1U) << answer;
  EXPECT_TRUE(handler.seen.empty()) << "the handler saw " << handler.seen.front().target;
  EXPECT_EQ(server->stats().refused_heads, 1U);
}

INSTANTIATE_TEST_SUITE_P(Table, SmugglingTest, ::testing::ValuesIn(shapes()),
                         [](const ::testing::TestParamInfo<Shape>& param) {
                           std::string name;
                           for (const char c : std::string(param.param.name)) {
                             name.push_back(std::isalnum(static_cast<unsigned char>(c)) ? c : '_');
                           }
                           return name;
                         });

/// A body whose framing breaks after the handler has begun: the error reaches the handler, and the connection
/// ends with that request.
struct BrokenBody {
  const char* name;
  std::string body;
};

class BrokenChunksTest : public ServerTest, public ::testing::WithParamInterface<BrokenBody> {};

TEST_P(BrokenChunksTest, EndsTheConnection) {
  start();
  const std::string answer = exchange(
      "POST /first HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + GetParam().body + kSmuggled);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << answer;
  EXPECT_EQ(count_of(answer, "HTTP/1.1 "), 1U) << answer;
  ASSERT_EQ(handler.seen.size(), 1U);
  EXPECT_EQ(handler.seen[0].error, "malformed_http");
}

INSTANTIATE_TEST_SUITE_P(
    Table, BrokenChunksTest,
    ::testing::Values(
        BrokenBody{"size_not_hex", "x\r\nhello\r\n0\r\n\r\n"},
        BrokenBody{"size_with_prefix", "0x5\r\nhello\r\n0\r\n\r\n"},
        BrokenBody{"size_with_sign", "+5\r\nhello\r\n0\r\n\r\n"},
        BrokenBody{"size_with_space", " 5\r\nhello\r\n0\r\n\r\n"},
        BrokenBody{"size_with_trailing_space", "5 \r\nhello\r\n0\r\n\r\n"},
        BrokenBody{"size_overflow", "fffffffffffffffff\r\nhello\r\n0\r\n\r\n"},
        BrokenBody{"size_empty", "\r\nhello\r\n0\r\n\r\n"},
        BrokenBody{"bare_lf_after_size", "5\nhello\r\n0\r\n\r\n"},
        BrokenBody{"bare_cr_after_size", "5\rxhello\r\n0\r\n\r\n"},
        BrokenBody{"data_longer_than_size", "5\r\nhello!\r\n0\r\n\r\n"},
        BrokenBody{"no_crlf_after_data", "5\r\nhello0\r\n\r\n\r\n"},
        BrokenBody{"bare_lf_after_data", "5\r\nhello\n0\r\n\r\n"},
        BrokenBody{"extension_too_long", "5;x=" + std::string(300, 'e') + "\r\nhello\r\n0\r\n\r\n"},
        BrokenBody{"extension_with_line_feed", "5;x=\"a\nb\"\r\nhello\r\n0\r\n\r\n"},
        BrokenBody{"extension_without_name", "5;=1\r\nhello\r\n0\r\n\r\n"},
        BrokenBody{"extension_never_ends", "5;" + std::string(70'000, 'e')},
        BrokenBody{"trailers_never_end", "0\r\nX: " + std::string(70'000, 'e')},
        BrokenBody{"trailer_changes_framing", "5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"},
        BrokenBody{"trailer_adds_a_length", "5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n"}),
    [](const auto& param) { return std::string(param.param.name); });

class GuardAcceptsTest : public ServerTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(GuardAcceptsTest, WhatHonestClientsSend) {
  start();
  const std::string answer = exchange(GetParam());
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  ASSERT_EQ(handler.seen.size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Table, GuardAcceptsTest,
    ::testing::Values(
        "GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "\r\nGET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET /x?a=b%20c&d=%2F HTTP/1.1\r\nhost: example.com:8080\r\nconnection: close\r\n\r\n",
        "GET /x HTTP/1.1\r\nHost: [2001:db8::1]:443\r\nConnection: close\r\n\r\n",
        "GET /x HTTP/1.1\r\nHost: under_score.local\r\nConnection: close\r\n\r\n", "GET /x HTTP/1.0\r\n\r\n",
        "GET /x HTTP/1.0\r\nHost: h\r\nExpect: 100-continue\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "POST /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        "POST /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n",
        "GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX:\r\nY: \t \r\nZ: caf\xc3\xa9\t!\r\n\r\n",
        "POST /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5;a=b;c=\"d e\";f\r\nhello\r\n000\r\nX-Trailer: 1\r\n\r\n"));

TEST_F(ServerTest, TrailersAreDropped) {
  start();
  exchange(
      "POST /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n0\r\nAuthorization: Bearer stolen\r\nX: y\r\n\r\n");
  ASSERT_EQ(handler.seen.size(), 1U);
  EXPECT_EQ(handler.seen[0].body, "hello");
  EXPECT_FALSE(handler.seen[0].fields.find("authorization"));
  EXPECT_FALSE(handler.seen[0].fields.find("x"));
}

}  // namespace
}  // namespace relayna::http
