#include "relayna/http/client.hpp"

#include <boost/asio/post.hpp>

#include "http/client_exchange.hpp"
#include "http/client_state.hpp"

namespace relayna::http {

namespace {

using core::ErrorCode;
using core::fail;

/// Idle connections are looked at this often; before each use they are anyway.
constexpr std::chrono::seconds kPoolSweep{1};

}  // namespace

void Lease::drop() noexcept {
  if (!origin_) return;
  --origin_->active;
  origin_ = nullptr;
  connection.stream.reset();
}

void Lease::give_back() {
  if (state_->closed) return drop();
  state_->pool.give(*origin_, std::move(connection), state_->shard.clock().now());
  drop();
}

struct Client::State : ClientState {
  using ClientState::ClientState;
  core::TimePoint swept;
  std::unique_ptr<runtime::Shard::Periodic> periodic;

  void sweep(core::TimePoint now) {
    const auto writing = uploading;  // looking may end an upload
    for (auto* exchange : writing) exchange->look_for_early_answer();
    if (now - swept < kPoolSweep) return;
    swept = now;
    pool.sweep(now);
  }
};

Client::Client(runtime::Shard& shard, net::Connector& connector, Settings settings)
    : state_(std::make_shared<State>(shard, connector, settings)) {
  state_->periodic = shard.every_sweep([state = state_.get()](core::TimePoint now) { state->sweep(now); });
}

Client::~Client() {
  state_->closed = true;
  state_->periodic.reset();
  state_->pool.clear();
}

runtime::Task<core::Result<ClientResponse>> Client::send(net::Origin origin, ClientRequest request,
                                                         ClientTimeouts timeouts, runtime::StopSource* stop) {
  const auto state = state_;
  // Requests of the same turn of the loop leave close behind each other, as answers do: whoever reads them is
  // woken once.
  co_await boost::asio::post(state->shard.executor(), runtime::use_task);
  for (bool fresh = false;; fresh = true) {
    if (stop && stop->stop_requested()) co_return fail(ErrorCode::client_closed);
    OriginConnections& connections = state->pool.origin(origin);
    if (connections.active >= state->settings.max_per_origin) {
      co_return fail(ErrorCode::upstream_connection, {}, "too many connections to " + origin.str());
    }
    core::TimePoint now = state->shard.clock().now();
    Lease lease(state, connections);
    if (!fresh) lease.connection = state->pool.take(connections, now);
    core::Duration connecting{};
    if (request.sent != nullptr) *request.sent = false;
    const bool reused = lease.connection.stream != nullptr;
    if (reused) {
      ++state->reuses;
    } else {
      const auto deadline = core::Deadline(now + timeouts.connect).sooner(timeouts.total);
      auto connected = co_await state->connector.connect(origin, deadline, stop);
      if (!connected) co_return std::unexpected(std::move(connected.error()));
      const auto connected_at = state->shard.clock().now();
      connecting = connected_at - now;
      now = connected_at;
      lease.connection = {.stream = std::move(*connected), .created = now};
      ++state->connects;
    }
    ClientResponse response;
    response.reused_connection = reused;
    response.connect = connecting;
    auto exchange = std::make_unique<ClientExchange>(std::move(lease), reused, timeouts, stop);
    if (co_await exchange->start(request, response.head, now)) {
      response.body = exchange->without_body() ? empty_body() : std::move(exchange);
      co_return response;
    }
    if (!exchange->worth_retrying()) co_return std::unexpected(std::move(exchange->error()));
  }
}

Client::Stats Client::stats() const {
  return {.idle = state_->pool.idle(),
          .active = state_->pool.active(),
          .connects = state_->connects,
          .reuses = state_->reuses};
}

void Client::clear() {
  state_->pool.clear();
}

}  // namespace relayna::http
