#include "pipeline/answers.hpp"

#include <fmt/format.h>

#include "pipeline/limit_fields.hpp"
#include "pipeline/probe.hpp"

namespace relayna::pipeline {

void add_gateway_fields(Exchange& x, http::Fields& fields) {
  fields.add("x-relayna-request-id", x.id_view());
  fields.add("x-relayna-trace-id", x.trace_id_view());
  char latency[32];
  const auto end = fmt::format_to_n(latency, sizeof latency, "{:.3f}",
                                    std::chrono::duration<double, std::milli>(x.elapsed()).count());
  fields.add("x-relayna-latency", {latency, end.size});
  if (!x.provider.empty()) fields.add("x-relayna-provider", x.provider);
  if (!x.model.empty()) fields.add("x-relayna-model", x.model);
  if (x.attempts.made > 0) fields.add("x-relayna-fallback-count", std::to_string(x.attempts.fallbacks));
  if (!x.correlation_id.empty()) fields.set("x-request-id", x.correlation_id);
  add_limit_fields(x.standings(), x.began, fields);
}

namespace {

std::string_view denial_kind(int status) {
  switch (status) {
    case 401:
      return "auth";
    case 402:
      return "budget";
    case 403:
      return "policy";
    case 429:
      return "rate_limit";
    default:
      return {};
  }
}

void count_denial(Exchange& x, const core::Error& error) {
  const std::string_view route = domain::route_label(x.match.route);
  if (error.code == core::ErrorCode::gateway_overloaded) {
    x.probe().denied("body_admission", route,
                     error.detail.find("BYTES") != std::string::npos ? "bytes" : "concurrency");
  } else if (const auto kind = denial_kind(error.info().http_status);
             !kind.empty() && !x.answered_by_upstream) {
    x.probe().denied(kind, route, error.reason.empty() ? error.info().name : std::string_view(error.reason));
  }
}

}  // namespace

http::Response error_answer(Exchange& x, const core::Error& cause) {
  const core::Error error = x.real_cause(cause);
  x.failed(error);
  count_denial(x, error);
  http::Response response;
  response.head.status = error.info().http_status;
  auto& fields = response.head.fields;
  fields.reserve(12, 512);
  fields.add("Content-Type", "application/json");
  fields.add("Cache-Control", "private, no-store");
  fields.add("x-relayna-error", error.info().name);
  if (error.retry_after) fields.add("Retry-After", std::to_string(error.retry_after->count()));
  add_gateway_fields(x, fields);
  std::string body = dialect::render_error(x.api, error, x.id_view());
  x.response_bytes = body.size();
  response.body = std::make_unique<http::StringBody>(std::move(body));
  x.settle();
  return response;
}

http::Response json_answer(Exchange& x, std::string body) {
  x.status = 200;
  http::Response response;
  response.head.fields.add("Content-Type", "application/json");
  add_gateway_fields(x, response.head.fields);
  x.response_bytes = body.size();
  response.body = std::make_unique<http::StringBody>(std::move(body));
  x.settle();
  return response;
}

}  // namespace relayna::pipeline
