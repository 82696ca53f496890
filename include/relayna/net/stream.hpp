#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>

#include "relayna/core/result.hpp"
#include "relayna/core/time.hpp"
#include "relayna/runtime/shard.hpp"

namespace relayna::net {

using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, runtime::Executor>;
using Endpoint = boost::asio::ip::tcp::endpoint;

/// Why an operation of a stream did not move bytes.
enum class IoStatus : std::uint8_t {
  ok,
  would_block,  ///< nothing now; wait and try again
  closed,       ///< orderly end from the peer
  reset,        ///< the connection broke
  timed_out,    ///< the stream's deadline passed
  cancelled,    ///< cancel() was called
  tls_error,    ///< the peer broke TLS rules or closed without close_notify in the middle of a record
};

struct IoResult {
  IoStatus status = IoStatus::ok;
  std::size_t bytes = 0;
  [[nodiscard]] bool ok() const noexcept { return status == IoStatus::ok; }
};

/// A connected byte stream, plain or TLS. Try first, wait when it would block: waiting holds no buffer, so
/// 2,000 idle streams cost their coroutine frames and sockets only. The stream is its own deadline:
/// `expires_at` bounds the waits that follow, and an expired or cancelled stream fails every later operation
/// the same way. One shard's thread; at most one reader and one writer at a time.
class Stream : public runtime::Expirable {
 public:
  ~Stream() override = default;

  /// Never blocks. `closed` is the orderly end.
  virtual IoResult try_read(std::span<char> into) = 0;
  /// Never blocks; writes what fits, in order. Gather-write of at most 16 pieces per call.
  virtual IoResult try_write(std::span<const std::string_view> pieces) = 0;
  /// Completes when try_read may move bytes (or the stream failed): returns ok, timed_out, cancelled or
  /// reset.
  virtual runtime::Task<IoStatus> wait_readable() = 0;
  virtual runtime::Task<IoStatus> wait_writable() = 0;

  /// Ends both waits with `cancelled`. Idempotent.
  virtual void cancel() noexcept = 0;
  /// Sends FIN (and close_notify) without waiting.
  virtual void shutdown_send() noexcept = 0;
  virtual void close() noexcept = 0;
  /// The descriptor, for poll(2); -1 when closed.
  [[nodiscard]] virtual int native_handle() const noexcept = 0;
  [[nodiscard]] virtual bool is_tls() const noexcept = 0;
  /// True when an idle connection has bytes or an end pending: a pooled upstream connection that says so must
  /// not be reused.
  [[nodiscard]] virtual bool stale() noexcept = 0;
};

/// Waits as needed and reads at least one byte. `closed` at the end of the stream.
runtime::Task<IoResult> read_some(Stream& stream, std::span<char> into);
/// Writes all pieces, waiting as needed. The pieces' bytes must stay valid until it completes. `bytes` counts
/// what was written, also on failure. Yields to the loop every 256 KiB so that a large body does not starve
/// others.
runtime::Task<IoResult> write_all(Stream& stream, std::span<const std::string_view> pieces);

/// Wraps a connected socket; switches on TCP_NODELAY and non-blocking.
std::unique_ptr<Stream> make_plain_stream(runtime::Shard& shard, Socket socket);

}  // namespace relayna::net
