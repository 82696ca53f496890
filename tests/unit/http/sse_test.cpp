#include "relayna/http/sse.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace relayna::http {
namespace {

struct Event {
  std::string type;
  std::string data;
  friend bool operator==(const Event&, const Event&) = default;
  friend void PrintTo(const Event& e, std::ostream* out) { *out << e.type << "|" << e.data; }
};

struct Parsed {
  std::vector<Event> events;  ///< those with data
  std::string raw;            ///< of all frames
  std::size_t frames = 0;
  bool ok = true;
};

void feed(SseParser& parser, std::string_view bytes, Parsed& into) {
  into.ok = parser.feed(bytes, [&](const SseEvent& e) {
    ++into.frames;
    into.raw.append(e.raw);
    if (!e.data.empty()) into.events.push_back({std::string(e.type), std::string(e.data)});
  }) && into.ok;
}

Parsed parse(std::string_view stream) {
  SseParser parser;
  Parsed parsed;
  feed(parser, stream, parsed);
  parsed.raw.append(parser.pending());
  return parsed;
}

std::string with_line_ends(std::string_view lf, std::string_view end) {
  std::string out;
  for (const char c : lf) c == '\n' ? out.append(end) : out.append(1, c);
  return out;
}

const std::string kStream =
    "data: first\n\n"
    ": a comment\n\n"
    "event: message_start\ndata: {\"a\":1}\nid: 7\nretry: 10\n\n"
    "data:no space\n\n"
    "data:  two spaces\n\n"
    "data: line one\ndata: line two\ndata\n\n"
    "\n"
    "event: caf\xc3\xa9\ndata: \xe2\x82\xac and \xf0\x9f\x98\x80\n\n"
    "nonsense\nDATA: not data\n data: nor this\nevent: last\nevent: wins\ndata: :colon: inside\n\n"
    "data: [DONE]\n\n";

const std::vector<Event> kEvents = {
    {"", "first"},
    {"message_start", "{\"a\":1}"},
    {"", "no space"},
    {"", " two spaces"},
    {"", "line one\nline two\n"},
    {"caf\xc3\xa9", "\xe2\x82\xac and \xf0\x9f\x98\x80"},
    {"wins", ":colon: inside"},
    {"", "[DONE]"},
};

class SseSplit : public ::testing::TestWithParam<std::tuple<const char*, bool>> {};

TEST_P(SseSplit, AnywhereGivesTheSameEventsAndTheSameBytes) {
  const auto& [end, bom] = GetParam();
  const std::string stream = (bom ? "\xEF\xBB\xBF" : "") + with_line_ends(kStream, end);
  const Parsed whole = parse(stream);
  ASSERT_TRUE(whole.ok);
  EXPECT_EQ(whole.events, kEvents);
  EXPECT_EQ(whole.raw, stream);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    SseParser parser;
    Parsed parsed;
    feed(parser, std::string_view(stream).substr(0, cut), parsed);
    feed(parser, std::string_view(stream).substr(cut), parsed);
    EXPECT_EQ(parsed.events, kEvents) << "cut at " << cut;
    EXPECT_EQ(parsed.raw, stream) << "cut at " << cut;
    EXPECT_TRUE(parser.at_boundary());
  }
  SseParser parser;
  Parsed parsed;
  for (const char c : stream) feed(parser, {&c, 1}, parsed);
  EXPECT_EQ(parsed.events, kEvents);
  EXPECT_EQ(parsed.raw, stream);
}

INSTANTIATE_TEST_SUITE_P(LineEnds, SseSplit,
                         ::testing::Combine(::testing::Values("\n", "\r", "\r\n"), ::testing::Bool()));

TEST(Sse, MixedLineEndsAreLineEnds) {
  EXPECT_EQ(parse("data: a\r\ndata: b\rdata: c\n\r\ndata: d\r\n\n").events,
            (std::vector<Event>{{"", "a\nb\nc"}, {"", "d"}}));
}

TEST(Sse, AnEventIsNotLateBecauseItEndsInCr) {
  SseParser parser;
  Parsed parsed;
  feed(parser, "data: x\r\r", parsed);
  EXPECT_EQ(parsed.events.size(), 1U);
  EXPECT_TRUE(parser.at_boundary());
  feed(parser, "data: y\r\n\r", parsed);
  EXPECT_EQ(parsed.events.size(), 2U);
  feed(parser, "\n", parsed);
  EXPECT_EQ(parsed.frames, 3U) << "the LF that was still to come, alone";
  EXPECT_EQ(parsed.raw, "data: x\r\rdata: y\r\n\r\n");
  EXPECT_TRUE(parser.at_boundary());
}

TEST(Sse, FramesWithoutDataAreReportedForThoseWhoPassThemOn) {
  const Parsed parsed = parse(": keep-alive\n\n\n\nevent: ping\n\n");
  EXPECT_TRUE(parsed.events.empty());
  EXPECT_EQ(parsed.frames, 4U);
}

TEST(Sse, EmptyDataIsEmpty) {
  std::size_t frames = 0;
  SseParser parser;
  parser.feed("data\n\ndata:\n\n", [&](const SseEvent& e) {
    ++frames;
    EXPECT_EQ(e.data, "");
  });
  EXPECT_EQ(frames, 2U);
  EXPECT_EQ(parse("data\ndata\n\n").events, (std::vector<Event>{{"", "\n"}}));
}

TEST(Sse, ABomCountsOnlyAtTheBeginning) {
  EXPECT_EQ(parse("\xEF\xBB\xBF"
                  "data: a\n\n")
                .events.size(),
            1U);
  EXPECT_EQ(parse("data: a\n\n\xEF\xBB\xBF"
                  "data: b\n\n")
                .events,
            (std::vector<Event>{{"", "a"}}));
  EXPECT_EQ(parse("\xEF\xBB\xBF\n\ndata: a\n\n").events.size(), 1U);
}

TEST(Sse, AnUnfinishedFrameIsPendingNotDispatched) {
  SseParser parser;
  Parsed parsed;
  feed(parser, "data: a\n\nevent: x\ndata: b\n", parsed);
  EXPECT_EQ(parsed.events.size(), 1U);
  EXPECT_FALSE(parser.at_boundary());
  EXPECT_EQ(parser.pending(), "event: x\ndata: b\n");
}

TEST(Sse, AnEventThatOutgrowsTheLimitIsRefused) {
  const std::string big = "data: " + std::string(200, 'x');
  for (const std::string& stream : {big, big + "\n\n"}) {
    SseParser whole(100);
    Parsed parsed;
    feed(whole, stream, parsed);
    EXPECT_FALSE(parsed.ok);
    EXPECT_TRUE(parsed.events.empty());
    SseParser pieces(100);
    Parsed in_pieces;
    for (const char c : stream) {
      if (in_pieces.ok) feed(pieces, {&c, 1}, in_pieces);
    }
    EXPECT_FALSE(in_pieces.ok);
  }
  SseParser many(100);
  Parsed parsed;
  for (int i = 0; i < 100; ++i) feed(many, "data: " + std::string(80, 'y') + "\n\n", parsed);
  EXPECT_TRUE(parsed.ok);
  EXPECT_EQ(parsed.events.size(), 100U);
}

TEST(Sse, WritesWhatItReads) {
  std::string out;
  append_sse(out, "delta", "{\"x\":1}");
  append_sse(out, "", "[DONE]");
  EXPECT_EQ(out, "event: delta\ndata: {\"x\":1}\n\ndata: [DONE]\n\n");
  out.clear();
  append_sse(out, "", "a\nb\r\nc\rd");
  EXPECT_EQ(out, "data: a\ndata: b\ndata: c\ndata: d\n\n");
  EXPECT_EQ(parse(out).events, (std::vector<Event>{{"", "a\nb\nc\nd"}}));
  out.clear();
  append_sse(out, "", "");
  EXPECT_EQ(out, "data: \n\n");
}

}  // namespace
}  // namespace relayna::http
