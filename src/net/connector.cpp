#include "relayna/net/connector.hpp"

#include <optional>

#include <fmt/format.h>

#include "relayna/runtime/stop.hpp"

#include "net/dial.hpp"
#include "net/errors.hpp"
#include "net/outbound_proxy.hpp"
#include "net/resolver.hpp"

namespace relayna::net {
namespace {

using core::ErrorCode;
using StreamResult = core::Result<std::unique_ptr<Stream>>;
using SocketResult = core::Result<std::unique_ptr<SocketStream>>;

// An address that swallows packets must not use up the time of those after it.
core::Deadline share(core::Deadline whole, core::TimePoint now, std::size_t addresses_left) {
  if (whole.is_never() || whole.passed(now)) return whole;
  return core::Deadline(now + (whole.at() - now) / static_cast<core::Duration::rep>(addresses_left));
}

core::Error refused(const Origin& origin, const std::string& why) {
  return core::Error(ErrorCode::upstream_connection,
                     "the upstream's address is not allowed (GATEWAY_UPSTREAM_PRIVATE)",
                     fmt::format("{}: {}", origin.str(), why));
}

}  // namespace

struct Connector::State {
  runtime::Shard& shard;
  Settings settings;
  Resolver resolver;
  std::optional<OutboundProxy> proxy;
  std::string proxy_problem;

  State(runtime::Shard& s, Settings given)
      : shard(s), settings(std::move(given)), resolver(s, settings.lookup) {
    if (settings.outbound_proxy.empty()) return;
    auto parsed = OutboundProxy::parse(settings.outbound_proxy);
    if (parsed) {
      proxy = std::move(*parsed);
    } else {
      proxy_problem = parsed.error().message;
    }
  }

  // Connects to the first address of `target` that `policy` allows and that answers.
  runtime::Task<SocketResult> reach(Origin target, SsrfPolicy policy, core::Deadline deadline,
                                    runtime::StopSource* stop) {
    auto addresses = co_await resolver.resolve(target.host, deadline, stop);
    if (!addresses) co_return std::unexpected(std::move(addresses.error()));

    std::string failures;
    bool any_tried = false;
    auto last = IoStatus::reset;
    for (std::size_t i = 0; i < addresses->size(); ++i) {
      const auto& address = (*addresses)[i];
      // At the moment of connecting: what the name meant when it was configured proves nothing.
      auto why = policy.refusal(address);
      if (why.empty()) {
        any_tried = true;
        const auto until = share(deadline, shard.clock().now(), addresses->size() - i);
        auto dialled = co_await dial(shard, Endpoint(address, target.port), until, stop);
        if (dialled.status == IoStatus::cancelled) co_return core::fail(ErrorCode::client_closed);
        if (dialled.stream) {
          dialled.stream->expires_at(deadline);
          co_return std::move(dialled.stream);
        }
        last = dialled.status;
        why = fmt::format("{}: {}", address.to_string(),
                          last == IoStatus::timed_out ? "timed out" : dialled.reason);
      }
      failures.append(failures.empty() ? "" : "; ").append(why);
    }
    if (!any_tried) co_return std::unexpected(refused(target, failures));
    auto detail = fmt::format("{}: {}", target.str(), failures);
    co_return std::unexpected(last == IoStatus::timed_out ? connection_timed_out(std::move(detail))
                                                          : connection_failed(std::move(detail)));
  }

  runtime::Task<SocketResult> reach_through_proxy(Origin target, core::Deadline deadline,
                                                  runtime::StopSource* stop) {
    boost::system::error_code not_literal;
    const auto literal = boost::asio::ip::make_address(target.host, not_literal);
    if (!not_literal) {
      if (const auto why = settings.ssrf.refusal(literal); !why.empty()) {
        co_return std::unexpected(refused(target, why));
      }
    }
    // The proxy itself usually has a private address; the setting is about upstreams.
    auto stream = co_await reach(proxy->origin, SsrfPolicy{}, deadline, stop);
    if (!stream) co_return std::unexpected(std::move(stream.error()));
    runtime::StopCallback on_stop(stop, [raw = stream->get()] { raw->cancel(); });
    auto tunnel = co_await open_tunnel(**stream, std::move(target), proxy->authorization);
    if (!tunnel) co_return std::unexpected(std::move(tunnel.error()));
    co_return std::move(*stream);
  }
};

Connector::Connector(runtime::Shard& shard, Settings settings)
    : state_(std::make_shared<State>(shard, std::move(settings))) {}
Connector::~Connector() = default;

core::Result<void> Connector::check(const Settings& settings) {
  if (settings.outbound_proxy.empty()) return {};
  auto proxy = OutboundProxy::parse(settings.outbound_proxy);
  if (!proxy) return std::unexpected(proxy.error());
  return {};
}

runtime::Task<StreamResult> Connector::connect(Origin origin, core::Deadline deadline,
                                               runtime::StopSource* stop) {
  const auto state = state_;  // the connector may go while this waits
  if (origin.tls && !state->settings.tls) {
    co_return std::unexpected(connection_failed(origin.str() + ": no TLS client is configured"));
  }
  if (!state->proxy_problem.empty()) {
    co_return std::unexpected(connection_failed("outbound proxy: " + state->proxy_problem));
  }
  const bool tunnel = state->proxy && !bypasses_proxy(origin, state->settings.no_proxy);
  auto socket = tunnel ? co_await state->reach_through_proxy(origin, deadline, stop)
                       : co_await state->reach(origin, state->settings.ssrf, deadline, stop);
  if (!socket) co_return std::unexpected(std::move(socket.error()));
  if (origin.tls) {
    co_return co_await state->settings.tls->connect(state->shard, (*socket)->release_socket(), origin.host,
                                                    deadline, stop);
  }
  (*socket)->expires_never();
  co_return std::unique_ptr<Stream>(std::move(*socket));
}

}  // namespace relayna::net
