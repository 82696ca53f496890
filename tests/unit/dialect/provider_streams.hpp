#pragma once

#include <vector>

#include "unit/dialect/streams.hpp"

// Streams that show what each provider counts and how, with the buckets their tokens belong in. Written by
// hand after the providers' documentation.

namespace relayna::dialect {

struct Priced {
  Recorded stream;
  domain::TokenBuckets buckets;
};

inline const std::vector<Priced>& openai_streams() {
  static const std::vector<Priced> streams = {
      {{.name = "chat with audio in and out",
        .operation = Operation::chat_completions,
        .frames =
            {"\t"
             R"({"id":"c9","model":"gpt-audio-2025-08-28","choices":[{"index":0,"delta":{"role":"assistant","audio":{"id":"a1","transcript":"Well"}}}],"usage":null})",
             "\t"
             R"({"id":"c9","model":"gpt-audio-2025-08-28","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null})",
             "\t"
             R"({"id":"c9","model":"gpt-audio-2025-08-28","choices":[],"usage":{"prompt_tokens":420,"completion_tokens":230,"total_tokens":650,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":300,"text_tokens":120,"image_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":180,"text_tokens":50,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}})",
             "\t[DONE]"},
        .usage = {.input = 420,
                  .output = 230,
                  .total = 650,
                  .cache_read = 0,
                  .reasoning = 0,
                  .audio_input = 300,
                  .audio_output = 180,
                  .image_input = 0,
                  .model = "gpt-audio-2025-08-28"}},
       {.input_text = 120, .output_text = 50, .audio_input = 300, .audio_output = 180}},
      {{.name = "response with images that the cache served in part",
        .operation = Operation::responses,
        .frames =
            {"response.created\t"
             R"({"type":"response.created","sequence_number":0,"response":{"id":"r1","model":"gpt-5.4","usage":null}})",
             "response.output_text.delta\t"
             R"({"type":"response.output_text.delta","sequence_number":1,"delta":"A cat."})",
             "response.completed\t"
             R"({"type":"response.completed","sequence_number":2,"response":{"id":"r1","model":"gpt-5.4","usage":{"input_tokens":1600,"input_tokens_details":{"cached_tokens":1024,"image_tokens":765,"text_tokens":835},"output_tokens":90,"output_tokens_details":{"reasoning_tokens":64},"total_tokens":1690}}})"},
        .usage = {.input = 1600,
                  .output = 90,
                  .total = 1690,
                  .cache_read = 1024,
                  .reasoning = 64,
                  .image_input = 765,
                  .model = "gpt-5.4"}},
       {.cache_read = 1024, .output_text = 26, .reasoning = 64, .image_input = 576}},
      {{.name = "response that fails after using tokens",
        .operation = Operation::responses,
        .frames =
            {"response.created\t"
             R"({"type":"response.created","sequence_number":0,"response":{"model":"gpt-5"}})",
             "response.failed\t"
             R"({"type":"response.failed","sequence_number":1,"response":{"model":"gpt-5","status":"failed","error":{"code":"server_error","message":"x"},"usage":{"input_tokens":12,"output_tokens":7,"total_tokens":19}}})"},
        .usage = {.input = 12, .output = 7, .total = 19, .model = "gpt-5"},
        .content = false,
        .error = true},
       {.input_text = 12, .output_text = 7}},
      {{.name = "completion of a legacy model",
        .operation = Operation::completions,
        .frames =
            {"\t"
             R"({"id":"t1","object":"text_completion","model":"gpt-3.5-turbo-instruct","choices":[{"text":"So","index":0,"finish_reason":"stop"}]})",
             "\t"
             R"({"id":"t1","object":"text_completion","model":"gpt-3.5-turbo-instruct","choices":[],"usage":{"prompt_tokens":8,"completion_tokens":1,"total_tokens":9}})",
             "\t[DONE]"},
        .usage = {.input = 8, .output = 1, .total = 9, .model = "gpt-3.5-turbo-instruct"}},
       {.input_text = 8, .output_text = 1}},
  };
  return streams;
}

// OpenAI's words with meanings of their own.
inline const std::vector<Priced>& compatible_streams() {
  static const std::vector<Priced> streams = {
      {{.name = "xAI, whose completion tokens leave the reasoning out",
        .operation = Operation::chat_completions,
        .frames =
            {"\t"
             R"({"model":"grok-4","choices":[{"index":0,"delta":{"role":"assistant","reasoning_content":"Hm"}}]})",
             "\t"
             R"({"model":"grok-4","choices":[],"usage":{"prompt_tokens":32,"completion_tokens":9,"total_tokens":135,"prompt_tokens_details":{"text_tokens":32,"audio_tokens":0,"image_tokens":0,"cached_tokens":6},"completion_tokens_details":{"reasoning_tokens":94,"audio_tokens":0},"cost_in_usd_ticks":15375}})",
             "\t[DONE]"},
        .usage = {.input = 32,
                  .output = 103,
                  .total = 135,
                  .cache_read = 6,
                  .reasoning = 94,
                  .audio_input = 0,
                  .audio_output = 0,
                  .image_input = 0,
                  .reported_cost = core::Money::nanos(1538),
                  .model = "grok-4"}},
       {.input_text = 26, .cache_read = 6, .output_text = 9, .reasoning = 94}},
      {{.name = "Gemini's OpenAI-compatible endpoint, which does not name its thoughts",
        .operation = Operation::chat_completions,
        .frames =
            {"\t"
             R"({"model":"gemini-2.5-pro","choices":[{"index":0,"delta":{"content":"Yes"}}],"usage":{"prompt_tokens":10,"completion_tokens":1,"total_tokens":61}})",
             "\t"
             R"({"model":"gemini-2.5-pro","choices":[{"index":0,"delta":{"content":"."},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":2,"total_tokens":80}})",
             "\t[DONE]"},
        .usage = {.input = 10, .output = 70, .total = 80, .reasoning = 68, .model = "gemini-2.5-pro"}},
       {.input_text = 10, .output_text = 2, .reasoning = 68}},
      {{.name = "OpenRouter, which says what it charges",
        .operation = Operation::chat_completions,
        .frames =
            {"\t: OPENROUTER PROCESSING",
             "\t"
             R"({"id":"gen-1","provider":"Anthropic","model":"anthropic/claude-sonnet-4.5","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"}}]})",
             "\t"
             R"({"id":"gen-1","provider":"Anthropic","model":"anthropic/claude-sonnet-4.5","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":{"prompt_tokens":194,"completion_tokens":2,"total_tokens":196,"cost":6.1199999999999997e-04,"is_byok":false,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"cost_details":{"upstream_inference_cost":null},"completion_tokens_details":{"reasoning_tokens":0}}})",
             "\t[DONE]"},
        .usage = {.input = 194,
                  .output = 2,
                  .total = 196,
                  .cache_read = 0,
                  .reasoning = 0,
                  .audio_input = 0,
                  .reported_cost = core::Money::nanos(612'000),
                  .model = "anthropic/claude-sonnet-4.5"}},
       {.input_text = 194, .output_text = 2}},
      {{.name = "Perplexity, whose cost is an object",
        .operation = Operation::chat_completions,
        .frames =
            {"\t"
             R"({"model":"sonar","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}],"usage":{"prompt_tokens":14,"completion_tokens":3,"total_tokens":17,"search_context_size":"low","cost":{"input_tokens_cost":1.4e-05,"output_tokens_cost":3e-06,"request_cost":0.005,"total_cost":0.005017}}})",
             "\t[DONE]"},
        .usage = {.input = 14,
                  .output = 3,
                  .total = 17,
                  .reported_cost = core::Money::nanos(5'017'000),
                  .model = "sonar"}},
       {.input_text = 14, .output_text = 3}},
      {{.name = "DeepSeek, with words of its own for the cache",
        .operation = Operation::chat_completions,
        .frames =
            {"\t"
             R"({"model":"deepseek-chat","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}],"usage":{"prompt_tokens":100,"completion_tokens":5,"total_tokens":105,"prompt_cache_hit_tokens":64,"prompt_cache_miss_tokens":36}})",
             "\t[DONE]"},
        .usage = {.input = 100, .output = 5, .total = 105, .cache_read = 64, .model = "deepseek-chat"}},
       {.input_text = 36, .cache_read = 64, .output_text = 5}},
      {{.name = "Claude behind LiteLLM, cache writes by lifetime",
        .operation = Operation::chat_completions,
        .frames =
            {"\t"
             R"({"model":"claude","choices":[{"index":0,"delta":{"content":"x"}}]})",
             "\t"
             R"({"model":"claude","choices":[{"index":0,"delta":{}}],"usage":{"prompt_tokens":3000,"completion_tokens":10,"total_tokens":3010,"prompt_tokens_details":{"cached_tokens":1400,"cache_creation_tokens":900,"cache_creation_token_details":{"ephemeral_5m_input_tokens":200,"ephemeral_1h_input_tokens":700}},"cache_creation_input_tokens":900,"cache_read_input_tokens":1400}})",
             "\t[DONE]"},
        .usage = {.input = 3000,
                  .output = 10,
                  .total = 3010,
                  .cache_read = 1400,
                  .cache_write = 900,
                  .cache_write_1h = 700,
                  .model = "claude"}},
       {.input_text = 700,
        .cache_read = 1400,
        .cache_write_5m = 200,
        .cache_write_1h = 700,
        .output_text = 10}},
  };
  return streams;
}

inline const std::vector<Priced>& anthropic_streams() {
  static const std::vector<Priced> streams = {
      {{.name = "message whose cache writes are told by lifetime at the start only",
        .operation = Operation::messages,
        .frames =
            {"message_start\t"
             R"({"type":"message_start","message":{"id":"m1","type":"message","role":"assistant","model":"claude-opus-4-5-20251101","content":[],"usage":{"input_tokens":12,"cache_creation_input_tokens":900,"cache_read_input_tokens":4000,"cache_creation":{"ephemeral_5m_input_tokens":150,"ephemeral_1h_input_tokens":750},"output_tokens":2,"service_tier":"standard"}}})",
             "content_block_start\t"
             R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})",
             "content_block_delta\t"
             R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\"usage\":{}"}})",
             "content_block_stop\t"
             R"({"type":"content_block_stop","index":0})",
             "message_delta\t"
             R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":12,"cache_creation_input_tokens":900,"cache_read_input_tokens":4000,"output_tokens":31}})",
             "message_stop\t"
             R"({"type":"message_stop"})"},
        .usage = {.input = 4912,
                  .output = 31,
                  .cache_read = 4000,
                  .cache_write = 900,
                  .cache_write_1h = 750,
                  .model = "claude-opus-4-5-20251101"}},
       {.input_text = 12,
        .cache_read = 4000,
        .cache_write_5m = 150,
        .cache_write_1h = 750,
        .output_text = 31}},
      {{.name = "message whose output grows from delta to delta",
        .operation = Operation::messages,
        .frames =
            {"message_start\t"
             R"({"type":"message_start","message":{"model":"claude-haiku-4-5","usage":{"input_tokens":20,"cache_creation":{"ephemeral_5m_input_tokens":8,"ephemeral_1h_input_tokens":0},"output_tokens":1}}})",
             "content_block_delta\t"
             R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}})",
             "message_delta\t"
             R"({"type":"message_delta","delta":{},"usage":{"output_tokens":5}})",
             "message_delta\t"
             R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":11}})",
             "message_stop\t"
             R"({"type":"message_stop"})"},
        .usage =
            {.input = 28, .output = 11, .cache_write = 8, .cache_write_1h = 0, .model = "claude-haiku-4-5"}},
       {.input_text = 20, .cache_write_5m = 8, .output_text = 11}},
  };
  return streams;
}

inline const std::vector<Priced>& gemini_streams() {
  static const std::vector<Priced> streams = {
      {{.name = "content with thoughts, cache and tools",
        .operation = Operation::generate_content,
        .frames =
            {"\t"
             R"({"candidates":[{"content":{"parts":[{"text":"","thoughtSignature":"Eq=="}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":5000,"cachedContentTokenCount":4096,"totalTokenCount":5000,"promptTokensDetails":[{"modality":"TEXT","tokenCount":5000}]},"modelVersion":"gemini-2.5-pro","responseId":"x"})",
             "\t"
             R"({"candidates":[{"content":{"parts":[{"text":"It is \"finishReason\":"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":5000,"cachedContentTokenCount":4096,"candidatesTokenCount":4,"thoughtsTokenCount":210,"totalTokenCount":5214},"modelVersion":"gemini-2.5-pro"})",
             "\t"
             R"({"candidates":[{"content":{"parts":[{"text":" so."}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":5000,"cachedContentTokenCount":4096,"candidatesTokenCount":7,"thoughtsTokenCount":210,"toolUsePromptTokenCount":33,"totalTokenCount":5250,"promptTokensDetails":[{"modality":"TEXT","tokenCount":5000}],"candidatesTokensDetails":[{"modality":"TEXT","tokenCount":7}]},"modelVersion":"gemini-2.5-pro"})"},
        .usage = {.input = 5033,
                  .output = 217,
                  .total = 5250,
                  .cache_read = 4096,
                  .reasoning = 210,
                  .model = "gemini-2.5-pro"}},
       {.input_text = 937, .cache_read = 4096, .output_text = 7, .reasoning = 210}},
      {{.name = "content with audio the cache served in part, and an image made",
        .operation = Operation::generate_content,
        .frames =
            {"\t"
             R"({"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"iVBO"}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1000,"cachedContentTokenCount":400,"candidatesTokenCount":1310,"totalTokenCount":2310,"promptTokensDetails":[{"modality":"TEXT","tokenCount":100},{"modality":"AUDIO","tokenCount":642},{"modality":"IMAGE","tokenCount":258}],"cacheTokensDetails":[{"modality":"AUDIO","tokenCount":400}],"candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":1290}]},"modelVersion":"gemini-2.5-flash-image"})"},
        .usage = {.input = 1000,
                  .output = 1310,
                  .total = 2310,
                  .cache_read = 400,
                  .audio_input = 242,
                  .image_input = 258,
                  .image_output = 1290,
                  .model = "gemini-2.5-flash-image"}},
       {.input_text = 100,
        .cache_read = 400,
        .output_text = 20,
        .audio_input = 242,
        .image_input = 258,
        .image_output = 1290}},
      {{.name = "content that is blocked",
        .operation = Operation::generate_content,
        .frames =
            {"\t"
             R"({"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":9,"totalTokenCount":9},"modelVersion":"gemini-2.5-flash"})"},
        .usage = {.input = 9, .total = 9, .model = "gemini-2.5-flash"},
        .content = false},
       {.input_text = 9}},
      {{.name = "content that breaks off in an error",
        .operation = Operation::generate_content,
        .frames =
            {"\t"
             R"({"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"finishReason":"no"}}}]}}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":3,"totalTokenCount":12}})",
             "\t"
             R"({"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}})"},
        .usage = {.input = 9, .output = 3, .total = 12},
        .finished = false,
        .error = true},
       {.input_text = 9, .output_text = 3}},
  };
  return streams;
}

}  // namespace relayna::dialect
