#pragma once

#include <cstdint>
#include <string_view>

#include "relayna/core/result.hpp"

#include "dialect/text/json_writer.hpp"

namespace relayna::dialect::echoing {

inline constexpr std::string_view kSystemFingerprint = "fp_ec40ec40ec";

/// `usage` of chat completions and completions.
void write_usage(JsonWriter& out, std::int64_t prompt_tokens, std::int64_t completion_tokens);

/// `stream_options` may only be sent with `stream: true`.
core::Result<void> check_stream_options(json::Value body);

}  // namespace relayna::dialect::echoing
