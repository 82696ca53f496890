#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relayna/dialect/dialect.hpp"

namespace relayna::dialect {
namespace {

using ::testing::HasSubstr;
using enum Operation;

core::Result<Features> read(Operation operation, std::string_view body) {
  RequestReader reader;
  return reader.read(operation, core::Buffer(body));
}

Features good(Operation operation, std::string_view body) {
  auto features = read(operation, body);
  EXPECT_TRUE(features.has_value()) << body << "\n" << (features ? "" : features.error().describe());
  return features ? *features : Features();
}

struct Bad {
  Operation operation;
  std::string body;
  std::string param;
  std::string says;
};

class RefusedRequest : public ::testing::TestWithParam<Bad> {};

TEST_P(RefusedRequest, NamesTheFieldAndWhatIsRight) {
  const auto features = read(GetParam().operation, GetParam().body);
  ASSERT_FALSE(features.has_value()) << GetParam().body;
  EXPECT_EQ(features.error().code, core::ErrorCode::invalid_request) << GetParam().body;
  EXPECT_EQ(features.error().param, GetParam().param) << GetParam().body;
  EXPECT_THAT(features.error().message, HasSubstr(GetParam().says)) << GetParam().body;
}

INSTANTIATE_TEST_SUITE_P(
    RequestReader, RefusedRequest,
    ::testing::Values(
        Bad{chat_completions, "[]", "", "must be a JSON object"},
        Bad{generate_content, R"({"generationConfig":[]})", "generationConfig", "an object"},
        Bad{generate_content, R"({"generationConfig":{"maxOutputTokens":0}})",
            "generationConfig.maxOutputTokens", "positive integer"},
        Bad{generate_content, R"({"tools":{}})", "tools", "an array"},
        Bad{chat_completions, "\"x\"", "", "JSON object"}, Bad{chat_completions, "null", "", "JSON object"},
        Bad{chat_completions, "{}", "model", "`model` is missing"},
        Bad{chat_completions, R"({"model":null})", "model", "non-empty string"},
        Bad{chat_completions, R"({"model":""})", "model", "non-empty string"},
        Bad{chat_completions, R"({"model":7})", "model", "non-empty string"},
        Bad{chat_completions, R"({"model":"a","model":"b"})", "model", "more than once"},
        Bad{chat_completions, R"({"model":"a","mod\u0065l":"b"})", "model", "more than once"},
        Bad{chat_completions, R"({"model":"a","stream":true,"stream":false})", "stream", "more than once"},
        Bad{chat_completions, R"({"model":"a","stream":null,"stream":true})", "stream", "more than once"},
        Bad{chat_completions, R"({"model":"a","stream":"true"})", "stream", "true or false"},
        Bad{chat_completions, R"({"model":"a","stream":1})", "stream", "true or false"},
        Bad{chat_completions, R"({"model":"a","stream_options":true})", "stream_options", "an object"},
        Bad{chat_completions, R"({"model":"a","stream_options":{"include_usage":1}})",
            "stream_options.include_usage", "true or false"},
        Bad{chat_completions, R"({"model":"a","tools":{}})", "tools", "an array"},
        Bad{chat_completions, R"({"model":"a","functions":"x"})", "functions", "an array"},
        Bad{chat_completions, R"({"model":"a","max_tokens":0})", "max_tokens", "positive integer"},
        Bad{chat_completions, R"({"model":"a","max_tokens":-1})", "max_tokens", "positive integer"},
        Bad{chat_completions, R"({"model":"a","max_tokens":1.5})", "max_tokens", "positive integer"},
        Bad{chat_completions, R"({"model":"a","max_tokens":"5"})", "max_tokens", "positive integer"},
        Bad{chat_completions, R"({"model":"a","max_tokens":99999999999999999999999})", "max_tokens",
            "positive integer"},
        Bad{chat_completions, R"({"model":"a","max_completion_tokens":5,"max_tokens":"x"})", "max_tokens",
            "positive integer"},
        Bad{chat_completions, R"({"model":"a","user":5})", "user", "a string"},
        Bad{chat_completions, R"({"model":"a","safety_identifier":{}})", "safety_identifier", "a string"},
        Bad{completions, R"({"model":"a","max_tokens":-1})", "max_tokens", "0 or more"},
        Bad{responses, R"({"model":"a","max_output_tokens":0})", "max_output_tokens", "positive integer"},
        Bad{embeddings, R"({"input":"a"})", "model", "`model` is missing"},
        Bad{messages, R"({"model":"a","max_tokens":-1})", "max_tokens", "0 or more"},
        Bad{messages, R"({"model":"a","max_tokens":1,"metadata":"x"})", "metadata", "an object"},
        Bad{messages, R"({"model":"a","max_tokens":1,"metadata":{"user_id":5}})", "metadata.user_id",
            "a string"},
        Bad{count_tokens, R"({"messages":[]})", "model", "`model` is missing"},
        Bad{other, R"({"model":"a","model":"b"})", "model", "more than once"}));

TEST(RequestReader, InvalidJsonNamesTheOffset) {
  struct {
    std::string body;
    const char* says;
  } const cases[] = {{"", "0"},
                     {"{", "1"},
                     {R"({"model":})", "9"},
                     {R"({"model":"a"} x)", "14"},
                     {R"({"model":"a",})", "13"},
                     {"{\"model\":\"\xFF\"}", "10"},
                     {"{\"model\":\"\xED\xA0\x80\"}", "10"},
                     {"{\"model\":\"a\nb\"}", "11"},
                     {R"({"model":"a","n":01})", "1"},
                     {"\xEF\xBB\xBF{\"model\":\"a\"}", "0"}};
  for (const auto& test : cases) {
    const auto features = read(chat_completions, test.body);
    ASSERT_FALSE(features.has_value()) << test.body;
    EXPECT_EQ(features.error().code, core::ErrorCode::invalid_json) << test.body;
    EXPECT_THAT(std::string(features.error().public_message()), HasSubstr(test.says)) << test.body;
  }
}

TEST(RequestReader, NestingIsLimited) {
  const auto nested = [](std::size_t depth) {
    return R"({"model":"a","x":)" + std::string(depth, '[') + "1" + std::string(depth, ']') + "}";
  };
  EXPECT_TRUE(read(chat_completions, nested(255)).has_value());
  for (const std::size_t depth : {256UZ, 1000UZ, 100'000UZ}) {
    const auto features = read(chat_completions, nested(depth));
    ASSERT_FALSE(features.has_value()) << depth;
    EXPECT_EQ(features.error().code, core::ErrorCode::invalid_json);
  }
}

TEST(RequestReader, ReadsAChatRequest) {
  const std::string_view body =
      R"({ "messages":[{"role":"user","content":"hi"}], "model" : "gpt-4o", "stream":true,
    "stream_options":{"include_usage":true}, "max_tokens":7, "max_completion_tokens":9, "user":"u-1",
    "safety_identifier":"s-1", "tools":[ {"type":"function"}, {} ] , "functions":[{}], "temperature":1e-3})";
  const Features features = good(chat_completions, body);
  EXPECT_EQ(features.model, "gpt-4o");
  EXPECT_TRUE(features.stream);
  EXPECT_TRUE(features.has_stream_options);
  EXPECT_TRUE(features.include_usage);
  EXPECT_EQ(features.max_output_tokens, 9);
  EXPECT_EQ(features.end_user, "u-1");
  EXPECT_EQ(features.tool_count, 3U);
  EXPECT_EQ(features.tool_schema_bytes, std::string_view(R"([ {"type":"function"}, {} ])").size() + 4);
  EXPECT_EQ(features.estimated_input_tokens, static_cast<std::int64_t>((body.size() + 2) / 3));
}

TEST(RequestReader, NullIsAbsent) {
  const Features features =
      good(chat_completions,
           R"({"model":"m","stream":null,"stream_options":null,"tools":null,"functions":null,
                                     "max_tokens":null,"max_completion_tokens":null,"user":null})");
  EXPECT_FALSE(features.stream);
  EXPECT_FALSE(features.has_stream_options);
  EXPECT_FALSE(features.include_usage);
  EXPECT_EQ(features.tool_count, 0U);
  EXPECT_EQ(features.max_output_tokens, std::nullopt);
  EXPECT_EQ(features.end_user, "");
}

TEST(RequestReader, StreamOptionsWithoutUsage) {
  const Features features =
      good(chat_completions, R"({"model":"m","stream_options":{"include_usage":null}})");
  EXPECT_TRUE(features.has_stream_options);
  EXPECT_FALSE(features.include_usage);
  EXPECT_FALSE(
      good(chat_completions, R"({"model":"m","stream_options":{"include_usage":false}})").include_usage);
}

TEST(RequestReader, EachOperationHasItsOwnMaximum) {
  EXPECT_EQ(good(chat_completions, R"({"model":"m","max_tokens":7})").max_output_tokens, 7);
  EXPECT_EQ(good(chat_completions, R"({"model":"m","max_output_tokens":"not read here"})").max_output_tokens,
            std::nullopt);
  EXPECT_EQ(good(completions, R"({"model":"m","max_tokens":0})").max_output_tokens, 0);
  EXPECT_EQ(good(responses, R"({"model":"m","max_output_tokens":7,"max_tokens":8})").max_output_tokens, 7);
  EXPECT_EQ(good(messages, R"({"model":"m","max_tokens":8})").max_output_tokens, 8);
  EXPECT_EQ(good(messages, R"({"model":"m","max_tokens":0})").max_output_tokens, 0);
  EXPECT_EQ(good(embeddings, R"({"model":"m","max_tokens":8})").max_output_tokens, std::nullopt);
}

TEST(RequestReader, EachApiHasItsOwnEndUser) {
  EXPECT_EQ(good(responses, R"({"model":"m","safety_identifier":"s"})").end_user, "s");
  EXPECT_EQ(good(embeddings, R"({"model":"m","user":"u"})").end_user, "u");
  EXPECT_EQ(
      good(messages, R"({"model":"m","metadata":{"user_id":"a","x":1},"user":"not read here"})").end_user,
      "a");
  EXPECT_EQ(good(messages, R"({"model":"m","metadata":{"user_id":null}})").end_user, "");
  EXPECT_EQ(good(chat_completions, R"({"model":"m","metadata":{"user_id":"not read here"}})").end_user, "");
}

TEST(RequestReader, OnlyWhatIsReadMustBeUnique) {
  EXPECT_TRUE(read(chat_completions, R"({"model":"m","temperature":1,"temperature":2})").has_value());
  EXPECT_TRUE(
      read(chat_completions, R"({"model":"m","messages":[{"model":"x"}],"x":{"model":1}})").has_value());
}

TEST(RequestReader, AGeminiRequestNamesItsModelInThePath) {
  const Features features =
      good(generate_content, R"({"contents":[],"tools":[{}],"generationConfig":{"maxOutputTokens":77}})");
  EXPECT_EQ(features.model, "");
  EXPECT_FALSE(features.stream);
  EXPECT_EQ(features.tool_count, 1U);
  EXPECT_EQ(features.max_output_tokens, 77);
  EXPECT_EQ(good(generate_content, R"({"generationConfig":{}})").max_output_tokens, std::nullopt);
}

TEST(RequestReader, EveryAnswerAskedForMayTakeTheMaximum) {
  EXPECT_EQ(good(chat_completions, R"({"model":"m"})").choices, 1);
  EXPECT_EQ(good(chat_completions, R"({"model":"m","n":3})").choices, 3);
  EXPECT_EQ(good(chat_completions, R"({"model":"m","n":2.0})").choices, 2);
  EXPECT_EQ(good(chat_completions, R"({"model":"m","n":1e300})").choices, 1'000'000);
  EXPECT_EQ(good(completions, R"({"model":"m","n":2,"best_of":5,"prompt":"p"})").choices, 5);
  EXPECT_EQ(good(completions, R"({"model":"m","n":2,"prompt":["a","b","c"]})").choices, 6);
  EXPECT_EQ(good(completions, R"({"model":"m","prompt":[[1,2],[3]]})").choices, 2);
  EXPECT_EQ(good(completions, R"({"model":"m","prompt":[1,2,3]})").choices, 1)
      << "one prompt of three tokens";
  EXPECT_EQ(good(generate_content, R"({"generationConfig":{"candidateCount":4}})").choices, 4);
  EXPECT_FALSE(read(chat_completions, R"({"model":"m","n":0})").has_value());
  EXPECT_EQ(read(chat_completions, R"({"model":"m","n":"3"})").error().param, "n");
}

TEST(RequestReader, OfAnUnknownOperationNothingIsDemanded) {
  EXPECT_EQ(good(other, "{}").model, "");
  EXPECT_EQ(good(other, R"({"model":{"id":1},"stream":"yes","user":{"id":7},"tools":5})").model, "");
  const Features features = good(other, R"({"model":"m","stream":true,"user":"u"})");
  EXPECT_EQ(features.model, "m");
  EXPECT_TRUE(features.stream);
  EXPECT_EQ(features.end_user, "u");
}

TEST(RequestReader, ValidButUnusualJsonIsNotRefused) {
  EXPECT_EQ(
      good(chat_completions, R"({"x":123456789012345678901234567890,"y":-1e999,"z":[1E400],"model":"m"})")
          .model,
      "m");
  EXPECT_EQ(good(chat_completions, R"({"x":"lone \ud83d surrogate \udc00","model":"m"})").model, "m");
  EXPECT_EQ(good(chat_completions, R"({"model":"gr\u00fcn\ud83d\ude42"})").model,
            "gr\xC3\xBCn\xF0\x9F\x99\x82");
}

TEST(RequestReader, IsReusableAfterErrorsAndLargeBodies) {
  RequestReader reader;
  EXPECT_FALSE(reader.read(chat_completions, core::Buffer(std::string_view("{"))).has_value());
  const std::string large = R"({"model":"big","messages":[")" + std::string(1 << 20, 'x') + "\"]}";
  const auto features = reader.read(chat_completions, core::Buffer(large));
  ASSERT_TRUE(features.has_value());
  EXPECT_EQ(features->model, "big");
  EXPECT_EQ(reader.read(chat_completions, core::Buffer(std::string_view(R"({"model":"small"})")))->model,
            "small");
}

TEST(EstimateTokens, IsAThirdOfTheBytesRoundedUp) {
  EXPECT_EQ(estimate_tokens(0), 0);
  EXPECT_EQ(estimate_tokens(1), 1);
  EXPECT_EQ(estimate_tokens(3), 1);
  EXPECT_EQ(estimate_tokens(4), 2);
  EXPECT_GT(estimate_tokens(static_cast<std::size_t>(-1)), 0);
}

TEST(ModelInPath, StandsBeforeTheMethod) {
  EXPECT_EQ(model_in_path("/v1beta/models/gemini-2.5-pro:streamGenerateContent"), "gemini-2.5-pro");
  EXPECT_EQ(model_in_path("/v1/projects/p/publishers/google/models/gemini-2.5-pro:generateContent"),
            "gemini-2.5-pro");
  EXPECT_EQ(model_in_path("/v1/models/gpt-4o"), "");
  EXPECT_EQ(model_in_path("/v1/chat/completions"), "");
}

TEST(ApiOf, TellsAnthropicFromOpenai) {
  for (const Operation operation : {messages, count_tokens}) EXPECT_EQ(api_of(operation), Api::anthropic);
  for (const Operation operation : {chat_completions, completions, responses, embeddings, models, other}) {
    EXPECT_EQ(api_of(operation), Api::openai);
  }
}

}  // namespace
}  // namespace relayna::dialect
