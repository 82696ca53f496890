#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/dialect/dialect.hpp"

// Streams as the providers send them, written down frame by frame; each with what it comes to.

namespace relayna::dialect {

struct Recorded {
  const char* name;
  Operation operation;
  std::vector<std::string> frames;  ///< each `event` (may be empty), a tab, and the data
  Usage usage;
  bool content = true;
  bool finished = true;
  bool error = false;
};

inline const std::vector<Recorded>& recorded_streams() {
  static const std::vector<Recorded> streams = {
      {.name = "chat with usage, details and parallel tools",
       .operation = Operation::chat_completions,
       .frames =
           {"\t"
            R"({"id":"c1","object":"chat.completion.chunk","created":1,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{"role":"assistant","content":null},"finish_reason":null}],"usage":null})",
            "\t"
            R"({"id":"c1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_a","type":"function","function":{"name":"f","arguments":""}}]},"finish_reason":null}],"usage":null})",
            "\t"
            R"({"id":"c1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"usage\":{\"prompt_tokens\":99}}"}}]},"finish_reason":null}],"usage":null})",
            "\t"
            R"({"id":"c1","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"call_b","type":"function","function":{"name":"g","arguments":"{}"}}]},"finish_reason":null}],"usage":null})",
            "\t"
            R"({"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}],"usage":null})",
            "\t"
            R"({"id":"c1","model":"gpt-4o-2024-08-06","choices":[],"usage":{"prompt_tokens":120,"completion_tokens":45,"total_tokens":165,"prompt_tokens_details":{"cached_tokens":100,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":32,"audio_tokens":0}}})",
            "\t[DONE]"},
       .usage = {.input = 120,
                 .output = 45,
                 .total = 165,
                 .cache_read = 100,
                 .reasoning = 32,
                 .audio_input = 0,
                 .audio_output = 0,
                 .model = "gpt-4o-2024-08-06"}},
      {.name = "chat with cumulative usage on every chunk, as vLLM sends it",
       .operation = Operation::chat_completions,
       .frames =
           {"\t"
            R"({"model":"llama","choices":[{"index":0,"delta":{"role":"assistant","content":""}}],"usage":{"prompt_tokens":9,"total_tokens":9,"completion_tokens":0}})",
            "\t"
            R"({"model":"llama","choices":[{"index":0,"delta":{"content":"Hi"}}],"usage":{"prompt_tokens":9,"total_tokens":10,"completion_tokens":1}})",
            "\t"
            R"({"model":"llama","choices":[{"index":0,"delta":{"content":"!"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"total_tokens":11,"completion_tokens":2}})",
            "\t[DONE]"},
       .usage = {.input = 9, .output = 2, .total = 11, .model = "llama"}},
      {.name = "chat of Claude behind LiteLLM",
       .operation = Operation::chat_completions,
       .frames =
           {"\t"
            R"({"model":"claude","choices":[{"index":0,"delta":{"role":"assistant","reasoning_content":"hm"}}]})",
            "\t"
            R"({"model":"claude","choices":[{"index":0,"delta":{}}],"usage":{"prompt_tokens":2000,"completion_tokens":10,"total_tokens":2010,"prompt_tokens_details":null,"cache_creation_input_tokens":500,"cache_read_input_tokens":1400}})",
            "\t[DONE]"},
       .usage = {.input = 2000,
                 .output = 10,
                 .total = 2010,
                 .cache_read = 1400,
                 .cache_write = 500,
                 .model = "claude"}},
      {.name = "chat that ends in an error",
       .operation = Operation::chat_completions,
       .frames = {"\t"
                  R"({"model":"m","choices":[{"index":0,"delta":{"content":"a"}}]})",
                  "\t"
                  R"({"error":{"message":"overloaded","type":"server_error","param":null,"code":null}})"},
       .usage = {.model = "m"},
       .finished = false,
       .error = true},
      {.name = "chat whose error stands beside choices, as OpenRouter sends it",
       .operation = Operation::chat_completions,
       .frames =
           {"\t"
            R"({"model":"m","choices":[{"index":0,"delta":{"content":"a"}}]})",
            "\t"
            R"({"id":"x","object":"chat.completion.chunk","error":{"code":502,"message":"bad"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]})"},
       .usage = {.model = "m"},
       .finished = false,
       .error = true},
      {.name = "chat that says nothing",
       .operation = Operation::chat_completions,
       .frames = {"\t"
                  R"({"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]})",
                  "\t"
                  R"({"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"content_filter"}]})",
                  "\t[DONE]"},
       .usage = {.model = "m"},
       .content = false},
      {.name = "completion",
       .operation = Operation::completions,
       .frames =
           {"\t"
            R"({"object":"text_completion","model":"i","choices":[{"text":"Hi","index":0,"logprobs":null,"finish_reason":null}],"usage":null})",
            "\t"
            R"({"object":"text_completion","model":"i","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}})",
            "\t[DONE]"},
       .usage = {.input = 3, .output = 1, .total = 4, .model = "i"}},
      {.name = "message with cache, thinking and two tools",
       .operation = Operation::messages,
       .frames =
           {"message_start\t"
            R"({"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[],"stop_reason":null,"usage":{"input_tokens":25,"cache_creation_input_tokens":300,"cache_read_input_tokens":1000,"output_tokens":1,"service_tier":"standard"}}})",
            "ping\t"
            R"({"type":"ping"})",
            "content_block_start\t"
            R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}})",
            "content_block_delta\t"
            R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"so"}})",
            "content_block_delta\t"
            R"({"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"Eq=="}})",
            "content_block_stop\t"
            R"({"type":"content_block_stop","index":0})",
            "content_block_start\t"
            R"({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"f","input":{}}})",
            "content_block_delta\t"
            R"({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"type\":\"message_stop\"}"}})",
            "content_block_stop\t"
            R"({"type":"content_block_stop","index":1})",
            "message_delta\t"
            R"({"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":60}})",
            "message_delta\t"
            R"({"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":27,"cache_creation_input_tokens":300,"cache_read_input_tokens":1000,"output_tokens":89,"output_tokens_details":{"thinking_tokens":40}}})",
            "message_stop\t"
            R"({"type":"message_stop"})"},
       .usage = {.input = 1327,
                 .output = 89,
                 .cache_read = 1000,
                 .cache_write = 300,
                 .reasoning = 40,
                 .model = "claude-sonnet-4-5"}},
      {.name = "message of a server that leaves event names out",
       .operation = Operation::messages,
       .frames =
           {"\t"
            R"({"type":"message_start","message":{"model":"c","usage":{"input_tokens":5,"output_tokens":1}}})",
            "\t"
            R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}})",
            "\t"
            R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":7}})",
            "\t"
            R"({"type":"message_stop"})"},
       .usage = {.input = 5, .output = 7, .model = "c"}},
      {.name = "message that breaks off in an error",
       .operation = Operation::messages,
       .frames =
           {"message_start\t"
            R"({"type":"message_start","message":{"model":"c","usage":{"input_tokens":5,"output_tokens":1}}})",
            "error\t"
            R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})"},
       .usage = {.input = 5, .output = 1, .model = "c"},
       .content = false,
       .finished = false,
       .error = true},
      {.name = "response with reasoning",
       .operation = Operation::responses,
       .frames =
           {"response.created\t"
            R"({"type":"response.created","sequence_number":0,"response":{"id":"resp_1","model":"gpt-5","status":"in_progress","output":[],"usage":null}})",
            "response.output_item.added\t"
            R"({"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"type":"message","id":"msg_1","content":[]}})",
            "response.output_text.delta\t"
            R"({"type":"response.output_text.delta","sequence_number":2,"delta":"\"type\":\"response.completed\""})",
            "response.output_text.done\t"
            R"({"type":"response.output_text.done","sequence_number":3,"text":"x"})",
            "response.completed\t"
            R"({"type":"response.completed","sequence_number":4,"response":{"id":"resp_1","model":"gpt-5-2025","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"\"usage\":{}"}]}],"usage":{"input_tokens":300,"input_tokens_details":{"cached_tokens":256,"cache_write_tokens":12},"output_tokens":80,"output_tokens_details":{"reasoning_tokens":64},"total_tokens":380}}})"},
       .usage = {.input = 300,
                 .output = 80,
                 .total = 380,
                 .cache_read = 256,
                 .cache_write = 12,
                 .reasoning = 64,
                 .model = "gpt-5-2025"}},
      {.name = "response without event names that runs out of tokens",
       .operation = Operation::responses,
       .frames =
           {"\t"
            R"({"type":"response.created","response":{"model":"m","usage":null}})",
            "\t"
            R"({"type":"response.output_item.added","item":{"type":"function_call","name":"f"}})",
            "\t"
            R"({"response":{"model":"m","status":"incomplete","usage":{"input_tokens":3,"output_tokens":4,"total_tokens":7}},"type":"response.incomplete"})"},
       .usage = {.input = 3, .output = 4, .total = 7, .model = "m"}},
      {.name = "response that fails",
       .operation = Operation::responses,
       .frames =
           {"response.created\t"
            R"({"type":"response.created","sequence_number":0,"response":{"model":"m"}})",
            "response.failed\t"
            R"({"type":"response.failed","sequence_number":1,"response":{"model":"m","status":"failed","error":{"code":"server_error","message":"x"},"usage":null}})"},
       .usage = {.model = "m"},
       .content = false,
       .finished = true,
       .error = true},
      {.name = "response interrupted by an error event",
       .operation = Operation::responses,
       .frames = {"response.created\t"
                  R"({"type":"response.created","sequence_number":0,"response":{"model":"m"}})",
                  "error\t"
                  R"({"type":"error","code":"server_error","message":"x","param":null,"sequence_number":1})"},
       .usage = {.model = "m"},
       .content = false,
       .finished = false,
       .error = true},
  };
  return streams;
}

inline void PrintTo(const Usage& usage, std::ostream* out) {
  const auto show = [out](const char* name, const auto& value) {
    if (value) *out << name << '=' << *value << ' ';
  };
  show("input", usage.input);
  show("output", usage.output);
  show("total", usage.total);
  show("cache_read", usage.cache_read);
  show("cache_write", usage.cache_write);
  show("cache_write_1h", usage.cache_write_1h);
  show("reasoning", usage.reasoning);
  show("audio_input", usage.audio_input);
  show("audio_output", usage.audio_output);
  show("image_input", usage.image_input);
  show("image_output", usage.image_output);
  if (usage.reported_cost) *out << "reported_cost=" << usage.reported_cost->str() << ' ';
  show("model", usage.model);
}

/// How the lines of a stream may be written.
struct Wire {
  const char* end;
  const char* after_colon;
  bool comments;
};
inline constexpr Wire kWires[] = {
    {"\n", " ", false}, {"\r\n", " ", true}, {"\n", "", true}, {"\r", "", false}};

inline std::string on_the_wire(const Recorded& stream, const Wire& wire) {
  std::string text;
  for (const std::string& frame : stream.frames) {
    const std::size_t tab = frame.find('\t');
    if (wire.comments) text.append(": keep-alive").append(wire.end).append(wire.end);
    if (tab != 0) text.append("event:").append(wire.after_colon).append(frame, 0, tab).append(wire.end);
    text.append("data:").append(wire.after_colon).append(frame, tab + 1).append(wire.end).append(wire.end);
  }
  return text;
}

}  // namespace relayna::dialect
