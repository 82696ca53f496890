#include "relayna/proxy/handler.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "relayna/core/encoding.hpp"

namespace relayna::proxy {

Handler::Handler(pipeline::Pipeline& pipeline, pipeline::Health& health, const pipeline::About& about,
                 runtime::Shard& shard, Settings settings)
    : pipeline_(pipeline), health_(health), about_(about), shard_(shard), settings_(std::move(settings)) {}

bool Handler::origin_allowed(std::string_view origin) const {
  return !origin.empty() &&
         std::any_of(settings_.cors_allowed_origins.begin(), settings_.cors_allowed_origins.end(),
                     [&](const std::string& allowed) { return allowed == "*" || allowed == origin; });
}

http::Response Handler::preflight(std::string_view origin, std::string_view wanted_headers) const {
  http::Response response;
  response.head.status = 204;
  auto& fields = response.head.fields;
  fields.add("Access-Control-Allow-Origin", origin);
  fields.add("Access-Control-Allow-Methods", "GET, POST, DELETE, OPTIONS");
  if (!wanted_headers.empty()) fields.add("Access-Control-Allow-Headers", wanted_headers);
  fields.add("Access-Control-Max-Age", "600");
  fields.add("Vary", "Origin, Access-Control-Request-Headers");
  return response;
}

void Handler::add_ids(http::Response& response, core::TimePoint received) {
  auto& fields = response.head.fields;
  fields.add("x-relayna-request-id", shard_.ids().uuid7().str());
  fields.add("x-relayna-trace-id", core::to_hex(shard_.ids().trace_id()));
  const std::chrono::duration<double, std::milli> took = shard_.clock().now() - received;
  fields.add("x-relayna-latency", fmt::format("{:.3f}", took.count()));
}

runtime::Task<http::Response> Handler::handle(http::Request request) {
  const std::string_view target = request.head.target;
  const std::string_view path = target.substr(0, target.find('?'));
  if (path == "/health" && (request.head.method == "GET" || request.head.method == "HEAD")) {
    auto response = health_answer(health_, about_, shard_.clock());
    add_ids(response, request.received);
    co_return response;
  }
  std::string origin;
  if (!settings_.cors_allowed_origins.empty()) {
    origin = request.head.fields.get("origin");
    if (!origin_allowed(origin)) origin.clear();
    const auto& fields = request.head.fields;
    if (!origin.empty() && request.head.method == "OPTIONS" &&
        fields.count("access-control-request-method") > 0) {
      auto response = preflight(origin, fields.get("access-control-request-headers"));
      add_ids(response, request.received);
      co_return response;
    }
  }
  http::Response response = co_await pipeline_.run(std::move(request));
  health_.requests.fetch_add(1, std::memory_order_relaxed);
  if (response.head.status >= 500) health_.failures.fetch_add(1, std::memory_order_relaxed);
  if (!origin.empty()) {
    response.head.fields.set("Access-Control-Allow-Origin", origin);
    response.head.fields.set("Access-Control-Expose-Headers",
                             "*, x-relayna-request-id, x-relayna-error, retry-after");
    response.head.fields.add("Vary", "Origin");
  }
  co_return response;
}

http::Response Handler::refuse(std::string_view target, const core::Error& error) {
  return pipeline_.refuse(target, error);
}

}  // namespace relayna::proxy
