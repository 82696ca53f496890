#pragma once

#include <memory>
#include <string>

#include "support/process.hpp"

namespace relayna::test {

/// A PostgreSQL server of its own: temporary data directory, free port on 127.0.0.1 (kept over restarts),
/// Unix socket, no fsync, every password accepted. Needs initdb and postgres of any installed version; throws
/// std::runtime_error with the reason when something is missing. Start it on the main thread.
class PostgresServer {
 public:
  enum class StopMode { fast, immediate };

  PostgresServer();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  /// Returns when it answers.
  void start();
  /// `immediate` is a crash: no checkpoint, connections just end.
  void stop(StopMode mode = StopMode::fast);
  void restart(StopMode mode = StopMode::fast);
  /// Stops every process of the server in its tracks: connections are accepted by the kernel, nothing
  /// answers.
  void pause();
  void resume();

  [[nodiscard]] int port() const noexcept { return port_; }
  [[nodiscard]] std::string url(const std::string& database = "postgres") const;
  /// The same through the Unix socket.
  [[nodiscard]] std::string socket_url(const std::string& database = "postgres") const;
  /// Makes an empty database; returns its URL.
  std::string create_database();

 private:
  bool try_start();
  std::string directory_;
  int port_ = 0;
  bool paused_ = false;
  std::unique_ptr<Process> process_;
};

/// A server's program, for example `psql`, with its path.
std::string postgres_program(const std::string& name);

/// Runs SQL in the database of `url`; returns what psql prints, unaligned and without headings.
std::string psql(const std::string& url, const std::string& sql);

/// An empty database, dropped in the end, on the server of RELAYNA_TEST_DATABASE_URL, or on one that is
/// started for this program when first needed.
class FreshDatabase {
 public:
  FreshDatabase();
  ~FreshDatabase();
  FreshDatabase(const FreshDatabase&) = delete;
  FreshDatabase& operator=(const FreshDatabase&) = delete;
  [[nodiscard]] const std::string& url() const noexcept { return url_; }

 private:
  std::string server_;
  std::string name_;
  std::string url_;
};

}  // namespace relayna::test
