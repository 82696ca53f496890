#include <fmt/core.h>

#include "relayna/json/document.hpp"

#include "app/command_line.hpp"
#include "app/commands/commands.hpp"
#include "app/local_loop.hpp"

namespace relayna::app {

namespace {

constexpr std::chrono::seconds kTimeout{3};
constexpr std::size_t kMostBytes = 1 << 20;

/// The port to ask: the flag's, else the configured one. Problems elsewhere in the configuration do not
/// matter here.
std::uint16_t port_of(const StatusOptions& options) {
  if (options.port != 0) return static_cast<std::uint16_t>(options.port);
  return config::load(config::process_environment(), options.overrides).settings.bind.port;
}

runtime::Task<core::Result<std::string>> fetch_health(http::Client& client, std::uint16_t port) {
  http::Fields fields;
  http::ClientRequest request;
  request.method = "GET";
  request.target = "/health";
  request.fields = &fields;
  http::ClientTimeouts timeouts;
  timeouts.connect = kTimeout;
  timeouts.total = core::Deadline::in(core::real_clock(), kTimeout);
  auto response = co_await client.send({false, "127.0.0.1", port}, request, timeouts, nullptr);
  if (!response) co_return std::unexpected(response.error());
  std::string body;
  for (bool ended = false; !ended && body.size() < kMostBytes;) {
    auto chunk = co_await response->body->next();
    if (!chunk) co_return std::unexpected(chunk.error());
    ended = chunk->end;
    body.append(chunk->bytes);
  }
  co_return body;
}

void print_text(const json::Document& health, std::uint16_t port) {
  fmt::print("running: {}\n", health.value("status", "unknown"));
  fmt::print("version: {}\n", health.value("version", "unknown"));
  fmt::print("pid: {}\n", health.value("pid", 0));
  const auto ports = health.value("ports", json::Document::object());
  fmt::print("ports: proxy {}, control {}\n", port, ports.value("control", 0));
  fmt::print("uptime: {} s\n", health.value("uptime", 0));
  fmt::print("requests: {} ({:.1f} % without a server error)\n", health.value("requests", 0),
             health.value("success_percent", 100.0));
  for (const auto& upstream : health.value("upstreams", json::Document::array())) {
    fmt::print("upstream: {} ({})\n", upstream.value("name", ""), upstream.value("kind", ""));
  }
  const auto checks = health.value("checks", json::Document::object());
  for (const auto& [name, state] : checks.items())
    fmt::print("{}: {}\n", name, state.is_string() ? state.get<std::string>() : "unknown");
  if (health.contains("message")) fmt::print("message: {}\n", health.value("message", ""));
}

}  // namespace

int status(const StatusOptions& options) {
  const std::uint16_t port = port_of(options);
  LocalLoop loop;
  net::Connector connector(loop.shard(), net::Connector::Settings{});
  http::Client client(loop.shard(), connector, http::Client::Settings{});
  auto body = loop.run(fetch_health(client, port));
  client.clear();
  auto health = body ? json::parse(*body) : core::Result<json::Document>(std::unexpected(body.error()));
  if (!health || !health->is_object() || !health->contains("status")) {
    if (options.json) {
      fmt::print("{}\n", R"({"running":false})");
    } else {
      fmt::print("stopped: nothing answers /health on port {}\n", port);
    }
    return kNotRunning;
  }
  if (options.json) {
    (*health)["running"] = true;
    fmt::print("{}\n", json::dump(*health));
  } else {
    print_text(*health, port);
  }
  return kOk;
}

}  // namespace relayna::app
