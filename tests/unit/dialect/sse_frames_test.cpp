#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dialect/sse/frames.hpp"

namespace relayna::dialect::sse {
namespace {

using ::testing::ElementsAre;
using Parts = std::vector<std::string_view>;

std::vector<std::pair<std::string, std::string>> read(const Parts& parts, std::size_t max = 1 << 20) {
  FrameSplitter splitter(max);
  std::vector<std::pair<std::string, std::string>> events;
  std::string joined;
  for (std::string_view part : parts) {
    std::string_view frame;
    while (splitter.next(part, frame)) {
      const Fields fields = parse_fields(frame, joined);
      if (!fields.data.empty()) events.emplace_back(fields.event, fields.data);
    }
    EXPECT_TRUE(part.empty());
  }
  return events;
}

const auto kEvents = ElementsAre(std::pair<std::string, std::string>("", "one"),
                                 std::pair<std::string, std::string>("named", "two\nlines"),
                                 std::pair<std::string, std::string>("", " led by a space"),
                                 std::pair<std::string, std::string>("late", "named last"));

std::string stream(std::string_view end) {
  std::string text;
  for (const std::string_view line : {"data: one", "", ": a comment", "", "event: named", "id: 7", "data:two",
                                      "data: lines", "", "", "data:  led by a space", "retry: 10", "",
                                      "event: without data", "", "data: named last", "event:late", ""}) {
    text.append(line).append(end);
  }
  return text;
}

TEST(FrameSplitter, ReadsEveryLineEndCutInThreeAnywhere) {
  for (const std::string_view end : {"\n", "\r\n", "\r"}) {
    const std::string text = stream(end);
    EXPECT_THAT(read({text}), kEvents);
    for (std::size_t a = 0; a <= text.size(); ++a) {
      for (std::size_t b = a; b <= text.size(); ++b) {
        const std::string_view view = text;
        ASSERT_THAT(read({view.substr(0, a), view.substr(a, b - a), view.substr(b)}), kEvents)
            << "cut at " << a << " and " << b;
      }
    }
  }
}

TEST(FrameSplitter, ReadsByteByByte) {
  for (const std::string_view end : {"\n", "\r\n", "\r"}) {
    const std::string text = stream(end);
    Parts bytes;
    for (std::size_t i = 0; i < text.size(); ++i) bytes.push_back(std::string_view(text).substr(i, 1));
    EXPECT_THAT(read(bytes), kEvents);
  }
}

TEST(FrameSplitter, StripsAByteOrderMark) {
  EXPECT_THAT(read({"\xEF\xBB\xBF"
                    "data: x\n\n"}),
              ElementsAre(std::pair<std::string, std::string>("", "x")));
}

TEST(FrameSplitter, AnUnfinishedFrameIsNone) {
  EXPECT_TRUE(read({"data: x"}).empty());
  EXPECT_TRUE(read({"data: x\n"}).empty());
  EXPECT_TRUE(read({"data: x\r\n"}).empty());
}

TEST(FrameSplitter, KnowsWhereAFrameMayBePutBetween) {
  FrameSplitter splitter(100);
  std::string_view frame;
  const auto feed = [&](std::string_view bytes) {
    while (splitter.next(bytes, frame)) {
    }
    return splitter.at_boundary();
  };
  EXPECT_TRUE(splitter.at_boundary());
  EXPECT_FALSE(feed("d"));
  EXPECT_FALSE(feed("ata: x\n"));
  EXPECT_TRUE(feed("\n"));
  EXPECT_FALSE(feed("data: x\r\n"));
  EXPECT_TRUE(feed("\r"));
  EXPECT_TRUE(feed("\n"));
  EXPECT_TRUE(feed(""));
}

TEST(FrameSplitter, AFrameOverTheLimitIsDroppedAndTheNextOneRead) {
  const std::string big = "data: " + std::string(50, 'x') + "\n\n";
  const std::string text = "data: a\n\n" + big + "data: b\n\n";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    FrameSplitter splitter(40);
    std::vector<std::string> seen;
    for (std::string_view part :
         {std::string_view(text).substr(0, cut), std::string_view(text).substr(cut)}) {
      std::string_view frame;
      while (splitter.next(part, frame)) seen.emplace_back(frame);
    }
    EXPECT_THAT(seen, ElementsAre("data: a\n\n", "data: b\n\n"));
    EXPECT_TRUE(splitter.outgrown());
    EXPECT_EQ(splitter.largest(), big.size());
  }
}

TEST(FrameSplitter, CountsAnEndlessFrame) {
  FrameSplitter splitter(1000);
  const std::string part(100, 'x');
  for (int i = 1; i <= 100; ++i) {
    std::string_view bytes = part;
    std::string_view frame;
    EXPECT_FALSE(splitter.next(bytes, frame));
    EXPECT_EQ(splitter.outgrown(), i > 10);
    EXPECT_EQ(splitter.largest(), static_cast<std::size_t>(i) * 100);
  }
}

TEST(FrameScanner, GivesALateLfToTheFrameBefore) {
  FrameScanner scanner;
  EXPECT_EQ(scanner.scan("data: x\r\n\r"), 10U);
  EXPECT_FALSE(scanner.take_late_lf(""));
  EXPECT_TRUE(scanner.take_late_lf("\ndata"));
  EXPECT_FALSE(scanner.take_late_lf("\ndata"));
}

TEST(LeadingEvent, IsTheNameOfTheFirstLineOnly) {
  EXPECT_EQ(leading_event("event: ping\ndata: {}\n\n"), "ping");
  EXPECT_EQ(leading_event("event:ping\r\ndata: {}\r\n\r\n"), "ping");
  EXPECT_EQ(leading_event("event: ping"), "ping");
  EXPECT_EQ(leading_event("data: {}\nevent: ping\n\n"), "");
  EXPECT_EQ(leading_event("events: ping\n\n"), "");
  EXPECT_EQ(leading_event(""), "");
}

}  // namespace
}  // namespace relayna::dialect::sse
