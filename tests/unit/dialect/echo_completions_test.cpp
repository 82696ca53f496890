#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/dialect/echo_support.hpp"

namespace relayna::dialect {
namespace {

using ::testing::StartsWith;
constexpr Operation kCompletions = Operation::completions;

const std::string kUsagePicture =
    R"({"prompt_tokens":"integer","completion_tokens":"integer","total_tokens":"integer",
        "prompt_tokens_details":"object","completion_tokens_details":"object"})";

TEST(EchoCompletions, AnswersWithEveryDocumentedField) {
  const auto answer = whole(kCompletions, R"({"model":"echo","prompt":"Say this"})");
  EXPECT_EQ(differences(answer, R"({"id":"string","object":"=\"text_completion\"","created":"=1795000000",
      "model":"=\"echo\"","system_fingerprint":"string","choices":[{"text":"=\"Say this\"","index":"=0",
      "logprobs":"null","finish_reason":"=\"stop\""}],"usage":)" +
                                    kUsagePicture + "}"),
            "");
  EXPECT_THAT(answer["id"].get<std::string>(), StartsWith("cmpl-"));
  EXPECT_EQ(answer["usage"]["prompt_tokens"], 3);
  EXPECT_EQ(answer["usage"]["completion_tokens"], 3);
  EXPECT_EQ(answer["usage"]["total_tokens"], 6);
}

TEST(EchoCompletions, TakesEveryKindOfPrompt) {
  const auto texts = [](std::string_view body) {
    std::vector<std::string> found;
    for (const auto& choice : whole(kCompletions, body)["choices"]) {
      EXPECT_EQ(choice["index"], found.size());
      found.push_back(choice["text"]);
    }
    return found;
  };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(texts(R"({"model":"m"})"), Texts({""}));
  EXPECT_EQ(texts(R"({"model":"m","prompt":["a","bc"]})"), Texts({"a", "bc"}));
  EXPECT_EQ(texts(R"({"model":"m","prompt":["a","bc"],"n":2})"), Texts({"a", "a", "bc", "bc"}));
  EXPECT_EQ(texts(R"({"model":"m","prompt":[1,22]})"), Texts({"1 22"}));
  EXPECT_EQ(texts(R"({"model":"m","prompt":[[1,2],[3]]})"), Texts({"1 2", "3"}));
  EXPECT_EQ(texts(R"({"model":"m","prompt":"ab","echo":true})"), Texts({"abab"}));
  const auto numbers = whole(kCompletions, R"({"model":"m","prompt":[[1,2],[3]]})");
  EXPECT_EQ(numbers["usage"]["prompt_tokens"], 3);
}

TEST(EchoCompletions, StreamsChoiceByChoice) {
  for (std::size_t bytes = 1; bytes < 20; ++bytes) {
    json::Document body = {{"model", "echo"},
                           {"prompt", {kManyScripts, "b"}},
                           {"stream", true},
                           {"stream_options", {{"include_usage", true}}}};
    const auto events = streamed(kCompletions, body.dump(), {.chunk_bytes = bytes});
    std::map<int, std::string> texts;
    std::map<int, std::string> finish;
    ASSERT_GE(events.size(), 4U);
    EXPECT_EQ(events.back().data, "[DONE]");
    const auto& last = events[events.size() - 2].json;
    EXPECT_EQ(differences(last, R"({"id":"string","object":"=\"text_completion\"","created":"integer",
        "model":"=\"echo\"","system_fingerprint":"string","choices":[],"usage":)" +
                                    kUsagePicture + "}"),
              "");
    EXPECT_TRUE(last["choices"].empty());
    for (std::size_t i = 0; i + 2 < events.size(); ++i) {
      EXPECT_EQ(
          differences(events[i].json, R"({"id":"string","object":"=\"text_completion\"","created":"integer",
          "model":"=\"echo\"","system_fingerprint":"string","choices":[{"text":"string","index":"integer",
          "logprobs":"null","finish_reason":"string|null"}],"usage":"null"})"),
          "");
      const auto& choice = events[i].json["choices"][0];
      texts[choice["index"].get<int>()] += choice["text"].get<std::string>();
      if (!choice["finish_reason"].is_null()) finish[choice["index"].get<int>()] = choice["finish_reason"];
    }
    EXPECT_EQ(texts, (std::map<int, std::string>{{0, kManyScripts}, {1, "b"}}));
    EXPECT_EQ(finish, (std::map<int, std::string>{{0, "stop"}, {1, "stop"}}));
  }
}

TEST(EchoCompletions, HonoursTheMaximum) {
  const auto answer =
      whole(kCompletions, R"({"model":"m","prompt":"0123456789","max_tokens":2,"echo":true})");
  EXPECT_EQ(answer["choices"][0]["text"], "0123456789012345");
  EXPECT_EQ(answer["choices"][0]["finish_reason"], "length");
  EXPECT_EQ(answer["usage"]["completion_tokens"], 2);
  EXPECT_EQ(whole(kCompletions, R"({"model":"m","prompt":"abc","max_tokens":0})")["choices"][0]["text"], "");
}

TEST(EchoCompletions, RefusesWhatTheApiRefuses) {
  EXPECT_THAT(refusal(kCompletions, R"({"model":"m","prompt":{}})"), StartsWith("prompt: "));
  EXPECT_THAT(refusal(kCompletions, R"({"model":"m","prompt":[]})"), StartsWith("prompt: "));
  EXPECT_THAT(refusal(kCompletions, R"({"model":"m","prompt":["a",1]})"), StartsWith("prompt: "));
  EXPECT_THAT(refusal(kCompletions, R"({"model":"m","prompt":[[1],[]]})"), StartsWith("prompt[1]: "));
  EXPECT_THAT(refusal(kCompletions, R"({"model":"m","prompt":[[-1]]})"), StartsWith("prompt: "));
  EXPECT_THAT(refusal(kCompletions, R"({"model":"m","prompt":"a","n":129})"), StartsWith("n: "));
  EXPECT_THAT(refusal(kCompletions, R"({"model":"m","prompt":"a","max_tokens":-1})"),
              StartsWith("max_tokens: "));
  EXPECT_THAT(refusal(kCompletions, R"({"model":"m","prompt":"a","echo":"yes"})"), StartsWith("echo: "));
  json::Document many = {{"model", "m"}, {"prompt", std::vector<std::string>(17, "a")}, {"n", 128}};
  EXPECT_THAT(refusal(kCompletions, many.dump()), StartsWith("n: "));
  json::Document more = {{"model", "m"}, {"prompt", std::vector<std::string>(2049, "a")}};
  EXPECT_THAT(refusal(kCompletions, more.dump()), StartsWith("prompt: "));
}

}  // namespace
}  // namespace relayna::dialect
