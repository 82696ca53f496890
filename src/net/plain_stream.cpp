#include <array>
#include <cerrno>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "net/socket_stream.hpp"

namespace relayna::net {
namespace {

constexpr std::size_t kMaxPieces = 16;

// recv and sendmsg agree on what these mean for a stream.
IoStatus status_of(int error) noexcept {
  return error == EAGAIN || error == EWOULDBLOCK ? IoStatus::would_block : IoStatus::reset;
}

}  // namespace

SocketStream::SocketStream(runtime::Shard& shard, Socket socket) : socket_(std::move(socket)) {
  boost::system::error_code ec;
  socket_.non_blocking(true, ec);
  // Small writes (one SSE event) must leave at once; Nagle with delayed ACK would hold them for 40 ms.
  socket_.set_option(boost::asio::ip::tcp::no_delay(true), ec);
  shard.sweep().add(*this);
}

IoResult SocketStream::try_read(std::span<char> into) {
  if (failure_ != IoStatus::ok) return {failure_, 0};
  if (into.empty()) return {};
  for (;;) {
    const auto n = ::recv(socket_.native_handle(), into.data(), into.size(), 0);
    if (n > 0) return {IoStatus::ok, static_cast<std::size_t>(n)};
    if (n == 0) return {IoStatus::closed, 0};
    if (errno != EINTR) return {status_of(errno), 0};
  }
}

IoResult SocketStream::try_write(std::span<const std::string_view> pieces) {
  if (failure_ != IoStatus::ok) return {failure_, 0};
  std::array<iovec, kMaxPieces> vector;
  std::size_t count = 0;
  for (const auto piece : pieces) {
    if (piece.empty()) continue;
    if (count == kMaxPieces) break;
    vector[count++] = {const_cast<char*>(piece.data()), piece.size()};
  }
  if (count == 0) return {};
  msghdr message{};
  message.msg_iov = vector.data();
  message.msg_iovlen = count;
  for (;;) {
    const auto n = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL);
    if (n >= 0) return {IoStatus::ok, static_cast<std::size_t>(n)};
    if (errno != EINTR) return {status_of(errno), 0};
  }
}

runtime::Task<IoStatus> SocketStream::wait_readable() {
  return wait(Socket::wait_read);
}
runtime::Task<IoStatus> SocketStream::wait_writable() {
  return wait(Socket::wait_write);
}

runtime::Task<IoStatus> SocketStream::wait(Socket::wait_type what, bool ready) {
  if (failure_ != IoStatus::ok || ready) co_return failure_;
  const auto [ec] = co_await socket_.async_wait(what, runtime::use_task);
  if (failure_ != IoStatus::ok) co_return failure_;
  co_return ec ? IoStatus::reset : IoStatus::ok;
}

void SocketStream::on_expired() {
  fail(IoStatus::timed_out);
  cancel_waits();
}

void SocketStream::cancel() noexcept {
  fail(IoStatus::cancelled);
  cancel_waits();
}

void SocketStream::cancel_waits() noexcept {
  boost::system::error_code ec;
  socket_.cancel(ec);
}

void SocketStream::shutdown_send() noexcept {
  boost::system::error_code ec;
  socket_.shutdown(Socket::shutdown_send, ec);
}

void SocketStream::close() noexcept {
  fail(IoStatus::cancelled);
  boost::system::error_code ec;
  socket_.close(ec);
}

int SocketStream::native_handle() const noexcept {
  return socket_.is_open() ? socket_.native_handle() : -1;
}

bool SocketStream::stale() noexcept {
  if (failure_ != IoStatus::ok) return true;
  char byte;
  const auto n = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n >= 0 || status_of(errno) != IoStatus::would_block;
}

Socket SocketStream::release_socket() noexcept {
  fail(IoStatus::cancelled);
  return std::move(socket_);
}

std::unique_ptr<Stream> make_plain_stream(runtime::Shard& shard, Socket socket) {
  return std::make_unique<SocketStream>(shard, std::move(socket));
}

}  // namespace relayna::net
