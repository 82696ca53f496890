#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "relayna/http/message.hpp"
#include "relayna/net/connector.hpp"

namespace relayna::http {

/// A request to an upstream. The head is written by the client as one string and sent with the body pieces in
/// one gather-write; the pieces may point into the caller's buffer, so an edited body is never copied.
struct ClientRequest {
  std::string_view method;
  std::string_view target;  ///< origin-form
  const Fields* fields =
      nullptr;  ///< end-to-end fields; Host, Content-Length and Connection are the client's own
  std::span<const std::string_view> body;  ///< valid until the response head has arrived
  bool has_body = false;                   ///< whether Content-Length is sent (also for an empty body)
  bool* sent = nullptr;  ///< set to true once all of it was sent: whoever fails then may have worked for it
};

struct ClientTimeouts {
  std::chrono::milliseconds connect{5'000};
  std::chrono::milliseconds first_byte{120'000};
  std::chrono::milliseconds idle{120'000};  ///< between two reads of the answer
  core::Deadline total;                     ///< of everything, body included
};

struct ClientResponse {
  ResponseHead head;
  std::unique_ptr<BodySource> body;  ///< destroying it before its end closes the connection
  bool reused_connection = false;
  core::Duration connect{};  ///< name lookup, connection, TLS; 0 on a reused connection
};

/// Keep-alive connections to upstreams, per origin. One shard.
class Client {
 public:
  struct Settings {
    std::size_t max_idle_per_origin = 256;
    std::size_t max_per_origin = 4096;  ///< more callers than this get upstream_connection
    std::chrono::milliseconds idle_timeout{55'000};
    std::chrono::milliseconds max_age{600'000};  ///< connections older than this are not reused
    std::size_t max_head_bytes = 64 * 1024;
  };
  struct Stats {
    std::size_t idle = 0;
    std::size_t active = 0;
    std::uint64_t connects = 0;
    std::uint64_t reuses = 0;
  };
  Client(runtime::Shard& shard, net::Connector& connector, Settings settings);
  ~Client();

  /// Sends and waits for the head. A reused connection that fails before any answer byte is retried once on a
  /// fresh one. 1xx answers are skipped. `stop` cancels (client_closed). Errors: upstream_connection,
  /// upstream_timeout, upstream_protocol, client_closed.
  runtime::Task<core::Result<ClientResponse>> send(net::Origin origin, ClientRequest request,
                                                   ClientTimeouts timeouts, runtime::StopSource* stop);
  [[nodiscard]] Stats stats() const;
  /// Closes idle connections.
  void clear();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace relayna::http
