#include "store/postgres/connector.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

#include <fmt/format.h>
#include <poll.h>
#include <pqxx/except>
#include <sys/eventfd.h>
#include <unistd.h>

namespace relayna::store::postgres {

namespace {

using Handle = std::unique_ptr<PGconn, decltype(&PQfinish)>;

Handle connect_one(const Target& target, core::TimePoint deadline, const Interrupt* interrupt) {
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, text] : target) {
    keywords.push_back(keyword.c_str());
    values.push_back(text.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  Handle handle(PQconnectStartParams(keywords.data(), values.data(), 0), &PQfinish);
  if (!handle) throw std::bad_alloc();
  if (PQstatus(handle.get()) == CONNECTION_BAD) throw pqxx::broken_connection(PQerrorMessage(handle.get()));
  PostgresPollingStatusType status = PGRES_POLLING_WRITING;
  while (status != PGRES_POLLING_OK) {
    if (status == PGRES_POLLING_FAILED) throw pqxx::broken_connection(PQerrorMessage(handle.get()));
    const short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    switch (wait_for(PQsocket(handle.get()), events, interrupt, deadline)) {
      case Woken::ready:
        status = PQconnectPoll(handle.get());
        break;
      case Woken::interrupted:
        throw pqxx::broken_connection("interrupted while connecting");
      case Woken::time:
        throw pqxx::broken_connection("no connection within the connect timeout");
    }
  }
  return handle;
}

}  // namespace

Interrupt::Interrupt() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}
Interrupt::~Interrupt() {
  ::close(fd_);
}
void Interrupt::fire() noexcept {
  ::eventfd_write(fd_, 1);
}

Woken wait_for(int fd, short events, const Interrupt* interrupt, core::TimePoint until) {
  pollfd fds[2] = {{fd, events, 0}, {interrupt != nullptr ? interrupt->fd() : -1, POLLIN, 0}};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - core::real_clock().now()).count();
    const int timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
    const int count = ::poll(fds, 2, timeout);
    if (count < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
    if (count < 0) continue;
    if (fds[1].revents != 0) return Woken::interrupted;
    if (fds[0].revents != 0) return Woken::ready;
    if (left <= 0) return Woken::time;
  }
}

PGconn* connect(const ConnectOptions& options, core::TimePoint deadline, const Interrupt* interrupt) {
  for (std::size_t i = 0;; ++i) {
    const auto until = std::min(deadline, core::real_clock().now() + options.connect_timeout);
    try {
      return connect_one(options.targets[i], until, interrupt).release();
    } catch (const pqxx::broken_connection&) {
      if (i + 1 == options.targets.size() || core::real_clock().now() >= deadline) throw;
    }
  }
}

}  // namespace relayna::store::postgres
