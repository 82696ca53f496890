#pragma once

#include <memory>
#include <string>
#include <vector>

#include "relayna/http/client.hpp"
#include "relayna/runtime/shard.hpp"

#include "http/connection_pool.hpp"

namespace relayna::http {

class ClientExchange;

/// What the exchanges of one client share. Outlives the Client while bodies are still being read.
struct ClientState {
  runtime::Shard& shard;
  net::Connector& connector;
  Client::Settings settings;
  ConnectionPool pool;
  std::string head;  ///< request heads are built here; nothing in it survives a suspension
  std::vector<ClientExchange*> uploading;  ///< those that wait for the upstream to take more of a body
  std::uint64_t connects = 0;
  std::uint64_t reuses = 0;
  bool closed = false;  ///< the Client is gone: nothing returns to the pool

  ClientState(runtime::Shard& s, net::Connector& c, Client::Settings set)
      : shard(s), connector(c), settings(set), pool(settings) {}
};

/// A connection lent to an exchange. Destroying the lease closes the connection.
class Lease {
 public:
  Lease() = default;
  Lease(std::shared_ptr<ClientState> state, OriginConnections& origin)
      : state_(std::move(state)), origin_(&origin) {
    ++origin_->active;
  }
  Lease(Lease&& other) noexcept
      : connection(std::move(other.connection)),
        state_(std::move(other.state_)),
        origin_(std::exchange(other.origin_, nullptr)) {}
  Lease& operator=(Lease&&) = delete;
  ~Lease() { drop(); }

  [[nodiscard]] bool held() const noexcept { return origin_ != nullptr; }
  [[nodiscard]] net::Stream& stream() const noexcept { return *connection.stream; }
  [[nodiscard]] ClientState& state() const noexcept { return *state_; }
  [[nodiscard]] OriginConnections& origin() const noexcept { return *origin_; }
  /// Closes the connection now.
  void drop() noexcept;
  /// Gives it back for the next exchange.
  void give_back();

  PooledConnection connection;

 private:
  std::shared_ptr<ClientState> state_;
  OriginConnections* origin_ = nullptr;
};

}  // namespace relayna::http
