#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/dialect/echo.hpp"
#include "relayna/json/reader.hpp"

namespace relayna::dialect::echoing {

/// What the echo model says. Tokens are estimate_tokens of the text: bytes ÷ 3, rounded up.
struct Answer {
  std::string text;
  bool cut_short = false;  ///< by the maximum of output tokens
  std::int64_t tokens = 0;
};

/// The prompt's text, or filler of `x-echo-output-tokens`, within `maximum` and the model's own limit, which
/// all `copies` of the answer share.
Answer compose(const EchoOptions& options, std::string_view prompt_text, std::optional<std::int64_t> maximum,
               std::size_t copies = 1);

/// The most text that each of `copies` answers may have.
std::size_t most_bytes(std::size_t copies);

/// How long a streamed delta is, given so much text in all: what was asked for, or more when there would be
/// too many frames.
std::size_t piece_bytes(const EchoOptions& options, std::size_t total_bytes);

struct ToolCall {
  std::string name;
  std::string arguments;  ///< a JSON object
  std::size_t piece_bytes = 16;
  /// The arguments in deltas, at least two of them.
  [[nodiscard]] std::vector<std::string_view> pieces() const;
};

/// A tool of the request: what it is called and what it takes.
struct Tool {
  std::string_view name;
  json::Value schema;
};

/// `x-echo-tool-calls` calls of the declared tools in turn (of one named `echo` when none is declared), with
/// arguments that fit the tool's schema and tell the calls apart. At most one unless `parallel`.
std::vector<ToolCall> call_tools(const EchoOptions& options, const std::vector<Tool>& tools,
                                 std::string_view prompt_text, bool parallel);

std::int64_t tokens_of(const std::vector<ToolCall>& calls);

}  // namespace relayna::dialect::echoing
