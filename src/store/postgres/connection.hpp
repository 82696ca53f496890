#pragma once

#include <memory>

#include <pqxx/pqxx>

#include "store/postgres/connector.hpp"
#include "store/postgres/params.hpp"

namespace relayna::store::postgres {

/// One session with the server. One thread at a time, but for interrupt(). Everything that talks to the
/// server throws libpqxx's exceptions (faults.hpp turns them into errors); it never reconnects by itself.
class Connection {
 public:
  Connection(const ConnectOptions& options, core::TimePoint deadline, const Interrupt* interrupt = nullptr);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  pqxx::connection_base& session() noexcept;
  /// A duplicate of libpq's socket, valid as long as this object even after libpq closed its own.
  [[nodiscard]] int socket() const noexcept { return socket_; }
  /// False when an idle connection has something to read, which is the server's goodbye.
  [[nodiscard]] bool usable() const noexcept;
  /// Whether a Mutation has begun to commit: from then on only the server knows whether it happened.
  [[nodiscard]] bool committing() const noexcept { return committing_; }
  /// Makes a call that is blocked on the server return. Any thread.
  void interrupt() noexcept;

 private:
  class Link;
  class NoticeLog;
  std::unique_ptr<Link> link_;
  std::unique_ptr<NoticeLog> notices_;
  int socket_ = -1;
  bool committing_ = false;
  friend class Mutation;
};

/// A transaction that is rolled back unless committed.
class Mutation {
 public:
  explicit Mutation(Connection& connection) : connection_(connection), work_(connection.session()) {
    connection_.committing_ = false;
  }
  pqxx::transaction_base& on() noexcept { return work_; }
  void commit() {
    connection_.committing_ = true;
    work_.commit();
    connection_.committing_ = false;
  }

 private:
  Connection& connection_;
  pqxx::work work_;
};

/// Statement with parameters, parsed by the server each time.
pqxx::result query(pqxx::transaction_base& on, const std::string& sql, const Params& params = {});
/// A statement of statements.hpp, parsed once per connection.
pqxx::result prepared(pqxx::transaction_base& on, const std::string& name, const Params& params);

}  // namespace relayna::store::postgres
