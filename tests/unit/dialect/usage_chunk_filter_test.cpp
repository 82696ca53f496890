#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "relayna/dialect/dialect.hpp"

#include "unit/dialect/streams.hpp"

namespace relayna::dialect {
namespace {

const std::string kUsage =
    R"({"id":"c","model":"m","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}})";

/// Frames a filter passes, and how each reads.
const std::vector<std::string> kPassing = {
    R"({"choices":[{"index":0,"delta":{"content":"\"choices\":[],\"usage\":{}"}}],"usage":null})",
    R"({"choices":[{"index":0,"delta":{"role":"assistant","content":""}}],"usage":{"prompt_tokens":1}})",
    R"({"choices":[{"index":0,"delta":{"content":"x"}}],"usage":{"prompt_tokens":1}})",
    R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}})",
    R"({"choices":[{"index":0,"delta":{}},{"index":1,"delta":{"content":"x"}}],"usage":{"prompt_tokens":1}})",
    R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0}]}}],"usage":{"prompt_tokens":1}})",
    R"({"choices":[{"index":0,"delta":{},"content_filter_offsets":{"check_offset":0}}],"usage":{"a":1}})",
    R"({"choices":[{"index":0,"text":"x"}],"usage":{"prompt_tokens":1}})",
    R"({"choices":[{"index":0,"delta":{}}],"usage":null})",
    R"({"choices":[7],"usage":{"prompt_tokens":1}})",
    R"({"choices":[],"usage":null})",
    R"({"choices":[],"prompt_filter_results":[{"prompt_index":0}]})",
    R"({"choices":null,"usage":{"prompt_tokens":1}})",
    R"({"usage":{"prompt_tokens":1}})",
    R"({"choices":[],"x":{"usage":{"prompt_tokens":1}}})",
    R"({"choices":[],"usage":[]})",
    R"({"choices":[],"usage":{})",
    R"({"error":{"message":"x"}})",
    "[DONE]",
    "not json",
};

std::string frame(std::string_view data, const Wire& wire) {
  return std::string("data:").append(wire.after_colon).append(data).append(wire.end).append(wire.end);
}

std::string run(const std::vector<std::string_view>& parts) {
  UsageChunkFilter filter;
  std::string out;
  for (const std::string_view part : parts) out += filter.feed(part);
  out += filter.flush();
  return out;
}

struct Text {
  std::string in;
  std::string out;
};

Text stream(const Wire& wire) {
  Text text;
  const auto pass = [&text](std::string_view bytes) {
    text.in += bytes;
    text.out += bytes;
  };
  for (const std::string& data : kPassing) {
    if (wire.comments) pass(std::string(": keep-alive").append(wire.end).append(wire.end));
    pass(frame(data, wire));
  }
  text.in += frame(kUsage, wire);
  pass(frame("[DONE]", wire));
  return text;
}

TEST(UsageChunkFilter, DropsTheUsageChunkAndNothingElseCutAnywhere) {
  for (const Wire& wire : kWires) {
    const Text text = stream(wire);
    const std::string_view in = text.in;
    ASSERT_EQ(run({in}), text.out);
    for (std::size_t cut = 0; cut <= in.size(); ++cut) {
      ASSERT_EQ(run({in.substr(0, cut), in.substr(cut)}), text.out) << "cut at " << cut;
    }
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < in.size(); ++i) bytes.push_back(in.substr(i, 1));
    EXPECT_EQ(run(bytes), text.out);
  }
}

TEST(UsageChunkFilter, DropsAWholeFrameCutAtEveryPair) {
  for (const Wire& wire : kWires) {
    const std::string text = frame("a", wire) + frame(kUsage, wire) + frame("b", wire);
    const std::string expected = frame("a", wire) + frame("b", wire);
    const std::string_view in = text;
    for (std::size_t a = 0; a <= in.size(); ++a) {
      for (std::size_t b = a; b <= in.size(); ++b) {
        ASSERT_EQ(run({in.substr(0, a), in.substr(a, b - a), in.substr(b)}), expected) << a << " " << b;
      }
    }
  }
}

TEST(UsageChunkFilter, EveryRecordedStreamButItsUsageChunkIsUntouched) {
  for (const Recorded& recorded : recorded_streams()) {
    Recorded kept = recorded;
    std::erase_if(kept.frames, [](const std::string& frame) {
      return frame.find("\"choices\":[],\"usage\":{") != std::string::npos ||
             frame.find("\"delta\":{}}],\"usage\":{") != std::string::npos;
    });
    for (const Wire& wire : kWires) {
      const std::string in = on_the_wire(recorded, wire);
      // The comment before a dropped chunk is a frame of its own and stays.
      Wire plain = wire;
      plain.comments = false;
      EXPECT_EQ(run({on_the_wire(recorded, plain)}), on_the_wire(kept, plain)) << recorded.name;
      if (kept.frames.size() == recorded.frames.size()) EXPECT_EQ(run({in}), in) << recorded.name;
    }
  }
}

TEST(UsageChunkFilter, ChunksWithUnusualSpellingAreRecognised) {
  for (
      const char* data :
      {R"({ "usage" : { "prompt_tokens" : 1 } , "choices" : [ ] })", R"({"choices":[],"usage":{}})",
       R"({"choices":[],"object":"chat.completion.chunk","usage":{"prompt_tokens":1,"cost":0.1},"system_fingerprint":null})"}) {
    EXPECT_EQ(run({frame(data, kWires[0])}), "") << data;
  }
  EXPECT_EQ(run({"data: {\"choices\":[],\ndata: \"usage\":{}}\nid: 7\n\n"}), "");
  EXPECT_EQ(run({"\xEF\xBB\xBF"
                 "data: {\"choices\":[],\"usage\":{}}\n\ndata: x\n\n"}),
            "data: x\n\n");
}

TEST(UsageChunkFilter, AWholeFrameIsNotHeldBack) {
  UsageChunkFilter filter;
  EXPECT_EQ(filter.feed("data: a\n\ndata: b\n"), "data: a\n\n");
  EXPECT_EQ(filter.feed("\n"), "data: b\n\n");
  EXPECT_EQ(filter.feed("data: c\r\n\r"), "data: c\r\n\r");
  EXPECT_EQ(filter.feed("\n"), "\n");
  EXPECT_EQ(filter.flush(), "");
}

TEST(UsageChunkFilter, WhatIsUnfinishedComesOutWithTheFlush) {
  UsageChunkFilter filter;
  EXPECT_EQ(filter.feed("data: a\n\ndata: {\"choices\":[],\"usage\":{}}\n"), "data: a\n\n");
  EXPECT_EQ(filter.flush(), "data: {\"choices\":[],\"usage\":{}}\n");
  EXPECT_EQ(filter.flush(), "");
}

TEST(UsageChunkFilter, AFrameTooLongToBeAUsageChunkIsPassedOnAsItComes) {
  UsageChunkFilter filter;
  const std::string part(10'000, 'x');
  std::string in = "data: ";
  std::string out(filter.feed(in));
  for (int i = 0; i < 100; ++i) {
    in += part;
    out += filter.feed(part);
  }
  EXPECT_EQ(out, in);
  in += "\n\n";
  out += filter.feed("\n\n");
  EXPECT_EQ(out, in);
  EXPECT_EQ(filter.feed(frame(kUsage, kWires[0])), "");
}

}  // namespace
}  // namespace relayna::dialect
