#pragma once

#include "relayna/net/stream.hpp"

namespace relayna::net {

/// What plain and TLS streams share: the socket, its deadline, cancellation and waiting.
class SocketStream : public Stream {
 public:
  /// `socket` is open; it need not be connected yet. Becomes non-blocking.
  SocketStream(runtime::Shard& shard, Socket socket);

  runtime::Task<IoStatus> wait_readable() override;
  runtime::Task<IoStatus> wait_writable() override;
  void cancel() noexcept override;
  void shutdown_send() noexcept override;
  void close() noexcept override;
  [[nodiscard]] int native_handle() const noexcept override;
  [[nodiscard]] bool is_tls() const noexcept override { return false; }
  [[nodiscard]] bool stale() noexcept override;

  IoResult try_read(std::span<char> into) override;
  IoResult try_write(std::span<const std::string_view> pieces) override;

  /// Gives the socket up; the stream is closed afterwards.
  Socket release_socket() noexcept;

 protected:
  /// `ready` says that nothing needs to be waited for.
  runtime::Task<IoStatus> wait(Socket::wait_type what, bool ready = false);
  /// Why every operation fails from now on; ok while the stream is usable.
  [[nodiscard]] IoStatus failure() const noexcept { return failure_; }
  void fail(IoStatus why) noexcept {
    if (failure_ == IoStatus::ok) failure_ = why;
  }

 private:
  void on_expired() override;
  void cancel_waits() noexcept;

  mutable Socket socket_;
  IoStatus failure_ = IoStatus::ok;
};

}  // namespace relayna::net
