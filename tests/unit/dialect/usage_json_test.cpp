#include <string>

#include <gtest/gtest.h>

#include "relayna/dialect/dialect.hpp"

#include "unit/dialect/streams.hpp"

namespace relayna::dialect {
namespace {

struct Answer {
  const char* name;
  Operation operation;
  std::string body;
  Usage usage;
};

const Answer kAnswers[] = {
    {"chat",
     Operation::chat_completions,
     R"({"id":"c","choices":[{"message":{"content":"\"usage\":{\"prompt_tokens\":1}"}}],"model":"gpt-4o",
         "usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,
                  "prompt_tokens_details":{"cached_tokens":8},"completion_tokens_details":{"reasoning_tokens":2}}})",
     {.input = 10, .output = 5, .total = 15, .cache_read = 8, .reasoning = 2, .model = "gpt-4o"}},
    {"completions",
     Operation::completions,
     R"({"model":"i","usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3},"choices":[]})",
     {.input = 1, .output = 2, .total = 3, .model = "i"}},
    {"embeddings",
     Operation::embeddings,
     R"({"object":"list","data":[{"embedding":[0.1,0.2]}],"model":"e","usage":{"prompt_tokens":4,"total_tokens":4}})",
     {.input = 4, .total = 4, .model = "e"}},
    {"responses",
     Operation::responses,
     R"({"id":"r","status":"completed","model":"gpt-5","usage":{"input_tokens":7,
         "input_tokens_details":{"cached_tokens":3},"output_tokens":9,"output_tokens_details":{"reasoning_tokens":6},
         "total_tokens":16}})",
     {.input = 7, .output = 9, .total = 16, .cache_read = 3, .reasoning = 6, .model = "gpt-5"}},
    {"messages",
     Operation::messages,
     R"({"id":"m","type":"message","model":"claude","content":[{"type":"text","text":"Hi"}],
         "usage":{"input_tokens":10,"cache_creation_input_tokens":20,"cache_read_input_tokens":30,"output_tokens":4}})",
     {.input = 60, .output = 4, .cache_read = 30, .cache_write = 20, .model = "claude"}},
    {"messages without a cache",
     Operation::messages,
     R"({"model":"claude","usage":{"input_tokens":10,"cache_creation_input_tokens":null,"output_tokens":4}})",
     {.input = 10, .output = 4, .model = "claude"}},
    {"count_tokens", Operation::count_tokens, R"({"input_tokens":123})", {.input = 123}},
    {"usage twice",
     Operation::chat_completions,
     R"({"usage":{"prompt_tokens":1,"completion_tokens":2},"model":"a","usage":{"prompt_tokens":3},"model":"b"})",
     {.input = 3, .model = "b"}},
    {"usage taken back",
     Operation::chat_completions,
     R"({"usage":{"prompt_tokens":1},"model":"a","usage":null,"model":7})",
     {}},
    {"an error",
     Operation::chat_completions,
     R"({"error":{"message":"no","usage":{"prompt_tokens":1}}})",
     {}},
    {"usage null", Operation::chat_completions, R"({"usage":null,"model":null})", {}},
    {"no object", Operation::chat_completions, R"(["usage",{"prompt_tokens":1}])", {}},
    {"no JSON", Operation::chat_completions, "<html>\"usage\":{\"prompt_tokens\":1}</html>", {}},
    {"empty", Operation::chat_completions, "", {}},
};

TEST(UsageJson, ReadsEveryAnswerCutAtEveryByte) {
  for (const Answer& answer : kAnswers) {
    for (std::size_t cut = 0; cut <= answer.body.size(); ++cut) {
      UsageReader reader(answer.operation, false);
      reader.feed(std::string_view(answer.body).substr(0, cut));
      reader.feed(std::string_view(answer.body).substr(cut));
      ASSERT_EQ(reader.usage(), answer.usage) << answer.name << " cut at " << cut;
      EXPECT_FALSE(reader.saw_error());
      EXPECT_FALSE(reader.at_boundary());
      EXPECT_FALSE(reader.finished());
    }
  }
}

TEST(UsageJson, ReadsEveryAnswerByteByByte) {
  for (const Answer& answer : kAnswers) {
    UsageReader reader(answer.operation, false);
    for (const char c : answer.body) reader.feed({&c, 1});
    EXPECT_EQ(reader.usage(), answer.usage) << answer.name;
  }
}

TEST(UsageJson, UsageIsThereBeforeTheAnswerIsWhole) {
  UsageReader reader(Operation::chat_completions, false);
  reader.feed(R"({"usage":{"prompt_tokens":1},"choices":[)");
  EXPECT_EQ(reader.usage().input, 1);
}

}  // namespace
}  // namespace relayna::dialect
