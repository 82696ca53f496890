#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "http/body_reader.hpp"
#include "http/head_parser.hpp"
#include "http/head_scanner.hpp"
#include "unit/http/fake_stream.hpp"

namespace relayna::http {
namespace {

using Status = HeadScanner::Status;

const std::string kRequest =
    "POST /v1/x?q=1 HTTP/1.1\r\nHost: example.com\r\nX-A: one\r\nx-a:two\r\nX-Blank:\r\nX-Pad: \t padded "
    "value \t\r\n"
    "Content-Length: 5\r\n\r\n";

TEST(HeadScanner, FindsTheEndHoweverTheHeadIsCut) {
  const std::string stream = kRequest + "hello";
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    HeadScanner scanner;
    Status status = scanner.scan(std::string_view(stream).substr(0, cut));
    EXPECT_EQ(status, cut < kRequest.size() ? Status::need_more : Status::complete) << cut;
    if (status == Status::need_more) status = scanner.scan(stream);
    EXPECT_EQ(status, Status::complete);
    EXPECT_EQ(scanner.begin(), 0U);
    EXPECT_EQ(scanner.end(), kRequest.size());
    EXPECT_EQ(scanner.field_lines(), 6U);
  }
  HeadScanner scanner;
  for (std::size_t size = 0; size < kRequest.size(); ++size) {
    EXPECT_EQ(scanner.scan(std::string_view(kRequest).substr(0, size)), Status::need_more);
  }
  EXPECT_EQ(scanner.scan(kRequest), Status::complete);
}

TEST(HeadScanner, SkipsOneEmptyLineHoweverItIsCut) {
  const std::string stream = "\r\n" + kRequest;
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    HeadScanner scanner;
    scanner.scan(std::string_view(stream).substr(0, cut));
    if (cut < stream.size()) {
      EXPECT_EQ(scanner.scan(stream), Status::complete);
    }
    EXPECT_EQ(scanner.begin(), 2U);
    EXPECT_EQ(scanner.end(), stream.size());
  }
}

TEST(HeadScanner, SeesBadLinesHoweverTheyAreCut) {
  const std::pair<std::string, Status> heads[] = {
      {"GET / HTTP/1.1\nHost: h\r\n\r\n", Status::bare_line_feed},
      {"GET / HTTP/1.1\r\nHost: h\n\r\n", Status::bare_line_feed},
      {"GET / HTTP/1.1\r\nHost: h\r\n\n", Status::bare_line_feed},
      {"\nGET / HTTP/1.1\r\n\r\n", Status::bare_line_feed},
      {"GET / HTTP/1.1\r\nX: a\r\n b\r\n\r\n", Status::folded_line},
      {"GET / HTTP/1.1\r\n\tX: a\r\n\r\n", Status::folded_line},
      {"\r\r\nGET / HTTP/1.1\r\n\r\n", Status::not_http},
      {"\r\n\r\nGET / HTTP/1.1\r\n\r\n", Status::not_http},
      {"\x16\x03\x01", Status::not_http},
      {" GET / HTTP/1.1\r\n\r\n", Status::not_http},
  };
  for (const auto& [head, expected] : heads) {
    HeadScanner whole;
    EXPECT_EQ(whole.scan(head), expected) << head;
    HeadScanner bytewise;
    Status status = Status::need_more;
    for (std::size_t size = 0; size <= head.size() && status == Status::need_more; ++size) {
      status = bytewise.scan(std::string_view(head).substr(0, size));
    }
    EXPECT_EQ(status, expected) << head;
  }
}

TEST(RequestParser, PutsAHeadIntoFields) {
  RequestHead head;
  RequestParser parser(head, 100);
  ASSERT_FALSE(parser.parse_head(kRequest, 6));
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/v1/x?q=1");
  EXPECT_EQ(head.version, 11);
  EXPECT_EQ(head.fields.size(), 6U);
  EXPECT_EQ(head.fields.get("x-a"), "one");
  EXPECT_EQ(head.fields[2].name, "x-a");
  EXPECT_EQ(head.fields[2].value, "two");
  EXPECT_EQ(head.fields.get("x-blank"), "");
  EXPECT_EQ(head.fields.get("x-pad"), "padded value");
  EXPECT_EQ(parser.declared_left(), 5U);
  EXPECT_TRUE(parser.keeps_alive());
  EXPECT_FALSE(parser.done());
}

TEST(RequestParser, TakesALargeValue) {
  // Beast's own container gives up at 64 KiB and throws; ours has no such limit below the head's.
  RequestHead head;
  RequestParser parser(head, 100);
  const std::string raw = "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(59'000, 'v') + "\r\n\r\n";
  ASSERT_FALSE(parser.parse_head(raw, 2));
  EXPECT_EQ(head.fields.get("x").size(), 59'000U);
}

/// Everything a body reader yields when the bytes arrive in these pieces.
struct Read {
  std::string body;
  BodyStep::Kind last = BodyStep::Kind::wait;
  std::string left;
};

Read read_body(const std::string& fields, const std::vector<std::string>& pieces, bool close = false) {
  ResponseHead head;
  ResponseParser parser(head, 100);
  const std::string raw = "HTTP/1.1 200 OK\r\n" + fields + "\r\n";
  EXPECT_FALSE(parser.parse_head(raw, 4));
  Leftover leftover;
  BodyReader<ResponseParser> reader(parser, leftover);
  test::FakeStream stream;
  stream.ends = close;
  bool first = true;
  for (const auto& piece : pieces) {
    first ? leftover.replace(piece) : stream.incoming.push_back(piece);  // the first came with the head
    first = false;
  }
  std::vector<char> buffer(64 * 1024);
  Read read;
  BodyStep step = reader.step();
  for (;;) {
    read.last = step.kind;
    if (step.kind == BodyStep::Kind::data) {
      read.body.append(step.bytes);
      step = reader.step();
    } else if (step.kind == BodyStep::Kind::wait) {
      if (stream.incoming.empty() && (!stream.ends || stream.ended_seen)) break;
      step = reader.receive(stream, buffer);
    } else {
      break;
    }
  }
  read.left = leftover.view();
  return read;
}

TEST(BodyReader, ReadsChunksHoweverTheyAreCut) {
  const std::string chunks =
      "5\r\nhello\r\n1;ext=\"v\"\r\n \r\n00b\r\nbig wide wo\r\n3\r\nrld\r\n0;last\r\nT: 1\r\nU: 2\r\n\r\n";
  const std::string stream = chunks + "next";
  for (std::size_t a = 0; a <= stream.size(); ++a) {
    const Read read = read_body("Transfer-Encoding: chunked\r\n", {stream.substr(0, a), stream.substr(a)});
    EXPECT_EQ(read.body, "hello big wide world") << a;
    EXPECT_EQ(read.last, BodyStep::Kind::end) << a;
    EXPECT_TRUE(std::string_view("next").starts_with(read.left))
        << a << read.left;  // the rest stays in the stream
    if (a <= chunks.size() - 1 || a == stream.size()) {
      EXPECT_EQ(read.left, "next") << a;
    }
  }
  std::vector<std::string> bytes;
  for (const char c : chunks) bytes.emplace_back(1, c);
  const Read read = read_body("Transfer-Encoding: chunked\r\n", bytes);
  EXPECT_EQ(read.body, "hello big wide world");
  EXPECT_EQ(read.last, BodyStep::Kind::end);
}

TEST(BodyReader, ReadsADeclaredLengthHoweverItIsCut) {
  const std::string stream = "hello worldnext";
  for (std::size_t a = 0; a <= stream.size(); ++a) {
    const Read read = read_body("Content-Length: 11\r\n", {stream.substr(0, a), stream.substr(a)});
    EXPECT_EQ(read.body, "hello world") << a;
    EXPECT_EQ(read.last, BodyStep::Kind::end) << a;
    EXPECT_TRUE(std::string_view("next").starts_with(read.left)) << a << read.left;
  }
}

TEST(BodyReader, ReadsUntilTheEndOfTheStream) {
  const std::string stream = "hello world";
  for (std::size_t a = 0; a <= stream.size(); ++a) {
    const Read read = read_body("", {stream.substr(0, a), stream.substr(a)}, true);
    EXPECT_EQ(read.body, stream);
    EXPECT_EQ(read.last, BodyStep::Kind::end);
  }
}

TEST(BodyReader, EveryCutOffIsTruncation) {
  const std::string chunks = "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nT: 1\r\n\r\n";
  for (std::size_t size = 0; size < chunks.size(); ++size) {
    EXPECT_EQ(read_body("Transfer-Encoding: chunked\r\n", {chunks.substr(0, size)}, true).last,
              BodyStep::Kind::truncated)
        << size;
  }
  for (std::size_t size = 0; size < 11; ++size) {
    EXPECT_EQ(read_body("Content-Length: 11\r\n", {std::string(size, 'x')}, true).last,
              BodyStep::Kind::truncated);
  }
}

TEST(BodyReader, SeveralChunksOfOneReadAreOnePiece) {
  ResponseHead head;
  ResponseParser parser(head, 100);
  ASSERT_FALSE(parser.parse_head("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 1));
  Leftover leftover;
  BodyReader<ResponseParser> reader(parser, leftover);
  test::FakeStream stream;
  stream.incoming = {"2\r\nab\r\n3\r\ncde\r\n1\r\nf\r\n4\r\ngh"};
  std::vector<char> buffer(64 * 1024);
  const BodyStep step = reader.receive(stream, buffer);
  EXPECT_EQ(step.bytes, "abcdefgh");
  EXPECT_TRUE(leftover.empty()) << "nothing is held while a stream waits";
}

}  // namespace
}  // namespace relayna::http
