#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/dialect/echo_support.hpp"

namespace relayna::dialect {
namespace {

using ::testing::StartsWith;
constexpr Operation kResponses = Operation::responses;

const std::string kPart = R"({"type":"=\"output_text\"","text":"string","annotations":[],"logprobs":[]})";

std::string message_picture(const std::string& status, const std::string& part) {
  return R"({"id":"string","type":"=\"message\"","status":"=\")" + status +
         R"(\"","role":"=\"assistant\"","content":[)" + part + "]}";
}
std::string call_picture(const std::string& status) {
  return R"({"id":"string","type":"=\"function_call\"","status":"=\")" + status +
         R"(\"","arguments":"string","call_id":"string","name":"string"})";
}

/// Of a response whose request names nothing but model and input.
std::string response_picture(const std::string& status, const std::string& output, bool final) {
  return R"({"id":"string","object":"=\"response\"","created_at":"=1795000000","status":"=\")" + status +
         R"(\"","completed_at":")" + (status == "completed" ? "=1795000000" : "null") +
         R"(","error":"null","incomplete_details":)" +
         (status == "incomplete" ? R"({"reason":"=\"max_output_tokens\""})" : R"("null")") +
         R"(,"background":"=false","conversation":"null","instructions":"null","max_output_tokens":"integer|null",
             "max_tool_calls":"null","model":"=\"echo\"","output":[)" +
         output +
         R"(],"parallel_tool_calls":"=true","previous_response_id":"null","prompt":"null","prompt_cache_key":"null",
             "prompt_cache_retention":"null","reasoning":{"effort":"null","summary":"null"},
             "safety_identifier":"null","service_tier":"=\"default\"","store":"=true","temperature":"=1",
             "text":{"format":{"type":"=\"text\""},"verbosity":"=\"medium\""},"tool_choice":"=\"auto\"",
             "tools":[],"top_logprobs":"=0","top_p":"=1","truncation":"=\"disabled\"","user":"null",
             "metadata":{},"usage":)" +
         (final
              ? R"({"input_tokens":"integer","input_tokens_details":{"cached_tokens":"=0","cache_write_tokens":"=0"},
                      "output_tokens":"integer","output_tokens_details":{"reasoning_tokens":"=0"},
                      "total_tokens":"integer"}})"
              : R"("null"})");
}

std::string input_is(std::string_view text, std::string_view more = "") {
  json::Document body = {{"model", "echo"}, {"input", text}};
  std::string out = body.dump();
  out.pop_back();
  return out + std::string(more) + "}";
}
constexpr std::string_view kTools =
    R"(,"tools":[{"type":"function","name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}},
                 {"type":"web_search"},{"type":"function","name":"clock","strict":false,"description":"d","parameters":{}}])";

TEST(EchoResponses, AnswersWithEveryDocumentedField) {
  const auto answer = whole(kResponses, input_is(kManyScripts));
  EXPECT_EQ(differences(answer, response_picture("completed", message_picture("completed", kPart), true)),
            "");
  EXPECT_THAT(answer["id"].get<std::string>(), StartsWith("resp_"));
  ASSERT_EQ(answer["output"].size(), 1U);
  EXPECT_THAT(answer["output"][0]["id"].get<std::string>(), StartsWith("msg_"));
  ASSERT_EQ(answer["output"][0]["content"].size(), 1U);
  EXPECT_EQ(answer["output"][0]["content"][0]["text"], kManyScripts);
  const std::int64_t n = tokens(kManyScripts.size());
  EXPECT_EQ(answer["usage"]["input_tokens"], n);
  EXPECT_EQ(answer["usage"]["output_tokens"], n);
  EXPECT_EQ(answer["usage"]["total_tokens"], 2 * n);
}

TEST(EchoResponses, ReadsInputItemsAndInstructions) {
  const auto answer = whole(kResponses, R"({"model":"echo","instructions":"abc","input":[
      {"role":"user","content":"one"},
      {"type":"message","role":"user","content":[{"type":"input_text","text":"tw"},{"type":"input_image","image_url":"x"},
                                                 {"type":"input_text","text":"o"}]},
      {"type":"function_call","call_id":"c","name":"f","arguments":"{}"},
      {"type":"function_call_output","call_id":"c","output":"42"},{"type":"reasoning","summary":[]}]})");
  EXPECT_EQ(answer["output"][0]["content"][0]["text"], "two");
  EXPECT_EQ(answer["usage"]["input_tokens"], tokens(3 + 3 + 3 + 2 + 2));
  EXPECT_EQ(answer["instructions"], "abc");
}

TEST(EchoResponses, RepeatsTheParametersOfTheRequest) {
  const auto answer =
      whole(kResponses, R"({"model":"echo","input":"x","temperature":0.2,"top_p":0.5,"store":false,
      "metadata":{"k":"v"},"user":"u","safety_identifier":"s","truncation":"auto","previous_response_id":"resp_0",
      "reasoning":{"effort":"low"},"text":{"verbosity":"low"},"tool_choice":"required","max_output_tokens":50,
      "parallel_tool_calls":false,"conversation":"conv_1","prompt_cache_key":"p","background":true,"max_tool_calls":4,
      "top_logprobs":2,"tools":[
      {"type":"function","name":"weather"},{"type":"web_search"},
      {"type":"function","name":"clock","strict":false,"description":"d","parameters":{ "a" :[1.0, 2]}}]})");
  const auto expected = parsed(R"({"temperature":0.2,"top_p":0.5,"store":false,
      "metadata":{"k":"v"},"user":"u","safety_identifier":"s","truncation":"auto","previous_response_id":"resp_0",
      "reasoning":{"effort":"low","summary":null},"text":{"format":{"type":"text"},"verbosity":"low"},
      "tool_choice":"required","max_output_tokens":50,"parallel_tool_calls":false,"conversation":{"id":"conv_1"},
      "prompt_cache_key":"p","background":true,"max_tool_calls":4,"top_logprobs":2,"tools":[
      {"type":"function","name":"weather","description":null,"parameters":null,"strict":true},{"type":"web_search"},
      {"type":"function","name":"clock","strict":false,"description":"d","parameters":{"a":[1,2]}}]})");
  for (const auto& [name, value] : expected.items()) EXPECT_EQ(answer[name], value) << name;
}

/// The events' names in order, repeated deltas once; checks numbering.
std::vector<std::string> names(const std::vector<Event>& events) {
  std::vector<std::string> found;
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i].json["type"], events[i].name);
    EXPECT_EQ(events[i].json["sequence_number"], i);
    if (found.empty() || !events[i].name.ends_with(".delta") || found.back() != events[i].name) {
      found.push_back(events[i].name);
    }
  }
  return found;
}

TEST(EchoResponses, StreamsTextInTheDocumentedOrder) {
  for (std::size_t bytes = 1; bytes <= kManyScripts.size() + 1; ++bytes) {
    const auto events =
        streamed(kResponses, input_is(kManyScripts, R"(,"stream":true)"), {.chunk_bytes = bytes});
    EXPECT_EQ(names(events),
              std::vector<std::string>(
                  {"response.created", "response.in_progress", "response.output_item.added",
                   "response.content_part.added", "response.output_text.delta", "response.output_text.done",
                   "response.content_part.done", "response.output_item.done", "response.completed"}));
    std::string text;
    for (const Event& event : events) {
      if (event.name == "response.output_text.delta") text += event.json["delta"].get<std::string>();
    }
    EXPECT_EQ(text, kManyScripts) << bytes;
  }
}

TEST(EchoResponses, EveryTextEventHasItsDocumentedFields) {
  const auto events = streamed(kResponses, input_is("hello", R"(,"stream":true)"));
  ASSERT_EQ(events.size(), 9U);
  const std::string number = R"("type":"string","sequence_number":"integer")";
  const std::string place = number + R"(,"item_id":"string","output_index":"=0","content_index":"=0")";
  const std::string empty_part =
      R"({"type":"=\"output_text\"","text":"=\"\"","annotations":[],"logprobs":[]})";
  const std::string pictures[] = {
      "{" + number + R"(,"response":)" + response_picture("in_progress", "", false) + "}",
      "{" + number + R"(,"response":)" + response_picture("in_progress", "", false) + "}",
      "{" + number + R"(,"output_index":"=0","item":)" + message_picture("in_progress", "") + "}",
      "{" + place + R"(,"part":)" + empty_part + "}",
      "{" + place + R"(,"delta":"=\"hello\"","logprobs":[]})",
      "{" + place + R"(,"text":"=\"hello\"","logprobs":[]})",
      "{" + place + R"(,"part":)" + kPart + "}",
      "{" + number + R"(,"output_index":"=0","item":)" + message_picture("completed", kPart) + "}",
      "{" + number + R"(,"response":)" +
          response_picture("completed", message_picture("completed", kPart), true) + "}"};
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(differences(events[i].json, pictures[i]), "") << events[i].name;
  }
  const auto& item = events[7].json["item"];
  for (const std::size_t i : {3UZ, 4UZ, 5UZ, 6UZ}) EXPECT_EQ(events[i].json["item_id"], item["id"]);
  EXPECT_EQ(events[2].json["item"]["id"], item["id"]);
  EXPECT_EQ(events[8].json["response"], whole(kResponses, input_is("hello")));
}

TEST(EchoResponses, CallsFunctions) {
  const auto answer = whole(kResponses, input_is("Bonn", kTools), {.tool_calls = 3});
  ASSERT_EQ(answer["output"].size(), 3U);
  for (const auto& item : answer["output"]) EXPECT_EQ(differences(item, call_picture("completed")), "");
  EXPECT_EQ(answer["output"][0]["name"], "weather");
  EXPECT_EQ(answer["output"][0]["arguments"], R"({"city":"Bonn"})");
  EXPECT_EQ(answer["output"][1]["name"], "clock");
  EXPECT_EQ(answer["output"][2]["arguments"], R"x({"city":"Bonn (3)"})x");
  EXPECT_NE(answer["output"][0]["call_id"], answer["output"][2]["call_id"]);

  const auto events = streamed(kResponses, input_is("Bonn", std::string(kTools) + R"(,"stream":true)"),
                               {.chunk_bytes = 1000, .tool_calls = 3});
  std::vector<std::string> expected = {"response.created", "response.in_progress"};
  for (int i = 0; i < 3; ++i) {
    expected.insert(expected.end(), {"response.output_item.added", "response.function_call_arguments.delta",
                                     "response.function_call_arguments.done", "response.output_item.done"});
  }
  expected.emplace_back("response.completed");
  EXPECT_EQ(names(events), expected);

  std::string arguments;
  for (const Event& event : events) {
    if (event.name == "response.output_item.added") {
      EXPECT_EQ(differences(event.json["item"], call_picture("in_progress")), "");
      EXPECT_EQ(event.json["item"]["arguments"], "");
      arguments.clear();
    } else if (event.name == "response.function_call_arguments.delta") {
      EXPECT_EQ(differences(event.json, R"({"type":"string","sequence_number":"integer","item_id":"string",
                                            "output_index":"integer","delta":"string"})"),
                "");
      arguments += event.json["delta"].get<std::string>();
    } else if (event.name == "response.function_call_arguments.done") {
      EXPECT_EQ(differences(event.json, R"({"type":"string","sequence_number":"integer","item_id":"string",
                                            "output_index":"integer","name":"string","arguments":"string"})"),
                "");
      EXPECT_EQ(event.json["arguments"], arguments);
    } else if (event.name == "response.output_item.done") {
      const std::size_t index = event.json["output_index"];
      EXPECT_EQ(event.json["item"], answer["output"][index]);
      EXPECT_EQ(event.json["item"]["arguments"], arguments);
    }
  }
  EXPECT_EQ(events.back().json["response"], answer);
}

TEST(EchoResponses, HonoursTheMaximum) {
  const auto answer = whole(kResponses, input_is("0123456789", R"(,"max_output_tokens":2)"));
  EXPECT_EQ(differences(answer, response_picture("incomplete", message_picture("incomplete", kPart), true)),
            "");
  EXPECT_EQ(answer["output"][0]["content"][0]["text"], "012345");
  const auto events = streamed(kResponses, input_is("0123456789", R"(,"max_output_tokens":2,"stream":true)"));
  EXPECT_EQ(events.back().name, "response.incomplete");
  EXPECT_EQ(events.back().json["response"], answer);
}

TEST(EchoResponses, RefusesWhatTheApiRefuses) {
  EXPECT_THAT(refusal(kResponses, R"({"model":"m"})"), StartsWith("input: "));
  EXPECT_THAT(refusal(kResponses, R"({"model":"m","input":[]})"), StartsWith("input: "));
  EXPECT_THAT(refusal(kResponses, R"({"model":"m","input":["x"]})"), StartsWith("input[0]: "));
  EXPECT_THAT(refusal(kResponses, R"({"model":"m","input":[{"content":"x"}]})"), StartsWith("input[0]: "));
  EXPECT_THAT(refusal(kResponses, R"({"model":"m","input":[{"role":"x","content":"x"}]})"),
              StartsWith("input[0].role: "));
  EXPECT_THAT(refusal(kResponses, R"({"model":"m","input":[{"role":"user"}]})"),
              StartsWith("input[0].content: "));
  EXPECT_THAT(refusal(kResponses, input_is("x", R"(,"max_output_tokens":0)")),
              StartsWith("max_output_tokens: "));
  EXPECT_THAT(refusal(kResponses, input_is("x", R"(,"metadata":[])")), StartsWith("metadata: "));
  EXPECT_THAT(refusal(kResponses, input_is("x", R"(,"temperature":3)")), StartsWith("temperature: "));
  EXPECT_TRUE(try_echo(kResponses, R"({"model":"m","prompt":{"id":"pmpt_1"}})").has_value());
}

TEST(EchoResponses, AnErrorEventContinuesTheNumbering) {
  const auto events = events_of(
      echoed(kResponses, input_is(kManyScripts, R"(,"stream":true)"), {.fault = "error-event"}).frames);
  EXPECT_EQ(events.back().name, "error");
  EXPECT_EQ(differences(events.back().json, R"({"type":"=\"error\"","code":"string","message":"string",
                                                "param":"null","sequence_number":"integer"})"),
            "");
  names(events);
}

TEST(EchoResponses, ItsUsageIsReadByOurReader) {
  UsageReader reader(kResponses, true);
  const auto frames = echoed(kResponses, input_is("hello", R"(,"stream":true)")).frames;
  for (const std::string& frame : frames) reader.feed(frame);
  EXPECT_EQ(reader.usage(), (Usage{.input = 2,
                                   .output = 2,
                                   .total = 4,
                                   .cache_read = 0,
                                   .cache_write = 0,
                                   .reasoning = 0,
                                   .model = "echo"}));
  EXPECT_TRUE(reader.finished() && reader.saw_content());
  EXPECT_EQ(reader.next_sequence_number(), static_cast<std::int64_t>(frames.size()));
}

}  // namespace
}  // namespace relayna::dialect
