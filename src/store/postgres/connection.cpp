#include "store/postgres/connection.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "relayna/telemetry/log.hpp"

#include "store/postgres/statements.hpp"

// libpqxx 6.4 forgets the result (about 2 kB) of a call during which the connection was lost: it throws
// between receiving the result from libpq and owning it. Nothing outside the library can reach it; the leak
// checker is told.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libpqxx";
}
#endif
#endif

namespace relayna::store::postgres {

namespace {

/// Hands an open connection to libpqxx, once. Asked again, after the connection was lost, it refuses: the
/// pool decides when to connect.
class OpenHandle final : public pqxx::connectionpolicy {
 public:
  explicit OpenHandle(PGconn* handle) : pqxx::connectionpolicy(""), handle_(handle) {}
  ~OpenHandle() noexcept override { PQfinish(handle_); }
  handle do_startconnect(handle current) override {
    if (current != nullptr) return current;
    if (handle_ == nullptr) throw pqxx::broken_connection("the connection was lost");
    return std::exchange(handle_, nullptr);
  }

 private:
  PGconn* handle_;
};

}  // namespace

class Connection::Link final : public pqxx::connection_base {
 public:
  explicit Link(PGconn* handle) : pqxx::connection_base(policy_), policy_(handle) { init(); }
  ~Link() { close(); }

 private:
  OpenHandle policy_;
};

/// libpqxx prints notices to stderr unless told otherwise.
class Connection::NoticeLog final : public pqxx::errorhandler {
 public:
  explicit NoticeLog(pqxx::connection_base& session) : pqxx::errorhandler(session) {}
  bool operator()(const char message[]) noexcept override {
    try {
      std::string_view line(message);
      telemetry::log("store")->debug("postgres says: {}", line.substr(0, line.find('\n')));
    } catch (...) {  // a line that cannot be logged is no reason to fail
    }
    return false;
  }
};

Connection::Connection(const ConnectOptions& options, core::TimePoint deadline, const Interrupt* interrupt)
    : link_(std::make_unique<Link>(connect(options, deadline, interrupt))),
      notices_(std::make_unique<NoticeLog>(*link_)),
      socket_(::fcntl(link_->sock(), F_DUPFD_CLOEXEC, 0)) {
  if (socket_ < 0) throw std::system_error(errno, std::generic_category(), "dup");
  link_->set_verbosity(pqxx::connection_base::terse);  // no DETAIL: it quotes values
  for (const auto& [name, sql] : statements()) link_->prepare(name, sql);
}

Connection::~Connection() {
  notices_.reset();
  link_.reset();
  ::close(socket_);
}

pqxx::connection_base& Connection::session() noexcept {
  return *link_;
}

bool Connection::usable() const noexcept {
  if (!link_->is_open()) return false;
  pollfd fd{socket_, POLLIN, 0};
  return ::poll(&fd, 1, 0) == 0;
}

void Connection::interrupt() noexcept {
  ::shutdown(socket_, SHUT_RDWR);
}

pqxx::result query(pqxx::transaction_base& on, const std::string& sql, const Params& params) {
  if (params.values().empty()) return on.exec(sql);
  return on.exec_params(sql, pqxx::prepare::make_dynamic_params(params.values()));
}

pqxx::result prepared(pqxx::transaction_base& on, const std::string& name, const Params& params) {
  return on.exec_prepared(name, pqxx::prepare::make_dynamic_params(params.values()));
}

}  // namespace relayna::store::postgres
