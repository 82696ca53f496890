#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/dialect/echo_support.hpp"

namespace relayna::dialect {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
constexpr Operation kMessages = Operation::messages;

const std::string kUsagePicture =
    R"({"input_tokens":"integer","cache_creation_input_tokens":"=0","cache_read_input_tokens":"=0",
        "cache_creation":{"ephemeral_5m_input_tokens":"=0","ephemeral_1h_input_tokens":"=0"},
        "output_tokens":"integer","output_tokens_details":{"thinking_tokens":"=0"},"server_tool_use":"null",
        "service_tier":"=\"standard\"","inference_geo":"null","speed":"=\"standard\""})";
const std::string kTextBlock = R"({"type":"=\"text\"","text":"string","citations":"null"})";
const std::string kToolBlock =
    R"({"type":"=\"tool_use\"","id":"string","name":"string","input":"object","caller":{"type":"=\"direct\""}})";

std::string message_picture(const std::string& block, const std::string& stop_reason) {
  return R"({"id":"string","type":"=\"message\"","role":"=\"assistant\"","model":"=\"echo\"","content":[)" +
         block + R"(],"stop_reason":")" + stop_reason +
         R"(","stop_sequence":"null","stop_details":"null","container":"null","diagnostics":"null","usage":)" +
         kUsagePicture + "}";
}

std::string user_says(std::string_view text, std::string_view more = "") {
  json::Document body = {
      {"model", "echo"}, {"max_tokens", 1000}, {"messages", {{{"role", "user"}, {"content", text}}}}};
  std::string out = body.dump();
  out.pop_back();
  return out + std::string(more) + "}";
}
constexpr std::string_view kTools =
    R"(,"tools":[{"name":"weather","input_schema":{"type":"object","properties":{"city":{"type":"string"}}}},
                 {"name":"clock","input_schema":{"type":"object"}}])";

std::vector<std::string> names(const std::vector<Event>& events) {
  std::vector<std::string> found;
  for (const Event& event : events) {
    EXPECT_EQ(event.json["type"], event.name);
    if (found.empty() || event.name != "content_block_delta" || found.back() != event.name)
      found.push_back(event.name);
  }
  return found;
}

TEST(EchoMessages, AnswersWithEveryDocumentedField) {
  const auto answer = whole(kMessages, user_says(kManyScripts));
  EXPECT_EQ(differences(answer, message_picture(kTextBlock, R"(=\"end_turn\")")), "");
  EXPECT_THAT(answer["id"].get<std::string>(), StartsWith("msg_01"));
  ASSERT_EQ(answer["content"].size(), 1U);
  EXPECT_EQ(answer["content"][0]["text"], kManyScripts);
  EXPECT_EQ(answer["usage"]["input_tokens"], tokens(kManyScripts.size()));
  EXPECT_EQ(answer["usage"]["output_tokens"], tokens(kManyScripts.size()));
}

TEST(EchoMessages, ReadsBlocksSystemAndToolResults) {
  const auto answer = whole(kMessages, R"({"model":"echo","max_tokens":100,
      "system":[{"type":"text","text":"abc"}],"messages":[
      {"role":"user","content":"one"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]},
      {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"42"}]},
                                {"type":"text","text":" and?"}]}]})");
  EXPECT_EQ(answer["content"][0]["text"], "42 and?");
  EXPECT_EQ(answer["usage"]["input_tokens"], tokens(3 + 3 + 7));
}

TEST(EchoMessages, StreamsInTheDocumentedOrder) {
  for (std::size_t bytes = 1; bytes <= kManyScripts.size() + 1; ++bytes) {
    const auto events =
        streamed(kMessages, user_says(kManyScripts, R"(,"stream":true)"), {.chunk_bytes = bytes});
    EXPECT_EQ(names(events),
              std::vector<std::string>({"message_start", "content_block_start", "ping", "content_block_delta",
                                        "content_block_stop", "message_delta", "message_stop"}));
    std::string text;
    for (const Event& event : events) {
      if (event.name != "content_block_delta") continue;
      EXPECT_EQ(differences(event.json, R"({"type":"string","index":"=0","delta":{"type":"=\"text_delta\"",
                                            "text":"string"}})"),
                "");
      text += event.json["delta"]["text"].get<std::string>();
    }
    EXPECT_EQ(text, kManyScripts) << bytes;
  }
}

TEST(EchoMessages, EveryEventHasItsDocumentedFields) {
  const auto events = streamed(kMessages, user_says("hello", R"(,"stream":true)"));
  ASSERT_EQ(events.size(), 7U);
  EXPECT_EQ(differences(events[0].json, R"({"type":"string","message":)" + message_picture("", "null") + "}"),
            "");
  EXPECT_TRUE(events[0].json["message"]["content"].empty());
  EXPECT_EQ(events[0].json["message"]["usage"]["input_tokens"], 2);
  EXPECT_EQ(events[0].json["message"]["usage"]["output_tokens"], 1);
  EXPECT_EQ(differences(events[1].json, R"({"type":"string","index":"=0","content_block":{"type":"=\"text\"",
                                            "text":"=\"\"","citations":"null"}})"),
            "");
  EXPECT_EQ(events[2].data, R"({"type":"ping"})");
  EXPECT_EQ(events[4].data, R"({"type":"content_block_stop","index":0})");
  EXPECT_EQ(differences(events[5].json, R"({"type":"string","delta":{"stop_reason":"=\"end_turn\"",
      "stop_sequence":"null","stop_details":"null","container":"null"},"usage":{"input_tokens":"=2",
      "cache_creation_input_tokens":"=0","cache_read_input_tokens":"=0","output_tokens":"=2",
      "output_tokens_details":{"thinking_tokens":"=0"},"server_tool_use":"null"}})"),
            "");
  EXPECT_EQ(events[6].data, R"({"type":"message_stop"})");
}

TEST(EchoMessages, CallsTools) {
  const auto answer = whole(kMessages, user_says("Bonn", kTools), {.tool_calls = 3});
  EXPECT_EQ(differences(answer, message_picture(kToolBlock, R"(=\"tool_use\")")), "");
  ASSERT_EQ(answer["content"].size(), 3U);
  EXPECT_EQ(answer["content"][0]["input"], parsed(R"({"city":"Bonn"})"));
  EXPECT_EQ(answer["content"][1]["name"], "clock");
  EXPECT_EQ(answer["content"][2]["input"], parsed(R"x({"city":"Bonn (3)"})x"));
  EXPECT_THAT(answer["content"][0]["id"].get<std::string>(), StartsWith("toolu_01"));

  const auto events = streamed(kMessages, user_says("Bonn", std::string(kTools) + R"(,"stream":true)"),
                               {.chunk_bytes = 1000, .tool_calls = 3});
  EXPECT_EQ(names(events),
            std::vector<std::string>({"message_start", "content_block_start", "ping", "content_block_delta",
                                      "content_block_stop", "content_block_start", "content_block_delta",
                                      "content_block_stop", "content_block_start", "content_block_delta",
                                      "content_block_stop", "message_delta", "message_stop"}));
  std::vector<json::Document> blocks;
  std::string input;
  int deltas = 0;
  for (const Event& event : events) {
    if (event.name == "content_block_start") {
      EXPECT_EQ(differences(event.json["content_block"], kToolBlock), "");
      EXPECT_EQ(event.json["index"], blocks.size());
      EXPECT_EQ(event.json["content_block"]["input"], parsed("{}"));
      blocks.push_back(event.json["content_block"]);
      input.clear();
      deltas = 0;
    } else if (event.name == "content_block_delta") {
      EXPECT_EQ(event.json["index"], blocks.size() - 1);
      EXPECT_EQ(
          differences(event.json["delta"], R"({"type":"=\"input_json_delta\"","partial_json":"string"})"),
          "");
      input += event.json["delta"]["partial_json"].get<std::string>();
      ++deltas;
    } else if (event.name == "content_block_stop") {
      blocks.back()["input"] = parsed(input);
      EXPECT_GE(deltas, 2);
    }
  }
  EXPECT_EQ(json::Document(blocks), answer["content"]);
  EXPECT_EQ(events[events.size() - 2].json["delta"]["stop_reason"], "tool_use");
  EXPECT_EQ(
      whole(kMessages, user_says("x", R"(,"tool_choice":{"type":"auto","disable_parallel_tool_use":true})"),
            {.tool_calls = 3})["content"]
          .size(),
      1U);
}

TEST(EchoMessages, HonoursTheMaximum) {
  const auto answer = whole(
      kMessages, R"({"model":"echo","max_tokens":2,"messages":[{"role":"user","content":"0123456789"}]})");
  EXPECT_EQ(answer["content"][0]["text"], "012345");
  EXPECT_EQ(answer["stop_reason"], "max_tokens");
  EXPECT_EQ(answer["usage"]["output_tokens"], 2);
  const auto none =
      whole(kMessages, R"({"model":"echo","max_tokens":0,"messages":[{"role":"user","content":"x"}]})");
  EXPECT_TRUE(none["content"].empty());
  EXPECT_EQ(none["stop_reason"], "max_tokens");
  EXPECT_EQ(none["usage"]["output_tokens"], 0);
}

TEST(EchoMessages, RefusesWhatTheApiRefuses) {
  EXPECT_THAT(refusal(kMessages, R"({"model":"m","messages":[{"role":"user","content":"x"}]})"),
              HasSubstr("max_tokens: `max_tokens` is required"));
  EXPECT_THAT(refusal(kMessages, R"({"model":"m","max_tokens":-1,"messages":[]})"),
              StartsWith("max_tokens: "));
  EXPECT_THAT(refusal(kMessages, R"({"model":"m","max_tokens":5,"messages":[]})"), StartsWith("messages: "));
  EXPECT_THAT(
      refusal(kMessages, R"({"model":"m","max_tokens":5,"messages":[{"role":"tool","content":"x"}]})"),
      StartsWith("messages.0.role: "));
  EXPECT_THAT(
      refusal(kMessages, R"({"model":"m","max_tokens":5,"messages":[{"role":"user","content":null}]})"),
      StartsWith("messages.0.content: "));
  EXPECT_THAT(refusal(kMessages, user_says("x", R"(,"system":5)")), StartsWith("system: "));
  EXPECT_THAT(refusal(kMessages, user_says("x", R"(,"temperature":1.5)")), StartsWith("temperature: "));
}

TEST(EchoMessages, FaultsAreInTheShapeOfTheApi) {
  const std::string body = user_says(kManyScripts, R"(,"stream":true)");
  const auto events = events_of(echoed(kMessages, body, {.fault = "error-event"}).frames);
  EXPECT_EQ(events.size(), echoed(kMessages, body).frames.size() / 2 + 1);
  EXPECT_EQ(events.back().name, "error");
  EXPECT_EQ(differences(events.back().json, R"({"type":"=\"error\"","error":{"type":"=\"overloaded_error\"",
                                                "message":"string"},"request_id":"string"})"),
            "");
  const std::pair<int, const char*> kinds[] = {{400, "invalid_request_error"},
                                               {401, "authentication_error"},
                                               {402, "billing_error"},
                                               {403, "permission_error"},
                                               {404, "not_found_error"},
                                               {413, "request_too_large"},
                                               {418, "invalid_request_error"},
                                               {429, "rate_limit_error"},
                                               {500, "api_error"},
                                               {503, "api_error"},
                                               {504, "timeout_error"},
                                               {529, "overloaded_error"}};
  for (const auto& [status, type] : kinds) {
    const EchoAnswer answer = echoed(kMessages, body, {.status = status});
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(parsed(answer.json)["error"]["type"], type);
    EXPECT_EQ(
        differences(parsed(answer.json), R"({"type":"=\"error\"","error":{"type":"string","message":"string"},
                                                   "request_id":"string"})"),
        "");
  }
}

TEST(EchoMessages, ItsUsageIsReadByOurReader) {
  UsageReader reader(kMessages, true);
  for (const std::string& frame : echoed(kMessages, user_says("hello", R"(,"stream":true)")).frames)
    reader.feed(frame);
  EXPECT_EQ(reader.usage(), (Usage{.input = 2,
                                   .output = 2,
                                   .cache_read = 0,
                                   .cache_write = 0,
                                   .cache_write_1h = 0,
                                   .reasoning = 0,
                                   .model = "echo"}));
  EXPECT_TRUE(reader.finished());
}

TEST(EchoCountTokens, CountsTheText) {
  EXPECT_EQ(echoed(Operation::count_tokens,
                   R"({"model":"m","system":"abc","messages":[{"role":"user","content":"abcd"}]})")
                .json,
            R"({"input_tokens":3})");
  EXPECT_THAT(refusal(Operation::count_tokens, R"({"model":"m"})"), StartsWith("messages: "));
}

}  // namespace
}  // namespace relayna::dialect
