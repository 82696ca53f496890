#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "relayna/dialect/dialect.hpp"
#include "relayna/json/document.hpp"

#include "unit/dialect/streams.hpp"

namespace relayna::dialect {

namespace {

void expect_result(const UsageReader& reader, const Recorded& stream, const std::string& how) {
  EXPECT_EQ(reader.usage(), stream.usage) << stream.name << how;
  EXPECT_EQ(reader.saw_content(), stream.content) << stream.name << how;
  EXPECT_EQ(reader.finished(), stream.finished) << stream.name << how;
  EXPECT_EQ(reader.saw_error(), stream.error) << stream.name << how;
  EXPECT_TRUE(reader.at_boundary()) << stream.name << how;
}

TEST(UsageStream, ReadsEveryRecordedStreamCutAtEveryByte) {
  for (const Recorded& stream : recorded_streams()) {
    for (const Wire& wire : kWires) {
      const std::string text = on_the_wire(stream, wire);
      for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        UsageReader reader(stream.operation, true);
        reader.feed(std::string_view(text).substr(0, cut));
        reader.feed(std::string_view(text).substr(cut));
        expect_result(reader, stream, ", cut at " + std::to_string(cut));
        if (::testing::Test::HasFailure()) return;
      }
    }
  }
}

TEST(UsageStream, ReadsEveryRecordedStreamByteByByte) {
  for (const Recorded& stream : recorded_streams()) {
    for (const Wire& wire : kWires) {
      const std::string text = on_the_wire(stream, wire);
      UsageReader reader(stream.operation, true);
      for (const char c : text) reader.feed({&c, 1});
      expect_result(reader, stream, ", byte by byte");
    }
  }
}

TEST(UsageStream, ReadsShortStreamsCutAtEveryPair) {
  for (const Recorded& stream : recorded_streams()) {
    const std::string text = on_the_wire(stream, kWires[1]);
    if (text.size() > 250) continue;
    for (std::size_t a = 0; a <= text.size(); ++a) {
      for (std::size_t b = a; b <= text.size(); ++b) {
        UsageReader reader(stream.operation, true);
        reader.feed(std::string_view(text).substr(0, a));
        reader.feed(std::string_view(text).substr(a, b - a));
        reader.feed(std::string_view(text).substr(b));
        expect_result(reader, stream, ", cut at " + std::to_string(a) + " and " + std::to_string(b));
        if (::testing::Test::HasFailure()) return;
      }
    }
  }
}

TEST(UsageStream, DataOnSeveralLinesIsJoined) {
  UsageReader reader(Operation::chat_completions, true);
  reader.feed("data: {\"choices\":[],\ndata: \"usage\":\ndata: {\"prompt_tokens\":5}}\n\n");
  EXPECT_EQ(reader.usage().input, 5);
}

TEST(UsageStream, ContentIsSeenWithTheFrameThatCarriesIt) {
  UsageReader reader(Operation::chat_completions, true);
  reader.feed("data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n");
  EXPECT_FALSE(reader.saw_content());
  reader.feed("data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n");
  EXPECT_FALSE(reader.saw_content());
  reader.feed("\n");
  EXPECT_TRUE(reader.saw_content());
}

TEST(UsageStream, WithoutItsLastEventAStreamIsNotFinished) {
  for (const Recorded& stream : recorded_streams()) {
    if (!stream.finished) continue;
    Recorded shorter = stream;
    shorter.frames.pop_back();
    UsageReader reader(stream.operation, true);
    reader.feed(on_the_wire(shorter, kWires[0]));
    EXPECT_FALSE(reader.finished()) << stream.name;
  }
}

TEST(UsageStream, MalformedFramesAndCountsAreIgnored) {
  UsageReader reader(Operation::chat_completions, true);
  reader.feed("data: {\"usage\":{\"prompt_tokens\":\n\n");
  reader.feed("data: {\"usage\":[1]}\n\ndata: \"usage\"\n\ndata: [{\"usage\":{}}]\n\n");
  reader.feed(
      "data: {\"usage\":{\"prompt_tokens\":-1,\"completion_tokens\":\"5\",\"total_tokens\":1.5}}\n\n");
  reader.feed("data: {\"usage\":{\"prompt_tokens\":99999999999999999999,\"completion_tokens\":1e300}}\n\n");
  EXPECT_FALSE(reader.usage().reported());
  reader.feed(
      "data: {\"usage\":{\"prompt_tokens\":12.0,\"prompt_tokens_details\":[],\"completion_tokens\":0}}\n\n");
  EXPECT_EQ(reader.usage().input, 12);
  EXPECT_EQ(reader.usage().output, 0);
  EXPECT_FALSE(reader.saw_error());
}

TEST(UsageStream, LongEventsAreReadWithoutBeingParsedWhole) {
  const std::string filling = "\"" + std::string(300'000, 'x') + "\"";
  UsageReader response(Operation::responses, true);
  response.feed(
      "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"instructions\":" +
      filling + ",\"model\":\"m\",\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n");
  EXPECT_EQ(response.usage(), (Usage{.input = 9, .output = 1, .model = "m"}));
  EXPECT_TRUE(response.finished());

  UsageReader chat(Operation::chat_completions, true);
  chat.feed("data: {\"choices\":[{\"delta\":{\"content\":" + filling +
            "}}],\"model\":\"m\",\"usage\":{\"prompt_tokens\":4}}\n\n");
  EXPECT_EQ(chat.usage(), (Usage{.input = 4, .model = "m"}));
  EXPECT_TRUE(chat.saw_content());
  EXPECT_GT(chat.largest_event(), 300'000U);

  UsageReader message(Operation::messages, true);
  message.feed("data: {\"type\":\"message_delta\",\"x\":" + filling +
               ",\"usage\":{\"output_tokens\":6}}\n\n");
  EXPECT_EQ(message.usage().output, 6);
}

TEST(UsageStream, AnEventOverTheLimitIsAnErrorAndBoundedInMemory) {
  UsageReader reader(Operation::chat_completions, true, 1000);
  const std::string part(600, 'x');
  reader.feed("data: ");
  reader.feed(part);
  EXPECT_FALSE(reader.saw_error());
  for (int i = 0; i < 100; ++i) reader.feed(part);
  EXPECT_TRUE(reader.saw_error());
  EXPECT_FALSE(reader.at_boundary());
  EXPECT_EQ(reader.largest_event(), 6 + 101 * part.size());
  reader.feed("\n\ndata: {\"usage\":{\"prompt_tokens\":1}}\n\n");
  EXPECT_EQ(reader.usage().input, 1);
}

TEST(UsageStream, CountsTheEventsOfAResponse) {
  for (const Recorded& stream : recorded_streams()) {
    if (stream.operation != Operation::responses) continue;
    for (const Wire& wire : kWires) {  // comments carry no number
      UsageReader reader(stream.operation, true);
      reader.feed(on_the_wire(stream, wire));
      EXPECT_EQ(reader.next_sequence_number(), static_cast<std::int64_t>(stream.frames.size()))
          << stream.name;
    }
  }
}

TEST(UsageStream, WhatIsCountedMeanwhileIsNotFinal) {
  const auto chunk = [](std::string_view choices, int tokens) {
    return fmt::format(
        "data: {{\"choices\":[{}],\"usage\":{{\"prompt_tokens\":9,\"completion_tokens\":{}}}}}\n\n", choices,
        tokens);
  };
  constexpr std::string_view kText = R"({"delta":{"content":"a"}})";
  UsageReader chat(Operation::chat_completions, true);
  chat.feed(chunk(kText, 1));
  EXPECT_FALSE(chat.usage_is_final());
  chat.feed(chunk("", 1));
  EXPECT_TRUE(chat.usage_is_final()) << "nothing was said with it";
  chat.feed(chunk(kText, 2));
  EXPECT_FALSE(chat.usage_is_final()) << "but it went on";
  chat.feed("data: [DONE]\n\n");
  EXPECT_TRUE(chat.usage_is_final());

  UsageReader gemini(Operation::generate_content, true);
  gemini.feed(
      "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}],"
      "\"usageMetadata\":{\"promptTokenCount\":9,\"candidatesTokenCount\":1}}\n\n");
  EXPECT_FALSE(gemini.usage_is_final());
  gemini.feed(
      "data: {\"candidates\":[{\"finishReason\":\"STOP\"}],"
      "\"usageMetadata\":{\"promptTokenCount\":9,\"candidatesTokenCount\":3}}\n\n");
  EXPECT_TRUE(gemini.usage_is_final());

  UsageReader array(Operation::generate_content, false);
  array.feed(R"([{"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":1}},)");
  EXPECT_EQ(array.usage().output, 1);
  EXPECT_FALSE(array.usage_is_final());
  array.feed(R"({"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":4}}])");
  EXPECT_TRUE(array.usage_is_final());
}

TEST(UsageStream, IsMovable) {
  UsageReader first(Operation::chat_completions, true);
  first.feed("data: {\"usage\":{\"prompt_");
  UsageReader second(Operation::messages, false);
  second = std::move(first);
  second.feed("tokens\":3}}\n\n");
  EXPECT_EQ(second.usage().input, 3);
}

}  // namespace
}  // namespace relayna::dialect
