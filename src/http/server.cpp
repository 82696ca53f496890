#include "relayna/http/server.hpp"

#include <algorithm>
#include <cerrno>
#include <vector>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/detail/socket_option.hpp>
#include <poll.h>

#include "relayna/runtime/waiter.hpp"
#include "relayna/telemetry/log.hpp"

#include "http/server_connection.hpp"
#include "http/server_context.hpp"

namespace relayna::http {

namespace {

using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, runtime::Executor>;
using ReusePort = boost::asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
using boost::system::error_code;

constexpr int kAcceptsPerWake = 64;
constexpr std::chrono::milliseconds kOutOfDescriptors{100};
/// A head must fit the shard's read buffer.
constexpr std::size_t kMaxHeadBytes = 60 * 1024;

core::Error listen_error(const net::Endpoint& where, const char* step, const error_code& ec) {
  std::string address =
      where.address().is_v6() ? "[" + where.address().to_string() + "]" : where.address().to_string();
  return core::Error(
      core::ErrorCode::invalid_configuration,
      "cannot listen on " + address + ":" + std::to_string(where.port()) + ": " + step + ": " + ec.message());
}

bool out_of_descriptors(const error_code& ec) {
  return ec.value() == EMFILE || ec.value() == ENFILE || ec.value() == ENOBUFS || ec.value() == ENOMEM;
}

}  // namespace

struct Server::State : std::enable_shared_from_this<Server::State> {
  ServerContext context;
  Acceptor acceptor;
  std::size_t open = 0;  // accepted connections, handshakes included
  bool abandoned = false;
  bool exhausted = false;
  std::vector<runtime::Waiter*> closed_waiters;
  std::vector<pollfd> polled;
  std::vector<ServerConnection*> polled_connections;
  std::unique_ptr<runtime::Shard::Periodic> watch;

  State(runtime::Shard& shard, Settings settings, Handler& handler)
      : context{.shard = shard,
                .settings = std::move(settings),
                .handler = handler,
                .log = telemetry::log("http")},
        acceptor(shard.executor()) {
    context.settings.max_head_bytes = std::min(context.settings.max_head_bytes, kMaxHeadBytes);
  }

  core::Result<void> bind();
  static runtime::Task<void> accept_loop(std::shared_ptr<State> self);
  static runtime::Task<void> serve(std::shared_ptr<State> self, net::Socket socket, net::Address peer);
  bool accept_waiting(int most);
  void sweep();
  void stop_vanished();
  void ended();
};

core::Result<void> Server::State::bind() {
  const net::Endpoint& where = context.settings.bind;
  error_code ec;
  acceptor.open(where.protocol(), ec);
  if (ec) return std::unexpected(listen_error(where, "socket", ec));
  acceptor.set_option(Acceptor::reuse_address(true), ec);
  if (context.settings.reuse_port) acceptor.set_option(ReusePort(true), ec);
  if (ec) return std::unexpected(listen_error(where, "options", ec));
  acceptor.bind(where, ec);
  if (ec) return std::unexpected(listen_error(where, "bind", ec));
  acceptor.listen(Acceptor::max_listen_connections, ec);
  if (ec) return std::unexpected(listen_error(where, "listen", ec));
  acceptor.non_blocking(true, ec);
  if (ec) return std::unexpected(listen_error(where, "non-blocking", ec));
  context.local_port = acceptor.local_endpoint(ec).port();
  return {};
}

/// Takes what waits in the queue. False when descriptors ran out.
bool Server::State::accept_waiting(int most) {
  for (int i = 0; i < most; ++i) {
    error_code ec;
    net::Endpoint peer;
    net::Socket socket = acceptor.accept(peer, ec);
    if (ec) {
      if (!out_of_descriptors(ec)) {
        if (ec == boost::asio::error::would_block || ec == boost::asio::error::try_again) return true;
        if (!acceptor.is_open()) return true;
        continue;  // the client was gone before we took it
      }
      if (!exhausted) context.log->error("accepting is paused: {}", ec.message());
      exhausted = true;
      return false;
    }
    exhausted = false;
    ++context.stats.accepted;
    if (open >= context.settings.max_connections) continue;  // the socket closes here
    ++open;
    context.shard.tasks().spawn(serve(shared_from_this(), std::move(socket), peer.address()));
  }
  return true;
}

runtime::Task<void> Server::State::accept_loop(std::shared_ptr<State> self) {
  while (self->acceptor.is_open()) {
    const auto [ec] = co_await self->acceptor.async_wait(Acceptor::wait_read, runtime::use_task);
    if (ec || !self->acceptor.is_open()) break;
    if (!self->accept_waiting(kAcceptsPerWake)) co_await self->context.shard.sleep(kOutOfDescriptors);
  }
}

runtime::Task<void> Server::State::serve(std::shared_ptr<State> self, net::Socket socket, net::Address peer) {
  struct Ended {
    State& state;
    ~Ended() { state.ended(); }
  };
  const Ended at_the_end{*self};
  auto& context = self->context;
  std::unique_ptr<net::Stream> stream;
  if (context.settings.tls) {
    const auto deadline = core::Deadline::in(context.shard.clock(), context.settings.head_timeout);
    auto secured = co_await context.settings.tls->accept(context.shard, std::move(socket), deadline);
    if (!secured) {
      context.log->debug("TLS handshake failed: {}", secured.error().describe());
      co_return;
    }
    stream = std::move(*secured);
  } else {
    stream = net::make_plain_stream(context.shard, std::move(socket));
  }
  if (self->abandoned) co_return;
  ServerConnection connection(context, std::move(stream), std::move(peer));
  co_await connection.run();
}

void Server::State::ended() {
  if (--open > 0) return;
  for (auto* waiter : closed_waiters) waiter->notify();
}

void Server::State::sweep() {
  context.date.update(context.shard.clock().wall());
  stop_vanished();
}

/// A client that is gone while its request runs shows as a hang-up. One poll over all of them is a thousandth
/// of a watcher per request.
void Server::State::stop_vanished() {
  polled.clear();
  polled_connections.clear();
  for (auto* connection : context.connections) {
    const int fd = connection->watched_descriptor();
    if (fd < 0) continue;
    polled.push_back({.fd = fd, .events = POLLRDHUP, .revents = 0});
    polled_connections.push_back(connection);
  }
  if (polled.empty() || ::poll(polled.data(), polled.size(), 0) <= 0) return;
  for (std::size_t i = 0; i < polled.size(); ++i) {
    // Stopping runs callbacks but ends no connection: that is left to its own coroutine.
    if (polled[i].revents & (POLLRDHUP | POLLERR | POLLHUP)) {
      polled_connections[i]->stop_exchange(runtime::StopReason::client_gone);
    }
  }
}

Server::Server(runtime::Shard& shard, Settings settings, Handler& handler)
    : state_(std::make_shared<State>(shard, std::move(settings), handler)) {}

Server::~Server() {
  error_code ec;
  state_->acceptor.close(ec);
  state_->watch.reset();
  state_->abandoned = true;
  for (auto* connection : state_->context.connections) connection->cancel();
}

core::Result<void> Server::listen() {
  if (auto bound = state_->bind(); !bound) {
    error_code ec;
    state_->acceptor.close(ec);
    return bound;
  }
  state_->context.date.update(state_->context.shard.clock().wall());
  state_->watch =
      state_->context.shard.every_sweep([state = state_.get()](core::TimePoint) { state->sweep(); });
  state_->context.shard.tasks().spawn(State::accept_loop(state_));
  return {};
}

net::Endpoint Server::endpoint() const {
  error_code ec;
  auto local = state_->acceptor.local_endpoint(ec);
  return ec ? net::Endpoint(state_->context.settings.bind.address(), state_->context.local_port) : local;
}

void Server::begin_drain() {
  state_->context.draining = true;
}

void Server::stop_accepting() {
  if (!state_->acceptor.is_open()) return;
  state_->accept_waiting(static_cast<int>(state_->context.settings.max_connections));
  error_code ec;
  state_->acceptor.close(ec);
}

void Server::close_idle() {
  for (auto* connection : state_->context.connections) connection->close_if_idle();
}

void Server::abort_in_flight() {
  for (auto* connection : state_->context.connections)
    connection->stop_exchange(runtime::StopReason::draining);
}

void Server::cancel_all() {
  // Cancelling ends no connection yet: that is left to its own coroutine.
  for (auto* connection : state_->context.connections) connection->cancel();
}

runtime::Task<void> Server::wait_closed() {
  const auto state = state_;
  runtime::Waiter waiter(state->context.shard);
  state->closed_waiters.push_back(&waiter);
  while (state->open > 0) co_await waiter.wait();
  std::erase(state->closed_waiters, &waiter);
}

ServerStats Server::stats() const {
  ServerStats stats = state_->context.stats;
  stats.connections = state_->open;
  return stats;
}

}  // namespace relayna::http
