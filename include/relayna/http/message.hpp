#pragma once

#include <memory>
#include <string>
#include <variant>

#include "relayna/core/ids.hpp"
#include "relayna/http/body.hpp"
#include "relayna/http/fields.hpp"
#include "relayna/net/address.hpp"
#include "relayna/runtime/stop.hpp"

namespace relayna::http {

struct RequestHead {
  std::string method;  ///< as received; methods are case-sensitive
  std::string target;  ///< origin-form, as received: path and query still percent-encoded
  int version = 11;    ///< 10 or 11
  Fields fields;
};

struct ResponseHead {
  int status = 200;
  Fields fields;
};

/// What is known of the connection a request came on. Lives as long as the request.
struct Peer {
  net::Address address;  ///< of the client: behind trusted proxies the one they vouch for
  std::uint16_t local_port = 0;
  bool tls = false;  ///< the connection itself, or X-Forwarded-Proto from a trusted proxy
};

/// A request that passed the guard. Its body has not been read; `100 Continue` is sent by the first pull of
/// the body, hence after authentication.
struct Request {
  RequestHead head;
  std::unique_ptr<BodySource> body;  ///< never null
  Peer peer;
  core::TimePoint received;  ///< when the head was complete
  /// Stops when the client is gone or the drain ran out. Outlives the request and the response's body.
  runtime::StopSource* stop = nullptr;
};

/// What a handler answers. The server adds Date, Connection and the framing (Content-Length or chunked); the
/// handler must not.
struct Response {
  ResponseHead head;
  std::unique_ptr<BodySource>
      body;            ///< null: no body bytes (Content-Length: 0 unless the status forbids one)
  bool close = false;  ///< close the connection after this answer
  /// Send the head without waiting for the body's first bytes (an early event stream). Otherwise head and
  /// first bytes leave in one write.
  bool flush_head = false;
};

/// Serves requests of one listener. One shard; called concurrently for different connections.
class Handler {
 public:
  virtual ~Handler() = default;
  /// Must not throw; what escapes is answered 500 and counted as a bug.
  virtual runtime::Task<Response> handle(Request request) = 0;
  /// Renders an error that the server itself found before there was a request (guard, head too large,
  /// timeout), in the shape for `target`.
  virtual Response refuse(std::string_view target, const core::Error& error) = 0;
};

/// The reason phrase of a status, `Unknown` when unassigned.
std::string_view reason_phrase(int status) noexcept;

}  // namespace relayna::http
