#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "relayna/http/message.hpp"
#include "relayna/net/tls.hpp"
#include "relayna/runtime/shard.hpp"

namespace relayna::http {

/// Counts a server keeps for its metrics; read on the shard's thread.
struct ServerStats {
  std::size_t connections = 0;
  std::size_t in_flight = 0;
  std::uint64_t accepted = 0;
  std::uint64_t refused_heads = 0;  ///< requests the guard refused
};

/// An HTTP/1.1 listener on one shard: accepts, guards, hands requests to the handler, writes answers, keeps
/// connections alive, drains.
class Server {
 public:
  struct Settings {
    net::Endpoint bind;  ///< port 0 picks one
    std::shared_ptr<net::TlsServerContext> tls;
    net::TrustedProxies trusted_proxies;
    bool reuse_port = false;                 ///< several shards accept on one port
    std::size_t max_connections = 16'384;    ///< more are accepted and closed at once
    std::size_t max_head_bytes = 32 * 1024;  ///< at most 60 KiB
    std::size_t max_fields = 100;
    std::uint64_t max_body_bytes = 33'554'432;       ///< a larger declared or actual body is refused with 413
    std::chrono::milliseconds head_timeout{15'000};  ///< first byte to end of the head (slowloris)
    std::chrono::milliseconds body_idle_timeout{30'000};  ///< between two reads of a request body
    std::chrono::milliseconds write_timeout{
        60'000};  ///< a reader that takes nothing for this long is cut off
    std::chrono::milliseconds keep_alive_timeout{75'000};
    std::chrono::milliseconds lingering_close{
        2'000};  ///< how long an early refusal waits for the client to read it
  };

  /// `handler` outlives the server.
  Server(runtime::Shard& shard, Settings settings, Handler& handler);
  ~Server();

  /// Binds and begins to accept. The error names the address and why.
  core::Result<void> listen();
  [[nodiscard]] net::Endpoint endpoint() const;
  /// From now on answers carry `Connection: close`; new connections are still accepted.
  void begin_drain();
  /// Accepts what waits in the queue, then closes the listening socket. Idle connections stay open until
  /// `close_idle`.
  void stop_accepting();
  /// Closes connections that are between requests.
  void close_idle();
  /// Stops every running exchange (Request::stop); their streams end with an error event and the connections
  /// close.
  void abort_in_flight();
  /// Ends every connection whatever it does: half a request, an answer that nobody reads.
  void cancel_all();
  /// Completes when the last connection has ended.
  runtime::Task<void> wait_closed();
  [[nodiscard]] ServerStats stats() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace relayna::http
