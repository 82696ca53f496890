#include "relayna/dialect/dialect.hpp"

#include "dialect/text/json_writer.hpp"

namespace relayna::dialect {

namespace {

/// Which rule or limit refused.
void add_grounds(JsonWriter& out, const core::Error& error) {
  if (!error.scope.empty()) {
    out.field("scope", error.scope).field("window", error.reason);
  } else if (!error.reason.empty()) {
    out.field("reason", error.reason);
  }
}

std::string openai(const core::Error& error, std::string_view request_id) {
  JsonWriter out;
  out.begin_object().key("error").begin_object();
  out.field("message", error.public_message()).field("type", error.info().openai_type).key("param");
  error.param.empty() ? out.value(nullptr) : out.value(error.param);
  out.field("code", error.info().name).field("request_id", request_id);
  if (error.retry_after) out.field("retry_after_seconds", error.retry_after->count());
  add_grounds(out, error);
  out.end_object().end_object();
  return out.take();
}

std::string anthropic(const core::Error& error, std::string_view request_id) {
  JsonWriter out;
  out.begin_object().field("type", "error").key("error").begin_object();
  out.field("type", error.info().anthropic_type).field("message", error.public_message());
  out.field("code", error.info().name);
  add_grounds(out, error);
  out.end_object();
  out.field("request_id", request_id).end_object();
  return out.take();
}

std::string gemini(const core::Error& error) {
  JsonWriter out;
  out.begin_object().key("error").begin_object();
  out.field("code", error.info().http_status).field("status", error.info().gemini_status);
  out.field("message", error.public_message()).end_object().end_object();
  return out.take();
}

std::string responses_event(const core::Error& error, std::int64_t sequence_number) {
  JsonWriter out;
  out.begin_object().field("type", "error").field("code", error.info().name);
  out.field("message", error.public_message()).key("param");
  error.param.empty() ? out.value(nullptr) : out.value(error.param);
  out.field("sequence_number", sequence_number).end_object();
  return out.take();
}

}  // namespace

std::string render_error(Api api, const core::Error& error, std::string_view request_id) {
  switch (api) {
    case Api::anthropic:
      return anthropic(error, request_id);
    case Api::gemini:
      return gemini(error);
    case Api::openai:
      break;
  }
  return openai(error, request_id);
}

std::string render_stream_error(Operation operation, const core::Error& error, std::string_view request_id,
                                std::int64_t sequence_number) {
  if (api_of(operation) == Api::anthropic) {
    return "event: error\ndata: " + anthropic(error, request_id) + "\n\n";
  }
  if (api_of(operation) == Api::gemini) return "data: " + gemini(error) + "\n\n";
  if (operation == Operation::responses) {
    return "event: error\ndata: " + responses_event(error, sequence_number) + "\n\n";
  }
  return "data: " + openai(error, request_id) + "\n\n";
}

}  // namespace relayna::dialect
