#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "relayna/core/result.hpp"
#include "relayna/dialect/dialect.hpp"

namespace relayna::dialect {

/// What `x-echo-*` request headers ask of the built-in echo provider.
struct EchoOptions {
  std::chrono::milliseconds latency{0};      ///< x-echo-latency-ms: before the head
  std::size_t chunk_bytes = 16;              ///< x-echo-chunk-bytes: text per stream delta
  std::chrono::milliseconds chunk_delay{0};  ///< x-echo-chunk-delay-ms: before every event but the first
  std::optional<std::int64_t>
      output_tokens;  ///< x-echo-output-tokens: answers with this many tokens of text instead of the echo
  int tool_calls =
      0;  ///< x-echo-tool-calls: that many (parallel) tool calls, of the request's declared tools in turn
  int status = 200;   ///< x-echo-status: answers with this status and the API's error shape
  std::string fault;  ///< x-echo-fault: `reset` (before the head), `truncate` (mid-stream end),
                      ///< `error-event`, `stall`
};

struct EchoRequest {
  Operation operation = Operation::chat_completions;
  std::string_view body;     ///< JSON, valid
  std::string request_id;    ///< makes ids deterministic per request
  std::int64_t created = 0;  ///< Unix seconds
  EchoOptions options;
};

/// A whole answer, prepared: the JSON body, or the stream's frames in order, each a complete SSE frame with
/// its blank line. Of the faults, `error-event` is already in it (the API's error event in the middle,
/// nothing after it; status 500 when not streaming), and so is `truncate` of a stream (half of the frames,
/// the last one cut in two). What remains to the caller is timing and the connection: latency, delays,
/// `reset`, `stall`, and breaking off after a `truncate`, which leaves `json` whole so that its full length
/// can be announced.
struct EchoAnswer {
  int status = 200;
  bool sse = false;
  std::string json;
  std::vector<std::string> frames;
};

/// Answers with the last user message (all its text parts in one) and deterministic token counts, with every
/// documented field and the documented event order of the API. Tokens are `estimate_tokens`, bytes ÷ 3
/// rounded up: of the answer's text, and of the text of all messages and instructions together for the input;
/// token numbers (embeddings, completions) count as they are. The request's maximum of output tokens cuts the
/// text; like any model this one has its own, 262,144. Tool calls take the place of the text, with arguments
/// that fit the declared schema; a tool named `echo` stands in when none is declared. Errors as the API's own
/// validation, invalid_request with `param`. CPU-bound: offload with bodies over 128 kB.
core::Result<EchoAnswer> echo(const EchoRequest& request);
/// Reads x-echo-* values and ignores other headers; the error names the header, what was wrong and what is
/// right.
core::Result<EchoOptions> parse_echo_options(
    const std::vector<std::pair<std::string_view, std::string_view>>& headers);

}  // namespace relayna::dialect
