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

TEST(StreamEstimate, AFrameWithContentIsAtLeastAToken) {
  std::string stream;
  for (int i = 0; i < 50; ++i) stream += chat_delta("word");
  EXPECT_EQ(estimate(Operation::chat_completions, stream), 50);
}

TEST(StreamEstimate, LongFramesCountByTheirText) {
  const std::string stream = chat_delta("a") + chat_delta(std::string(301, 'x'));
  EXPECT_EQ(estimate(Operation::chat_completions, stream), 2 + 100);
}

TEST(StreamEstimate, PingsAndTheLastEventsAreNotContent) {
  const std::string delta =
      "event: content_block_delta\n"
      R"(data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"four"}})"
      "\n\n";
  const std::string ping = "event: ping\ndata: {\"type\": \"ping\"}\n\n";
  const std::string stop = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
  EXPECT_EQ(estimate(Operation::messages, delta + ping + delta + ping + stop), 2);
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
  EXPECT_EQ(estimate(Operation::responses, delta + delta + done), 2);
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
