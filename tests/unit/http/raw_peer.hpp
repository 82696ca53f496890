#pragma once

#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace relayna::test {

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}
inline sockaddr* as_sockaddr(sockaddr_in& address) {
  return reinterpret_cast<sockaddr*>(&address);
}

/// The other end of a connection as a test plays it: raw bytes, nothing done unless told. Non-blocking; the
/// test calls `pump` while it drives the loop.
class RawPeer {
 public:
  RawPeer() = default;
  explicit RawPeer(int fd) : fd_(fd) {
    ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK);
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  RawPeer(RawPeer&& other) noexcept { swap(other); }
  RawPeer& operator=(RawPeer&& other) noexcept {
    swap(other);
    return *this;
  }
  ~RawPeer() { close(); }

  /// `receive_buffer` in bytes makes a reader that back-pressure reaches early; 0 leaves the system's choice.
  static RawPeer connect(std::uint16_t port, int receive_buffer = 0) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer != 0) ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    auto address = loopback(port);
    if (::connect(fd, as_sockaddr(address), sizeof address) != 0) throw std::runtime_error("connect");
    return RawPeer(fd);
  }

  /// Writes what the socket takes; false when it did not take all.
  bool send(std::string_view bytes) {
    const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0) return false;
    return static_cast<std::size_t>(n) == bytes.size();
  }
  /// How much was taken of a larger piece.
  std::size_t send_some(std::string_view bytes) {
    const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return n < 0 ? 0 : static_cast<std::size_t>(n);
  }

  /// Takes what has arrived.
  void pump(std::size_t most = SIZE_MAX) {
    char buffer[16 * 1024];
    while (fd_ >= 0 && !ended && most > 0) {
      const auto n = ::recv(fd_, buffer, std::min(sizeof buffer, most), 0);
      if (n > 0) {
        received.append(buffer, static_cast<std::size_t>(n));
        most -= static_cast<std::size_t>(n);
      } else if (n == 0) {
        ended = true;
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        return;
      } else {
        ended = reset = true;
      }
    }
  }
  [[nodiscard]] bool has(std::string_view text) {
    pump();
    return received.find(text) != std::string::npos;
  }
  [[nodiscard]] bool has_ended() {
    pump();
    return ended;
  }

  void shutdown_send() { ::shutdown(fd_, SHUT_WR); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  /// Closes so that the other side sees a reset.
  void abort() {
    const linger hard{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close();
  }
  [[nodiscard]] bool open() const { return fd_ >= 0; }

  std::string received;
  bool ended = false;
  bool reset = false;

 private:
  void swap(RawPeer& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(received, other.received);
    std::swap(ended, other.ended);
    std::swap(reset, other.reset);
  }
  int fd_ = -1;
};

/// A listening socket whose connections the test takes one by one.
class RawListener {
 public:
  explicit RawListener(int receive_buffer = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    if (receive_buffer != 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    auto address = loopback(0);
    socklen_t size = sizeof address;
    if (::bind(fd_, as_sockaddr(address), size) != 0 || ::listen(fd_, 64) != 0 ||
        ::getsockname(fd_, as_sockaddr(address), &size) != 0) {
      throw std::runtime_error("listen");
    }
    port = ntohs(address.sin_port);
  }
  RawListener(const RawListener&) = delete;
  RawListener& operator=(const RawListener&) = delete;
  ~RawListener() { ::close(fd_); }

  /// True when a connection was taken into `peer`.
  bool accept(RawPeer& peer) {
    const int fd = ::accept(fd_, nullptr, nullptr);
    if (fd < 0) return false;
    peer = RawPeer(fd);
    return true;
  }

  std::uint16_t port = 0;

 private:
  int fd_;
};

}  // namespace relayna::test
