#pragma once

// A non-blocking client socket, plain or TLS, for the load client.

#include <cerrno>
#include <cstdint>
#include <string_view>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bench {

enum class Io { done, wait_read, wait_write, closed };

class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  ~Transport() { close(); }

  /// Starts connecting to 127.0.0.1:port. `tls` null: plain.
  bool connect(std::uint16_t port, SSL_CTX* tls) {
    close();
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS)
      return false;
    if (tls != nullptr) {
      ssl_ = SSL_new(tls);
      SSL_set_fd(ssl_, fd_);
      SSL_set_connect_state(ssl_);
    }
    return true;
  }

  void close() {
    if (ssl_ != nullptr) SSL_free(ssl_);
    ssl_ = nullptr;
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  [[nodiscard]] int fd() const { return fd_; }

  /// `n` is how much went through.
  Io write(std::string_view bytes, std::size_t& n) {
    n = 0;
    if (ssl_ != nullptr) return tls_result(SSL_write_ex(ssl_, bytes.data(), bytes.size(), &n));
    auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == ENOTCONN ? Io::wait_write : Io::closed;
    n = static_cast<std::size_t>(sent);
    return Io::done;
  }

  Io read(char* into, std::size_t size, std::size_t& n) {
    n = 0;
    if (ssl_ != nullptr) return tls_result(SSL_read_ex(ssl_, into, size, &n));
    auto got = ::recv(fd_, into, size, 0);
    if (got == 0) return Io::closed;
    if (got < 0) return errno == EAGAIN ? Io::wait_read : Io::closed;
    n = static_cast<std::size_t>(got);
    return Io::done;
  }

 private:
  Io tls_result(int ok) {
    if (ok == 1) return Io::done;
    switch (SSL_get_error(ssl_, ok)) {
      case SSL_ERROR_WANT_READ:
        return Io::wait_read;
      case SSL_ERROR_WANT_WRITE:
        return Io::wait_write;
      default:
        return Io::closed;
    }
  }

  int fd_ = -1;
  SSL* ssl_ = nullptr;
};

}  // namespace bench
