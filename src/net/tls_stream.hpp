#pragma once

#include <memory>
#include <string>

#include "net/openssl.hpp"
#include "net/socket_stream.hpp"
#include "net/tls_bio.hpp"

namespace relayna::net {

/// TLS directly on OpenSSL and a non-blocking socket. asio::ssl::stream holds two 17 kB buffers per
/// connection for its whole life; here OpenSSL gives its buffers back between records.
class TlsStream final : public SocketStream {
 public:
  /// `ssl` is set up for its role. `keep` lives as long as the stream.
  TlsStream(runtime::Shard& shard, Socket socket, SslPtr ssl, std::shared_ptr<void> keep = {});
  ~TlsStream() override;

  /// Returns ok, timed_out, cancelled, reset or tls_error; `reason` says why it failed.
  runtime::Task<IoStatus> handshake();
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }
  [[nodiscard]] SSL* ssl() noexcept { return ssl_.get(); }

  IoResult try_read(std::span<char> into) override;
  /// One TLS record per call. After would_block the same bytes must come first in the next call: OpenSSL has
  /// encrypted them already.
  IoResult try_write(std::span<const std::string_view> pieces) override;
  runtime::Task<IoStatus> wait_readable() override;
  runtime::Task<IoStatus> wait_writable() override;
  void shutdown_send() noexcept override;
  [[nodiscard]] bool is_tls() const noexcept override { return true; }
  [[nodiscard]] bool stale() noexcept override;

 private:
  enum class Need : std::uint8_t { none, readable, writable };
  IoStatus classify(int result, Need& need);
  [[nodiscard]] static Socket::wait_type wait_for(Need need, Socket::wait_type usual) noexcept;

  BioSocket bio_;
  std::shared_ptr<void> keep_;
  SslPtr ssl_;
  std::string reason_;
  std::size_t unsent_ = 0;  // length of the record OpenSSL still has to send
  Need read_need_ = Need::none;
  Need write_need_ = Need::none;
};

}  // namespace relayna::net
