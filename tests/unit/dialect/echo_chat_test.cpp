#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/dialect/echo_support.hpp"

namespace relayna::dialect {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
constexpr Operation kChat = Operation::chat_completions;

const std::string kUsagePicture =
    R"({"prompt_tokens":"integer","completion_tokens":"integer","total_tokens":"integer",
        "prompt_tokens_details":{"cached_tokens":"=0","cache_write_tokens":"=0","audio_tokens":"=0"},
        "completion_tokens_details":{"reasoning_tokens":"=0","audio_tokens":"=0","accepted_prediction_tokens":"=0",
                                     "rejected_prediction_tokens":"=0"}})";

std::string completion_picture(const std::string& message, const std::string& finish_reason) {
  return R"({"id":"string","object":"=\"chat.completion\"","created":"=1795000000","model":"=\"echo\"",
             "choices":[{"index":"integer","message":)" +
         message + R"(,"logprobs":"null","finish_reason":"=\")" + finish_reason + R"(\""}],"usage":)" +
         kUsagePicture + R"(,"service_tier":"=\"default\"","system_fingerprint":"string"})";
}
const std::string kTextMessage =
    R"({"role":"=\"assistant\"","content":"string","refusal":"null","annotations":[]})";
const std::string kToolMessage =
    R"({"role":"=\"assistant\"","content":"null","refusal":"null","annotations":[],
        "tool_calls":[{"id":"string","type":"=\"function\"","function":{"name":"string","arguments":"string"}}]})";

std::string chunk_picture(const std::string& delta, const std::string& finish_reason, bool usage) {
  return R"({"id":"string","object":"=\"chat.completion.chunk\"","created":"=1795000000","model":"=\"echo\"",
             "service_tier":"=\"default\"","system_fingerprint":"string",
             "choices":[{"index":"integer","delta":)" +
         delta + R"(,"logprobs":"null","finish_reason":")" + finish_reason + R"("}])" +
         (usage ? R"(,"usage":"null"})" : "}");
}

std::string user_says(std::string_view text, std::string_view more = "") {
  json::Document body = {{"model", "echo"}, {"messages", {{{"role", "user"}, {"content", text}}}}};
  std::string out = body.dump();
  out.pop_back();
  return out + std::string(more) + "}";
}

constexpr std::string_view kTools =
    R"(,"tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object","properties":{
        "city":{"type":"string"},"days":{"type":"integer"},"exact":{"type":"boolean"},"unit":{"enum":["C","F"]},
        "ratio":{"type":"number"},"tags":{"type":"array","items":{"type":"string"}},
        "at":{"type":"object","properties":{"lat":{"type":["number","null"]}}},"none":{"type":"null"},
        "fixed":{"const":3},"any":{}}}}},
       {"type":"function","function":{"name":"clock"}}])";

TEST(EchoChat, AnswersWithEveryDocumentedField) {
  const auto answer = whole(kChat, user_says(kManyScripts));
  EXPECT_EQ(differences(answer, completion_picture(kTextMessage, "stop")), "");
  EXPECT_THAT(answer["id"].get<std::string>(), StartsWith("chatcmpl-"));
  ASSERT_EQ(answer["choices"].size(), 1U);
  EXPECT_EQ(answer["choices"][0]["message"]["content"], kManyScripts);
  const std::int64_t n = tokens(kManyScripts.size());
  EXPECT_EQ(answer["usage"]["prompt_tokens"], n);
  EXPECT_EQ(answer["usage"]["completion_tokens"], n);
  EXPECT_EQ(answer["usage"]["total_tokens"], 2 * n);
}

TEST(EchoChat, AnswersWithAllTextPartsOfTheLastUserMessage) {
  const auto answer = whole(kChat, R"({"model":"echo","messages":[
      {"role":"system","content":"abc"},{"role":"user","content":"first"},
      {"role":"user","content":[{"type":"text","text":"se"},{"type":"image_url","image_url":{"url":"data:x"}},
                                {"type":"text","text":"cond"}]},
      {"role":"assistant","content":null,"tool_calls":[]},{"role":"tool","tool_call_id":"1","content":"tool"}]})");
  EXPECT_EQ(answer["choices"][0]["message"]["content"], "second");
  EXPECT_EQ(answer["usage"]["prompt_tokens"], tokens(3 + 5 + 6 + 4));
  EXPECT_EQ(
      whole(kChat,
            R"({"model":"echo","messages":[{"role":"system","content":"only"}]})")["choices"][0]["message"]
                                                                                  ["content"],
      "only");
}

TEST(EchoChat, IsDeterministicByRequestId) {
  EXPECT_EQ(echoed(kChat, user_says("x")).json, echoed(kChat, user_says("x")).json);
  EchoRequest request{.operation = kChat, .body = {}, .request_id = "another"};
  const std::string body = user_says("x");
  request.body = body;
  EXPECT_NE(parsed(echo(request)->json)["id"], whole(kChat, body)["id"]);
}

TEST(EchoChat, StreamsInTheDocumentedOrder) {
  for (const bool usage : {false, true}) {
    const auto events = streamed(
        kChat, user_says(kManyScripts, usage ? R"(,"stream":true,"stream_options":{"include_usage":true})"
                                             : R"(,"stream":true)"));
    std::size_t last = events.size() - 1;
    EXPECT_EQ(events[last--].data, "[DONE]");
    if (usage) {
      const auto& chunk = events[last--].json;
      EXPECT_EQ(
          differences(chunk, R"({"id":"string","object":"=\"chat.completion.chunk\"","created":"integer",
                 "model":"=\"echo\"","service_tier":"string","system_fingerprint":"string","choices":[],"usage":)" +
                                 kUsagePicture + "}"),
          "");
      EXPECT_EQ(chunk["usage"]["total_tokens"], 2 * tokens(kManyScripts.size()));
    }
    EXPECT_EQ(differences(events[0].json, chunk_picture(R"({"role":"=\"assistant\"","content":"=\"\"",
                                                           "refusal":"null"})",
                                                        "null", usage)),
              "");
    for (std::size_t i = 1; i < last; ++i) {
      EXPECT_EQ(differences(events[i].json, chunk_picture(R"({"content":"string"})", "null", usage)), "");
    }
    EXPECT_EQ(differences(events[last].json, chunk_picture("{}", R"(=\"stop\")", usage)), "");
    for (std::size_t i = 0; i <= last; ++i) {
      EXPECT_EQ(events[i].name, "");
      EXPECT_EQ(events[i].json["id"], events[0].json["id"]);
    }
  }
}

TEST(EchoChat, DeltasAddUpAtEveryChunkSize) {
  for (std::size_t bytes = 1; bytes <= kManyScripts.size() + 1; ++bytes) {
    std::map<int, std::string> texts;
    const auto events =
        streamed(kChat, user_says(kManyScripts, R"(,"stream":true,"n":2)"), {.chunk_bytes = bytes});
    std::map<int, std::string> finish;
    for (const Event& event : events) {
      if (event.json.is_null()) continue;
      const auto& choice = event.json["choices"][0];
      texts[choice["index"].get<int>()] += choice["delta"].value("content", "");
      if (!choice["finish_reason"].is_null()) finish[choice["index"].get<int>()] = choice["finish_reason"];
    }
    EXPECT_EQ(texts, (std::map<int, std::string>{{0, kManyScripts}, {1, kManyScripts}})) << bytes;
    EXPECT_EQ(finish, (std::map<int, std::string>{{0, "stop"}, {1, "stop"}}));
  }
}

TEST(EchoChat, GivesAsManyChoicesAsAskedFor) {
  const auto answer = whole(kChat, user_says("four", R"(,"n":3)"));
  ASSERT_EQ(answer["choices"].size(), 3U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(answer["choices"][i]["index"], i);
  EXPECT_EQ(answer["usage"]["completion_tokens"], 3 * tokens(4));
  EXPECT_EQ(answer["usage"]["prompt_tokens"], tokens(4));
}

TEST(EchoChat, CallsToolsWithArgumentsThatFitTheirSchema) {
  const auto answer = whole(kChat, user_says("Bonn", kTools), {.tool_calls = 3});
  EXPECT_EQ(differences(answer, completion_picture(kToolMessage, "tool_calls")), "");
  const auto& calls = answer["choices"][0]["message"]["tool_calls"];
  ASSERT_EQ(calls.size(), 3U);
  EXPECT_EQ(calls[0]["function"]["name"], "weather");
  EXPECT_EQ(
      parsed(calls[0]["function"]["arguments"].get<std::string>()),
      parsed(R"({"city":"Bonn","days":1,"exact":true,"unit":"C","ratio":1.5,"tags":["Bonn"],"at":{"lat":1.5},
                       "none":null,"fixed":3,"any":"Bonn"})"));
  EXPECT_EQ(calls[1]["function"]["name"], "clock");
  EXPECT_EQ(parsed(calls[1]["function"]["arguments"].get<std::string>()), parsed(R"x({"text":"Bonn (2)"})x"));
  EXPECT_EQ(calls[2]["function"]["name"], "weather");
  std::set<std::string> ids;
  for (const auto& call : calls) {
    EXPECT_THAT(call["id"].get<std::string>(), StartsWith("call_"));
    ids.insert(call["id"]);
  }
  EXPECT_EQ(ids.size(), 3U);
  std::size_t bytes = 0;
  for (const auto& call : calls) {
    bytes += call["function"]["name"].get<std::string>().size() +
             call["function"]["arguments"].get<std::string>().size();
  }
  EXPECT_EQ(answer["usage"]["completion_tokens"], tokens(bytes));
}

TEST(EchoChat, StreamsParallelToolCallsUnderTheirOwnIndex) {
  const std::string body = user_says("Bonn", std::string(kTools) + R"(,"stream":true,"n":2)");
  const auto events = streamed(kChat, body, {.chunk_bytes = 1000, .tool_calls = 3});
  struct Call {
    std::string id, name, arguments;
    int deltas = 0;
  };
  std::map<std::pair<int, int>, Call> calls;
  for (const Event& event : events) {
    if (event.json.is_null()) continue;
    const auto& choice = event.json["choices"][0];
    if (!choice["delta"].contains("tool_calls")) continue;
    ASSERT_EQ(choice["delta"]["tool_calls"].size(), 1U);
    const auto& delta = choice["delta"]["tool_calls"][0];
    Call& call = calls[{choice["index"].get<int>(), delta["index"].get<int>()}];
    if (call.deltas++ == 0) {
      EXPECT_EQ(differences(delta, R"({"index":"integer","id":"string","type":"=\"function\"",
                                       "function":{"name":"string","arguments":"=\"\""}})"),
                "");
      call.id = delta["id"];
      call.name = delta["function"]["name"];
    } else {
      EXPECT_EQ(differences(delta, R"({"index":"integer","function":{"arguments":"string"}})"), "");
    }
    call.arguments += delta["function"]["arguments"].get<std::string>();
  }
  ASSERT_EQ(calls.size(), 6U);
  const auto answer = whole(kChat, user_says("Bonn", std::string(kTools) + R"(,"n":2)"), {.tool_calls = 3});
  std::set<std::string> ids;
  for (const auto& [index, call] : calls) {
    const auto& expected = answer["choices"][index.first]["message"]["tool_calls"][index.second];
    EXPECT_EQ(expected["function"]["name"], call.name);
    EXPECT_EQ(expected["function"]["arguments"], call.arguments);
    EXPECT_EQ(expected["id"], call.id);
    EXPECT_GE(call.deltas, 3) << "the arguments come in several deltas";
    ids.insert(call.id);
  }
  EXPECT_EQ(ids.size(), 6U);
  EXPECT_EQ(events[events.size() - 2].json["choices"][0]["finish_reason"], "tool_calls");
  EXPECT_EQ(events[0].json["choices"][0]["delta"],
            parsed(R"({"role":"assistant","content":null,"refusal":null})"));
}

TEST(EchoChat, WithoutDeclaredToolsOneStandsInAndParallelCanBeOff) {
  const auto answer = whole(kChat, user_says("x", R"(,"parallel_tool_calls":false)"), {.tool_calls = 4});
  const auto& calls = answer["choices"][0]["message"]["tool_calls"];
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0]["function"], parsed(R"({"name":"echo","arguments":"{\"text\":\"x\"}"})"));
}

TEST(EchoChat, TheMaximumCutsTheTextBetweenCodePoints) {
  for (const char* name : {"max_tokens", "max_completion_tokens"}) {
    for (std::size_t most = 1; most <= kManyScripts.size() / 3 + 2; ++most) {
      const auto answer =
          whole(kChat, user_says(kManyScripts, ",\"" + std::string(name) + "\":" + std::to_string(most)));
      const std::string text = answer["choices"][0]["message"]["content"];
      EXPECT_TRUE(kManyScripts.starts_with(text));
      EXPECT_LE(answer["usage"]["completion_tokens"], most);
      EXPECT_GT(text.size() + 4, std::min(3 * most, kManyScripts.size()));
      EXPECT_EQ(answer["choices"][0]["finish_reason"], text == kManyScripts ? "stop" : "length");
    }
  }
  EXPECT_EQ(
      whole(kChat,
            user_says("0123456789",
                      R"(,"max_completion_tokens":1,"max_tokens":3)"))["choices"][0]["message"]["content"],
      "012");
}

TEST(EchoChat, ProducesAsManyTokensAsAskedFor) {
  for (const std::int64_t n : {0, 1, 7, 1000}) {
    const auto answer = whole(kChat, user_says("hi"), {.output_tokens = n});
    EXPECT_EQ(answer["usage"]["completion_tokens"], n);
    EXPECT_EQ(answer["choices"][0]["message"]["content"].get<std::string>().size(),
              static_cast<std::size_t>(3 * n));
    EXPECT_EQ(answer["choices"][0]["finish_reason"], "stop");
  }
  const auto answer = whole(kChat, user_says("hi", R"(,"max_tokens":5)"), {.output_tokens = 9});
  EXPECT_EQ(answer["usage"]["completion_tokens"], 5);
  EXPECT_EQ(answer["choices"][0]["finish_reason"], "length");
}

TEST(EchoChat, SizeIsBounded) {
  const std::string huge(1 << 20, 'x');
  const auto answer = whole(kChat, user_says(huge, R"(,"n":4)"));
  EXPECT_EQ(answer["choices"][0]["message"]["content"].get<std::string>().size(), (256U * 1024U) / 4U * 3U);
  EXPECT_EQ(answer["choices"][0]["finish_reason"], "length");
  EXPECT_LE(echoed(kChat, user_says(huge, R"(,"stream":true)"), {.chunk_bytes = 1}).frames.size(),
            2U * 64U * 1024U);
}

TEST(EchoChat, RefusesWhatTheApiRefuses) {
  const auto with = [](std::string_view more) {
    return R"({"model":"m","messages":[{"role":"user","content":"x"}],)" + std::string(more) + "}";
  };
  EXPECT_THAT(refusal(kChat, R"({"messages":[]})"), StartsWith("model: "));
  EXPECT_THAT(refusal(kChat, R"({"model":"m"})"),
              HasSubstr("messages: `messages` must be a non-empty array"));
  EXPECT_THAT(refusal(kChat, R"({"model":"m","messages":[]})"), StartsWith("messages: "));
  EXPECT_THAT(refusal(kChat, R"({"model":"m","messages":"hi"})"), StartsWith("messages: "));
  EXPECT_THAT(refusal(kChat, R"({"model":"m","messages":["hi"]})"), StartsWith("messages[0].role: "));
  EXPECT_THAT(refusal(kChat, R"({"model":"m","messages":[{"role":"robot","content":"x"}]})"),
              HasSubstr("messages[0].role: `messages[0].role` must be one of developer, system, user"));
  EXPECT_THAT(refusal(kChat, R"({"model":"m","messages":[{"role":"user"}]})"),
              StartsWith("messages[0].content: "));
  EXPECT_THAT(refusal(kChat, R"({"model":"m","messages":[{"role":"user","content":5}]})"),
              StartsWith("messages[0].content: "));
  EXPECT_THAT(refusal(kChat, R"({"model":"m","messages":[{"role":"user","content":[{"text":"x"}]}]})"),
              StartsWith("messages[0].content[0]: "));
  EXPECT_THAT(refusal(kChat, with(R"("n":0)")), HasSubstr("n: `n` must be an integer from 1 to 128"));
  EXPECT_THAT(refusal(kChat, with(R"("n":1.5)")), StartsWith("n: "));
  EXPECT_THAT(refusal(kChat, with(R"("temperature":2.1)")), StartsWith("temperature: "));
  EXPECT_THAT(refusal(kChat, with(R"("top_p":"1")")), StartsWith("top_p: "));
  EXPECT_THAT(refusal(kChat, with(R"("max_tokens":0)")), StartsWith("max_tokens: "));
  EXPECT_THAT(refusal(kChat, with(R"("stream":"yes")")), StartsWith("stream: "));
  EXPECT_THAT(refusal(kChat, with(R"("stream_options":{"include_usage":true})")),
              StartsWith("stream_options: "));
  EXPECT_EQ(try_echo(kChat, "{").error().code, core::ErrorCode::invalid_json);
  EXPECT_THAT(refusal(kChat, "[]"), HasSubstr("must be a JSON object"));
  EXPECT_EQ(try_echo(Operation::other, R"({"model":"m"})").error().code, core::ErrorCode::unsupported_route);
}

TEST(EchoChat, AnErrorEventStandsInTheMiddleAndEndsTheStream) {
  const EchoAnswer answer =
      echoed(kChat, user_says(kManyScripts, R"(,"stream":true)"), {.fault = "error-event"});
  const auto events = events_of(answer.frames);
  const std::size_t all = echoed(kChat, user_says(kManyScripts, R"(,"stream":true)")).frames.size();
  EXPECT_EQ(events.size(), all / 2 + 1);
  EXPECT_EQ(differences(
                events.back().json,
                R"({"error":{"message":"string","type":"=\"server_error\"","param":"null","code":"null"}})"),
            "");
  EXPECT_EQ(echoed(kChat, user_says("x"), {.fault = "error-event"}).status, 500);
}

TEST(EchoChat, ATruncatedStreamEndsWithinAFrame) {
  const std::string body = user_says(kManyScripts, R"(,"stream":true)");
  const EchoAnswer answer = echoed(kChat, body, {.fault = "truncate"});
  const EchoAnswer all = echoed(kChat, body);
  ASSERT_EQ(answer.frames.size(), (all.frames.size() + 1) / 2);
  EXPECT_LT(answer.frames.back().size(), all.frames[answer.frames.size() - 1].size());
  UsageReader reader(kChat, true);
  for (const std::string& frame : answer.frames) reader.feed(frame);
  EXPECT_FALSE(reader.at_boundary());
  EXPECT_FALSE(reader.finished());
  EXPECT_EQ(echoed(kChat, user_says("x"), {.fault = "truncate"}).json, echoed(kChat, user_says("x")).json);
}

TEST(EchoChat, AStatusIsAnsweredInTheShapeOfTheApi) {
  for (const int status : {400, 401, 402, 403, 404, 408, 413, 418, 429, 500, 503, 599}) {
    const EchoAnswer answer = echoed(kChat, user_says("x", R"(,"stream":true)"), {.status = status});
    EXPECT_EQ(answer.status, status);
    EXPECT_FALSE(answer.sse);
    EXPECT_EQ(
        differences(parsed(answer.json),
                    R"({"error":{"message":"string","type":"string","param":"null","code":"string|null"}})"),
        "");
  }
}

TEST(EchoChat, ItsUsageIsReadByOurReader) {
  UsageReader reader(kChat, true);
  UsageChunkFilter filter;
  std::string shown;
  const EchoAnswer answer =
      echoed(kChat, user_says(kManyScripts, R"(,"stream":true,"stream_options":{"include_usage":true})"));
  for (const std::string& frame : answer.frames) {
    reader.feed(frame);
    shown += filter.feed(frame);
  }
  const std::int64_t n = tokens(kManyScripts.size());
  EXPECT_EQ(reader.usage().input, n);
  EXPECT_EQ(reader.usage().output, n);
  EXPECT_EQ(reader.usage().total, 2 * n);
  EXPECT_TRUE(reader.finished() && reader.saw_content() && !reader.saw_error());
  EXPECT_EQ(shown.find("prompt_tokens"), std::string::npos);
  EXPECT_TRUE(shown.ends_with("data: [DONE]\n\n"));
}

}  // namespace
}  // namespace relayna::dialect
