#include "relayna/control/handler.hpp"

#include "relayna/json/document.hpp"

#include "control/api/api.hpp"
#include "control/base_path.hpp"

namespace relayna::control {

namespace {

http::Response answer(int status, std::string body, std::string_view type = "application/json") {
  http::Response response;
  response.head.status = status;
  response.head.fields.add("Content-Type", type);
  response.head.fields.add("Cache-Control", "no-store");
  response.body = std::make_unique<http::StringBody>(std::move(body));
  return response;
}

}  // namespace

Handler::Handler(runtime::Shard& shard, const pipeline::Health& health, const pipeline::About& about,
                 const telemetry::Metrics& metrics, Settings settings)
    : shard_(shard), health_(health), about_(about), metrics_(metrics), settings_(std::move(settings)) {
  settings_.base_path = prefix_of(std::move(settings_.base_path));
}

http::Response Handler::ready() const {
  bool all_ok = true;
  json::Document checks = json::Document::object();
  for (const auto& check : health_.checks()) {
    checks[check.name] = check.status;
    all_ok = all_ok && check.ok();
  }
  const bool up = health_.migrated && health_.listening && !health_.draining;
  const bool can_serve = settings_.serve_from_cache && health_.snapshot_loaded;
  const char* status = !up                                 ? "not_ready"
                       : all_ok && health_.snapshot_loaded ? "ready"
                       : can_serve                         ? "degraded"
                                                           : "not_ready";
  if (health_.draining) checks["draining"] = "yes";
  json::Document body;
  body["status"] = status;
  body["version"] = about_.version;
  body["environment"] = about_.environment;
  body["checks"] = std::move(checks);
  return answer(std::string_view(status) == "not_ready" ? 503 : 200, json::dump(body));
}

http::Response Handler::started() const {
  const bool done = health_.migrated && health_.snapshot_loaded && health_.listening;
  return answer(done ? 200 : 503, done ? R"({"status":"started"})" : R"({"status":"starting"})");
}

runtime::Task<http::Response> Handler::administer(http::Request request, std::string path) {
  const std::string id = shard_.ids().uuid7().str();
  if (admin_ == nullptr) {
    co_return error_answer(
        core::Error(core::ErrorCode::store_unavailable, "The gateway has not reached its database yet."), id);
  }
  const auto mark = request.head.target.find('?');
  std::string query = mark == std::string::npos ? std::string() : request.head.target.substr(mark + 1);
  auto response = co_await admin_->handle(std::move(request), std::move(path), std::move(query));
  const auto location = response.head.fields.find("Location");
  if (location) response.head.fields.set("Location", settings_.base_path + std::string(*location));
  co_return response;
}

runtime::Task<http::Response> Handler::handle(http::Request request) {
  std::string_view path = request.head.target;
  path = path.substr(0, path.find('?'));
  // A reverse proxy may or may not strip the prefix; probes come without it.
  if (!settings_.base_path.empty() && path.starts_with(settings_.base_path + "/"))
    path.remove_prefix(settings_.base_path.size());
  if (path.starts_with("/admin/")) {
    std::string admin_path(path);  // before the request, which it points into, moves
    co_return co_await administer(std::move(request), std::move(admin_path));
  }
  const bool known = path == "/healthz" || path == "/readyz" || path == "/startupz" || path == "/metrics";
  if (!known) co_return error_answer(core::Error(core::ErrorCode::not_found), shard_.ids().uuid7().str());
  if (request.head.method != "GET" && request.head.method != "HEAD") {
    auto response = error_answer(core::Error(core::ErrorCode::method_not_allowed, "Use GET."),
                                 shard_.ids().uuid7().str());
    response.head.fields.add("Allow", "GET, HEAD");
    co_return response;
  }
  if (path == "/readyz") co_return ready();
  if (path == "/startupz") co_return started();
  if (path == "/healthz") co_return answer(200, R"({"status":"ok"})");
  const auto* metrics = &metrics_;
  auto text = co_await runtime::offload(shard_.offload_pool(), [metrics] { return metrics->expose(); });
  co_return answer(200, std::move(text), "text/plain; version=0.0.4; charset=utf-8");
}

http::Response Handler::refuse(std::string_view, const core::Error& error) {
  return error_answer(error, shard_.ids().uuid7().str());
}

}  // namespace relayna::control
