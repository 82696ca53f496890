#include "relayna/json/document.hpp"
#include "relayna/proxy/handler.hpp"

namespace relayna::proxy {

http::Response health_answer(const pipeline::Health& health, const pipeline::About& about,
                             const core::Clock& clock) {
  const auto upstreams = health.upstreams();
  std::string message;
  json::Document checks = json::Document::object();
  for (const auto& check : health.checks()) {
    checks[check.name] = check.status;
    if (!check.ok()) message += (message.empty() ? "" : "; ") + check.name + " " + check.status;
  }
  if (upstreams.empty()) message = "no upstream is configured";
  const auto requests = health.requests.load(std::memory_order_relaxed);
  const auto failures = health.failures.load(std::memory_order_relaxed);

  json::Document body;
  body["status"] = message.empty() ? "ok" : "degraded";
  body["uptime"] = std::chrono::duration_cast<std::chrono::seconds>(clock.now() - about.started).count();
  body["version"] = about.version;
  body["environment"] = about.environment;
  body["provider"] = upstreams.empty() ? json::Document(nullptr) : json::Document(upstreams.front().name);
  if (!message.empty()) body["message"] = message;
  body["pid"] = about.pid;
  body["ports"] = {{"proxy", about.proxy_port}, {"control", about.control_port}};
  body["requests"] = requests;
  body["success_percent"] =
      requests == 0 ? 100.0
                    : 100.0 * static_cast<double>(requests - failures) / static_cast<double>(requests);
  body["checks"] = std::move(checks);
  body["upstreams"] = json::Document::array();
  for (const auto& upstream : upstreams)
    body["upstreams"].push_back({{"name", upstream.name}, {"kind", upstream.kind}});

  http::Response response;
  response.head.status = upstreams.empty() ? 503 : 200;
  response.head.fields.add("Content-Type", "application/json");
  response.head.fields.add("Cache-Control", "no-store");
  response.body = std::make_unique<http::StringBody>(json::dump(body));
  return response;
}

}  // namespace relayna::proxy
