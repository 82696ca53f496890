#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "relayna/dialect/dialect.hpp"

#include "unit/dialect/echo_support.hpp"

namespace relayna::dialect {
namespace {

using core::Error;
using core::ErrorCode;

TEST(RenderError, OpenaiShape) {
  EXPECT_EQ(render_error(Api::openai, Error(ErrorCode::invalid_request, "`n` is \"wrong\".").with_param("n"),
                         "r-1"),
            R"({"error":{"message":"`n` is \"wrong\".","type":"invalid_request_error","param":"n",)"
            R"("code":"invalid_request","request_id":"r-1"}})");
  const Error busy = Error(ErrorCode::gateway_overloaded, "Busy.").with_retry_after(std::chrono::seconds(7));
  EXPECT_EQ(differences(parsed(render_error(Api::openai, busy, "r-1")),
                        R"({"error":{"message":"=\"Busy.\"","type":"string","param":"null",
                            "code":"=\"gateway_overloaded\"","request_id":"=\"r-1\"","retry_after_seconds":"=7"}})"),
            "");
}

TEST(RenderError, AnthropicShape) {
  EXPECT_EQ(render_error(Api::anthropic, Error(ErrorCode::model_not_found, "No such model."), "r-1"),
            R"({"type":"error","error":{"type":"not_found_error","message":"No such model.",)"
            R"("code":"model_not_found"},"request_id":"r-1"})");
}

TEST(RenderError, GeminiShape) {
  EXPECT_EQ(render_error(Api::gemini, Error(ErrorCode::missing_authorization, "No key."), "r-1"),
            R"({"error":{"code":401,"status":"UNAUTHENTICATED","message":"No key."}})");
}

TEST(RenderError, EveryCodeHasAMessageInEveryShape) {
  for (const core::ErrorInfo& info : core::error_table()) {
    for (const Api api : {Api::openai, Api::anthropic, Api::gemini}) {
      const auto document = parsed(render_error(api, Error(info.code, {}, "private detail"), "r"));
      EXPECT_EQ(document["error"]["message"], std::string(info.message));
      EXPECT_EQ(document.dump().find("private detail"), std::string::npos);
    }
  }
}

TEST(RenderError, WhatIsNotUtf8BecomesValidJson) {
  EXPECT_EQ(parsed(render_error(Api::openai, Error(ErrorCode::invalid_path, "bad \xFF path\n"),
                                "r"))["error"]["message"],
            "bad \xEF\xBF\xBD path\n");
}

TEST(RenderStreamError, IsTheLastEventOfEachProtocol) {
  const Error error = Error(ErrorCode::upstream_timeout, "The upstream fell silent.");
  const auto chat = events_of({render_stream_error(Operation::chat_completions, error, "r-1")});
  EXPECT_EQ(chat[0].name, "");
  EXPECT_EQ(chat[0].data, render_error(Api::openai, error, "r-1"));
  EXPECT_EQ(render_stream_error(Operation::completions, error, "r-1"),
            render_stream_error(Operation::chat_completions, error, "r-1"));

  const auto message = events_of({render_stream_error(Operation::messages, error, "r-1")});
  EXPECT_EQ(message[0].name, "error");
  EXPECT_EQ(message[0].data, render_error(Api::anthropic, error, "r-1"));

  const auto response = events_of({render_stream_error(Operation::responses, error, "r-1", 12)});
  EXPECT_EQ(response[0].name, "error");
  EXPECT_EQ(response[0].data,
            R"({"type":"error","code":"upstream_timeout","message":"The upstream fell silent.","param":null,)"
            R"("sequence_number":12})");

  const auto gemini = events_of({render_stream_error(Operation::generate_content, error, "r-1")});
  EXPECT_EQ(gemini[0].name, "");
  EXPECT_EQ(gemini[0].data, render_error(Api::gemini, error, "r-1"));
}

TEST(RenderStreamError, OurOwnReaderSeesIt) {
  for (const Operation operation : {Operation::chat_completions, Operation::completions, Operation::messages,
                                    Operation::responses, Operation::generate_content}) {
    UsageReader reader(operation, true);
    reader.feed(render_stream_error(operation, Error(ErrorCode::internal_error), "r"));
    EXPECT_TRUE(reader.saw_error());
    EXPECT_FALSE(reader.finished());
  }
}

const std::vector<ModelEntry> kModels = {{"gpt-4o", "openai", 1'715'367'049}, {"claude-x", "anthropic", 0}};

TEST(RenderModels, OpenaiShape) {
  EXPECT_EQ(render_models(Api::openai, kModels),
            R"({"object":"list","data":[)"
            R"({"id":"gpt-4o","object":"model","created":1715367049,"owned_by":"openai"},)"
            R"({"id":"claude-x","object":"model","created":0,"owned_by":"anthropic"}]})");
  EXPECT_EQ(render_models(Api::openai, {}), R"({"object":"list","data":[]})");
  EXPECT_EQ(render_model(Api::openai, kModels[0]),
            R"({"id":"gpt-4o","object":"model","created":1715367049,"owned_by":"openai"})");
}

TEST(RenderModels, AnthropicShape) {
  constexpr std::string_view kModel =
      R"({"type":"=\"model\"","id":"string","display_name":"string","created_at":"string","capabilities":"null",
          "max_input_tokens":"null","max_tokens":"null","lifecycle":"=\"active\"","line":"null",
          "deprecated_at":"null","retires_at":"null"})";
  const auto list = parsed(render_models(Api::anthropic, kModels));
  EXPECT_EQ(
      differences(list, R"({"data":[)" + std::string(kModel) +
                            R"(],"has_more":"=false","first_id":"=\"gpt-4o\"","last_id":"=\"claude-x\""})"),
      "");
  EXPECT_EQ(list["data"][0]["created_at"], "2024-05-10T18:50:49Z");
  EXPECT_EQ(list["data"][1]["created_at"], "1970-01-01T00:00:00Z");
  EXPECT_EQ(differences(parsed(render_models(Api::anthropic, {})),
                        R"({"data":[],"has_more":"=false","first_id":"null","last_id":"null"})"),
            "");
  EXPECT_EQ(parsed(render_model(Api::anthropic, kModels[1])), list["data"][1]);
}

}  // namespace
}  // namespace relayna::dialect
