#include "net/dial.hpp"

#include <cerrno>
#include <cstring>

#include <netinet/tcp.h>
#include <sys/socket.h>

namespace relayna::net {
namespace {

// An LLM may think for minutes without a byte; load balancers and NATs forget connections that silent.
void keep_alive(int fd) noexcept {
  const int on = 1;
  const int idle_seconds = 60;
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_seconds, sizeof idle_seconds);
}

int socket_error(int fd) noexcept {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

Dialled broken(int error) {
  return {IoStatus::reset, std::strerror(error), nullptr};
}

}  // namespace

runtime::Task<Dialled> dial(runtime::Shard& shard, Endpoint endpoint, core::Deadline deadline,
                            runtime::StopSource* stop) {
  if (stop != nullptr && stop->stop_requested()) co_return Dialled{IoStatus::cancelled, {}, nullptr};
  if (deadline.passed(shard.clock().now())) co_return Dialled{IoStatus::timed_out, {}, nullptr};
  Socket socket(shard.executor());
  boost::system::error_code ec;
  socket.open(endpoint.protocol(), ec);
  if (ec) co_return Dialled{IoStatus::reset, ec.message(), nullptr};
  auto stream = std::make_unique<SocketStream>(shard, std::move(socket));
  keep_alive(stream->native_handle());
  stream->expires_at(deadline);
  runtime::StopCallback on_stop(stop, [raw = stream.get()] { raw->cancel(); });

  const int fd = stream->native_handle();
  if (::connect(fd, endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0) {
    if (errno != EINPROGRESS && errno != EINTR) co_return broken(errno);
    const auto ready = co_await stream->wait_writable();
    if (ready != IoStatus::ok) co_return Dialled{ready, {}, nullptr};
    if (const int error = socket_error(fd); error != 0) co_return broken(error);
  }
  co_return Dialled{IoStatus::ok, {}, std::move(stream)};
}

}  // namespace relayna::net
