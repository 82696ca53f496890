#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "relayna/dialect/dialect.hpp"

#include "unit/dialect/provider_streams.hpp"

// What each provider's streams say was used, down to the buckets that are priced, however the bytes are cut.

namespace relayna::dialect {
namespace {

using core::Money;

std::vector<Priced> all_streams() {
  std::vector<Priced> all;
  for (const auto* some :
       {&openai_streams(), &compatible_streams(), &anthropic_streams(), &gemini_streams()}) {
    all.insert(all.end(), some->begin(), some->end());
  }
  return all;
}

void expect_totals(const UsageReader& reader, const Priced& priced, const std::string& how) {
  const Recorded& stream = priced.stream;
  ASSERT_EQ(reader.usage(), stream.usage) << stream.name << how;
  ASSERT_EQ(token_buckets(reader.usage()), priced.buckets) << stream.name << how;
  ASSERT_EQ(reader.saw_content(), stream.content) << stream.name << how;
  ASSERT_EQ(reader.finished(), stream.finished) << stream.name << how;
  ASSERT_EQ(reader.saw_error(), stream.error) << stream.name << how;
}

TEST(ProviderTotals, AreReadFromStreamsCutAtEveryByte) {
  for (const Priced& priced : all_streams()) {
    for (const Wire& wire : kWires) {
      const std::string text = on_the_wire(priced.stream, wire);
      for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        UsageReader reader(priced.stream.operation, true);
        reader.feed(std::string_view(text).substr(0, cut));
        reader.feed(std::string_view(text).substr(cut));
        expect_totals(reader, priced, ", cut at " + std::to_string(cut));
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST(ProviderTotals, AreReadFromStreamsByteByByte) {
  for (const Priced& priced : all_streams()) {
    for (const Wire& wire : kWires) {
      UsageReader reader(priced.stream.operation, true);
      for (const char c : on_the_wire(priced.stream, wire)) reader.feed({&c, 1});
      expect_totals(reader, priced, ", byte by byte");
      if (HasFatalFailure()) return;
    }
  }
}

/// What Gemini sends without `alt=sse`: the same chunks as one array.
std::string as_array(const Recorded& stream) {
  std::string text = "[";
  for (const std::string& frame : stream.frames) {
    text.append(text.size() > 1 ? "\n,\r\n" : "").append(frame, 1);
  }
  return text + "\n]\n";
}

TEST(ProviderTotals, AreReadFromGeminisArraysCutAnywhere) {
  for (const Priced& priced : gemini_streams()) {
    const std::string text = as_array(priced.stream);
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      UsageReader reader(Operation::generate_content, false);
      reader.feed(std::string_view(text).substr(0, cut));
      reader.feed(std::string_view(text).substr(cut));
      ASSERT_EQ(reader.usage(), priced.stream.usage) << priced.stream.name << ", cut at " << cut;
    }
    UsageReader reader(Operation::generate_content, false);
    for (const char c : text) reader.feed({&c, 1});
    ASSERT_EQ(reader.usage(), priced.stream.usage) << priced.stream.name << ", byte by byte";
  }
}

TEST(ProviderTotals, ACutOffArrayTellsWhatHadPassed) {
  UsageReader reader(Operation::generate_content, false);
  reader.feed(
      " \n[ {\"usageMetadata\":{\"promptTokenCount\":4},\"x\":\"]}\\\"[\"} , {\"usageMetadata\":{\"prompt");
  EXPECT_EQ(reader.usage(), (Usage{.input = 4}));
}

TEST(ProviderTotals, LongChunksOfGeminiAreReadWithoutBeingParsedWhole) {
  UsageReader reader(Operation::generate_content, true);
  reader.feed("data: {\"candidates\":[{\"content\":{\"parts\":[{\"inlineData\":{\"data\":\"" +
              std::string(200'000, 'A') +
              "\"}}]},\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":4,"
              "\"candidatesTokenCount\":1290},\"modelVersion\":\"m\"}\n\n");
  EXPECT_EQ(reader.usage(), (Usage{.input = 4, .output = 1290, .model = "m"}));
  EXPECT_TRUE(reader.saw_content());
  EXPECT_TRUE(reader.finished());
}

struct WholeAnswer {
  const char* name;
  Operation operation;
  std::string body;
  Usage usage;
};

const WholeAnswer kWholeAnswers[] = {
    {"Gemini",
     Operation::generate_content,
     R"({"candidates":[{"content":{"parts":[{"text":"\"usageMetadata\":{}"}]},"finishReason":"STOP"}],
         "usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":5,"thoughtsTokenCount":20,"totalTokenCount":35},
         "modelVersion":"gemini-2.5-flash"})",
     {.input = 10, .output = 25, .total = 35, .reasoning = 20, .model = "gemini-2.5-flash"}},
    {"OpenRouter",
     Operation::chat_completions,
     R"({"model":"m","usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"cost":0.0000000005}})",
     {.input = 1, .output = 2, .total = 3, .reported_cost = Money::nanos(1), .model = "m"}},
    {"xAI's Responses",
     Operation::responses,
     R"({"model":"grok-4.6","usage":{"input_tokens":2461,"input_tokens_details":{"cached_tokens":2432},
         "output_tokens":606,"total_tokens":3067,"cost_in_usd_ticks":49100000}})",
     {.input = 2461,
      .output = 606,
      .total = 3067,
      .cache_read = 2432,
      .reported_cost = Money::nanos(4'910'000),
      .model = "grok-4.6"}},
    {"costs that are none",
     Operation::chat_completions,
     R"({"usage":{"prompt_tokens":1,"cost":-1,"cost_in_usd_ticks":-5}})",
     {.input = 1}},
    {"a cost taken back",
     Operation::chat_completions,
     R"({"usage":{"prompt_tokens":1,"cost":1},"usage":{"prompt_tokens":2,"cost":"1"}})",
     {.input = 2}},
    {"Anthropic",
     Operation::messages,
     R"({"model":"claude","usage":{"input_tokens":5,"cache_read_input_tokens":7,"cache_creation":
         {"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":2},"output_tokens":4}})",
     {.input = 17, .output = 4, .cache_read = 7, .cache_write = 5, .cache_write_1h = 2, .model = "claude"}},
    {"embeddings",
     Operation::embeddings,
     R"({"data":[],"model":"text-embedding-3-small","usage":{"prompt_tokens":8,"total_tokens":8}})",
     {.input = 8, .total = 8, .model = "text-embedding-3-small"}},
};

TEST(ProviderTotals, AreReadFromWholeAnswersCutAtEveryByte) {
  for (const WholeAnswer& answer : kWholeAnswers) {
    for (std::size_t cut = 0; cut <= answer.body.size(); ++cut) {
      UsageReader reader(answer.operation, false);
      reader.feed(std::string_view(answer.body).substr(0, cut));
      reader.feed(std::string_view(answer.body).substr(cut));
      ASSERT_EQ(reader.usage(), answer.usage) << answer.name << ", cut at " << cut;
    }
  }
}

}  // namespace
}  // namespace relayna::dialect
