#pragma once

#include <libpq-fe.h>

#include "relayna/core/time.hpp"

#include "store/postgres/conninfo.hpp"

namespace relayna::store::postgres {

/// A file descriptor that becomes readable for ever once fired: how another thread ends a wait.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  void fire() noexcept;
  [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
  int fd_;
};

/// Opens a connection, trying each target within its connect timeout, all within `deadline`. Throws
/// pqxx::broken_connection with the reason. Looking up a host's name is libpq's and not bounded by us.
PGconn* connect(const ConnectOptions& options, core::TimePoint deadline, const Interrupt* interrupt);

/// Waits until `fd` is ready (POLLIN, POLLOUT), the interrupt fires or the time has come.
enum class Woken : std::uint8_t { ready, interrupted, time };
Woken wait_for(int fd, short events, const Interrupt* interrupt, core::TimePoint until);

}  // namespace relayna::store::postgres
