#pragma once

#include <cstdint>
#include <string>

#include "relayna/core/result.hpp"
#include "relayna/json/reader.hpp"

namespace relayna::dialect::echoing {

/// What a conversation comes to: the text to answer with, and its size.
struct Prompt {
  std::string text;         ///< of the last user message, all its text parts in one
  std::int64_t tokens = 0;  ///< estimate_tokens of the text of all messages and instructions together
};

/// `messages` of chat completions.
core::Result<Prompt> read_chat(json::Value messages);
/// `input` and `instructions` of the Responses API.
core::Result<Prompt> read_response_input(json::Value body);
/// `messages` and `system` of the Messages API.
core::Result<Prompt> read_messages(json::Value body);

}  // namespace relayna::dialect::echoing
