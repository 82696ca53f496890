#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "relayna/dialect/dialect.hpp"

namespace relayna::dialect {
namespace {

std::string chat_delta(std::string_view text) {
  return fmt::format(
      R"(data: {{"id":"c","object":"chat.completion.chunk","model":"m","choices":[{{"index":0,"delta":{{"content":"{}"}}}}]}})"
      "\n\n",
      text);
}

std::int64_t estimate(Operation operation, std::string_view stream) {
  UsageReader reader(operation, true);
  reader.feed(stream);
  return reader.estimated_output_tokens();
}

TEST(StreamEstimate, NothingStreamedIsNothing) {
  EXPECT_EQ(estimate(Operation::chat_completions, ""), 0);
  EXPECT_EQ(estimate(Operation::chat_completions, ": keep-alive\n\n"), 0);
}

TEST(StreamEstimate, AFrameWithTextIsAtLeastAToken) {
  std::string stream;
  for (int i = 0; i < 50; ++i) stream += chat_delta("a");
  EXPECT_EQ(estimate(Operation::chat_completions, stream), 50);
}

TEST(StreamEstimate, TextIsAThirdOfItsBytesHoweverLongTheFrames) {
  std::string stream;
  std::size_t bytes = 0;
  for (const std::string_view word :
       {"The", " quick", " brown", " fox", " jumps", " over", " understanding", "."}) {
    stream += chat_delta(word);
    bytes += word.size();
  }
  const std::string last =
      R"(data: {"id":"c","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})"
      "\n\n";
  EXPECT_EQ(estimate(Operation::chat_completions, stream + last), (static_cast<std::int64_t>(bytes) + 2) / 3);
}

TEST(StreamEstimate, PaddingIsNoText) {
  std::string stream;
  for (int i = 0; i < 9; ++i) {
    stream += fmt::format(
        R"(data: {{"id":"c","choices":[{{"index":0,"delta":{{"content":"abc"}}}}],"obfuscation":"{}"}})"
        "\n\n",
        std::string(static_cast<std::size_t>(40 - i), 'p'));
  }
  EXPECT_EQ(estimate(Operation::chat_completions, stream), 9);
}

TEST(StreamEstimate, WhatIsSaidUnderTwoNamesCountsOnce) {
  const std::string frame =
      R"(data: {"choices":[{"delta":{"content":"","reasoning":"abcdef","reasoning_details":[{"text":"abcdef"}]}}]})"
      "\n\n";
  EXPECT_EQ(estimate(Operation::chat_completions, frame + frame + frame), 6);
}

TEST(StreamEstimate, NamesInsideOfTheTextAreText) {
  const std::string frame = chat_delta(R"(\"content\":\"xyz\")");
  EXPECT_EQ(estimate(Operation::chat_completions, frame), 5) << "fifteen bytes";
}

TEST(StreamEstimate, EscapesCountAsTheCharactersTheyAre) {
  EXPECT_EQ(estimate(Operation::chat_completions, chat_delta(R"(\u4f60\u597d)")), 2);
  EXPECT_EQ(estimate(Operation::chat_completions, chat_delta(R"(\n\n\n\"\"\")")), 2);
}

TEST(StreamEstimate, ReadsSpacedJson) {
  EXPECT_EQ(estimate(Operation::chat_completions,
                     "data: {\"choices\": [{\"delta\": {\"content\": \"twelve bytes\"}}]}\n\n"),
            4);
}

TEST(StreamEstimate, ArgumentsOfToolsAreText) {
  const std::string call =
      R"(data: {"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\": 123}"}}]}}]})"
      "\n\n";
  EXPECT_EQ(estimate(Operation::chat_completions, call), 4);
}

TEST(StreamEstimate, WhatTheProviderCountsGoesBeforeIt) {
  const auto gemini = [](std::string_view text, int tokens) {
    return fmt::format(
        R"(data: {{"candidates":[{{"content":{{"parts":[{{"text":"{}"}}]}}}}],"usageMetadata":{{"promptTokenCount":5,"candidatesTokenCount":{}}}}})"
        "\n\n",
        text, tokens);
  };
  std::string stream = gemini(std::string(90, 'x'), 20);
  EXPECT_EQ(estimate(Operation::generate_content, stream), 20);
  stream += gemini(std::string(90, 'x'), 41);
  EXPECT_EQ(estimate(Operation::generate_content, stream), 41);
  stream += gemini(std::string(90, 'x'), 41);
  EXPECT_EQ(estimate(Operation::generate_content, stream), 41 + 30) << "a count that stands still is none";
}

TEST(StreamEstimate, TheLeastIsATokenForEightBytes) {
  UsageReader reader(Operation::chat_completions, true);
  reader.feed(chat_delta(std::string(80, 'x')) + chat_delta("y"));
  EXPECT_EQ(reader.least_output_tokens(), 10);
}

TEST(StreamEstimate, LongFramesCountByTheirText) {
  const std::string stream = chat_delta("a") + chat_delta(std::string(301, 'x'));
  EXPECT_EQ(estimate(Operation::chat_completions, stream), 101);
}

TEST(StreamEstimate, PingsAndTheLastEventsAreNotContent) {
  const std::string delta =
      "event: content_block_delta\n"
      R"(data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"four"}})"
      "\n\n";
  const std::string ping = "event: ping\ndata: {\"type\": \"ping\"}\n\n";
  const std::string stop = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
  EXPECT_EQ(estimate(Operation::messages, delta + ping + delta + ping + stop), 3) << "eight bytes";
}

TEST(StreamEstimate, ResponsesCountTheirDeltas) {
  const std::string delta =
      "event: response.output_text.delta\n"
      R"(data: {"type":"response.output_text.delta","sequence_number":4,"delta":"abcd"})"
      "\n\n";
  const std::string done =
      "event: response.output_text.done\n"
      R"(data: {"type":"response.output_text.done","sequence_number":6,"text":"abcdabcd"})"
      "\n\n";
  const std::string audio =
      "event: response.output_audio.delta\n"
      R"(data: {"type":"response.output_audio.delta","sequence_number":5,"delta":"UklGRiQAAABXQVZFZm10IBAAAAABAAEA"})"
      "\n\n";
  EXPECT_EQ(estimate(Operation::responses, delta + delta + done), 3) << "eight bytes";
  EXPECT_EQ(estimate(Operation::responses, audio), 1) << "sound is no text";
}

TEST(StreamEstimate, IsTheSameHoweverTheBytesAreCut) {
  std::string stream;
  for (int i = 0; i < 20; ++i) stream += chat_delta(std::string(static_cast<std::size_t>(i), 'y'));
  const std::int64_t whole = estimate(Operation::chat_completions, stream);
  UsageReader reader(Operation::chat_completions, true);
  for (const char byte : stream) reader.feed({&byte, 1});
  EXPECT_EQ(reader.estimated_output_tokens(), whole);
}

}  // namespace
}  // namespace relayna::dialect
