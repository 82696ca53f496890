#include <string>

#include "dialect/echo/context.hpp"
#include "dialect/text/json_writer.hpp"

namespace relayna::dialect::echoing {

namespace {

struct Kind {
  int status;
  std::string_view type;
  std::string_view code;  ///< OpenAI only; empty is null
  std::string_view message;
};

constexpr Kind kOpenai[] = {
    {400, "invalid_request_error", "", "The request could not be processed."},
    {401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided."},
    {402, "insufficient_quota", "insufficient_quota", "You exceeded your current quota."},
    {403, "invalid_request_error", "unsupported_country_region_territory", "This region is not supported."},
    {404, "invalid_request_error", "model_not_found",
     "The model does not exist or you do not have access to it."},
    {408, "server_error", "", "The request timed out."},
    {413, "invalid_request_error", "", "The request is too large."},
    {429, "requests", "rate_limit_exceeded", "Rate limit reached for requests."},
    {503, "server_error", "", "The engine is currently overloaded, please try again later."},
};
constexpr Kind kOpenaiClient{400, "invalid_request_error", "", "The request could not be processed."};
constexpr Kind kOpenaiServer{500, "server_error", "",
                             "The server had an error while processing your request."};

constexpr Kind kAnthropic[] = {
    {401, "authentication_error", "", "invalid x-api-key"},
    {402, "billing_error", "", "There is an issue with your billing or payment information."},
    {403, "permission_error", "", "Your API key does not have permission to use the specified resource."},
    {404, "not_found_error", "", "The requested resource could not be found."},
    {413, "request_too_large", "", "Request exceeds the maximum allowed number of bytes."},
    {429, "rate_limit_error", "", "Your account has hit a rate limit."},
    {504, "timeout_error", "", "The request timed out while processing."},
    {529, "overloaded_error", "", "Overloaded"},
};
constexpr Kind kAnthropicClient{400, "invalid_request_error", "", "The request could not be processed."};
constexpr Kind kAnthropicServer{500, "api_error", "", "Internal server error"};

template <std::size_t N>
const Kind& find(const Kind (&kinds)[N], const Kind& client, const Kind& server, int status) {
  for (const Kind& kind : kinds) {
    if (kind.status == status) return kind;
  }
  return status < 500 ? client : server;
}

std::string anthropic(const Kind& kind, std::string_view request_id) {
  JsonWriter out;
  out.begin_object().field("type", "error").key("error").begin_object();
  out.field("type", kind.type).field("message", kind.message).end_object();
  return out.field("request_id", request_id).end_object().take();
}

std::string openai(const Kind& kind) {
  JsonWriter out;
  out.begin_object().key("error").begin_object().field("message", kind.message).field("type", kind.type);
  out.field("param", nullptr).key("code");
  kind.code.empty() ? out.value(nullptr) : out.value(kind.code);
  return out.end_object().end_object().take();
}

}  // namespace

std::string provider_error(Api api, int status, std::string_view request_id) {
  if (api == Api::anthropic) {
    return anthropic(find(kAnthropic, kAnthropicClient, kAnthropicServer, status), request_id);
  }
  return openai(find(kOpenai, kOpenaiClient, kOpenaiServer, status));
}

std::string provider_stream_error(Operation operation, std::string_view request_id,
                                  std::int64_t sequence_number) {
  if (api_of(operation) == Api::anthropic) {
    return event_frame("error", provider_error(Api::anthropic, 529, request_id));
  }
  if (operation != Operation::responses) return data_frame(openai(kOpenaiServer));
  JsonWriter out;
  out.begin_object().field("type", "error").field("code", "server_error");
  out.field("message", kOpenaiServer.message).field("param", nullptr);
  return event_frame("error", out.field("sequence_number", sequence_number).end_object().str());
}

}  // namespace relayna::dialect::echoing
