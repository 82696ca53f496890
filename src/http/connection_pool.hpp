#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "relayna/core/time.hpp"
#include "relayna/http/client.hpp"
#include "relayna/net/connector.hpp"

namespace relayna::http {

/// A connection to an upstream between two exchanges, or lent to one.
struct PooledConnection {
  std::unique_ptr<net::Stream> stream;
  core::TimePoint created;
  core::TimePoint idle_since;
};

/// What one origin has open.
struct OriginConnections {
  std::string authority;               ///< the Host field
  std::vector<PooledConnection> idle;  ///< oldest first; taken from the back
  std::size_t active = 0;
};

/// Bookkeeping of keep-alive connections per origin. Does no I/O but looking whether an idle connection is
/// stale. One shard's thread.
class ConnectionPool {
 public:
  explicit ConnectionPool(const Client::Settings& settings) : settings_(settings) {}

  /// Stays valid while it has active connections.
  OriginConnections& origin(const net::Origin& origin);
  /// The connection used last that can still be used; its stream is null when there is none. Unusable ones
  /// met on the way are closed.
  PooledConnection take(OriginConnections& from, core::TimePoint now);
  /// Closes it when the origin has enough idle ones or it is too old.
  void give(OriginConnections& to, PooledConnection connection, core::TimePoint now);
  /// Closes what has been idle too long or was closed by the peer; forgets origins without connections.
  void sweep(core::TimePoint now);
  void clear() noexcept;
  [[nodiscard]] std::size_t idle() const noexcept;
  [[nodiscard]] std::size_t active() const noexcept;

 private:
  struct Hash {
    std::size_t operator()(const net::Origin& o) const noexcept {
      return std::hash<std::string_view>()(o.host) * 31 + o.port * 2U + (o.tls ? 1 : 0);
    }
  };
  [[nodiscard]] bool outlived(const PooledConnection& connection, core::TimePoint now) const noexcept;

  const Client::Settings& settings_;
  std::unordered_map<net::Origin, OriginConnections, Hash> origins_;
};

}  // namespace relayna::http
