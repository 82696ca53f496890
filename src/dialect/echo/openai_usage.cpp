#include "dialect/echo/openai_usage.hpp"

#include "dialect/echo/check.hpp"

namespace relayna::dialect::echoing {

void write_usage(JsonWriter& out, std::int64_t prompt_tokens, std::int64_t completion_tokens) {
  out.begin_object().field("prompt_tokens", prompt_tokens).field("completion_tokens", completion_tokens);
  out.field("total_tokens", prompt_tokens + completion_tokens);
  out.key("prompt_tokens_details").begin_object();
  out.field("cached_tokens", 0).field("cache_write_tokens", 0).field("audio_tokens", 0).end_object();
  out.key("completion_tokens_details").begin_object();
  out.field("reasoning_tokens", 0).field("audio_tokens", 0);
  out.field("accepted_prediction_tokens", 0).field("rejected_prediction_tokens", 0).end_object();
  out.end_object();
}

core::Result<void> check_stream_options(json::Value body) {
  if (body["stream_options"].is_null() || body["stream"].boolean().value_or(false)) return {};
  return bad("stream_options", "`stream_options` may only be sent together with `stream`: true.");
}

}  // namespace relayna::dialect::echoing
