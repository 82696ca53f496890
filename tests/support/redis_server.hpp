#pragma once

#include <memory>
#include <string>

#include "support/process.hpp"

namespace relayna::test {

/// A redis-server of its own on a free port of 127.0.0.1 (kept over restarts), keeping nothing on disk.
/// Throws std::runtime_error with the reason when it cannot be started. Start it on the main thread.
class RedisServer {
 public:
  /// `password` empty: none. `settings`: further command line settings (`--maxmemory-policy`, `noeviction`,
  /// …).
  explicit RedisServer(std::string password = {}, Command settings = {});
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  /// Returns when it answers.
  void start();
  /// Without a goodbye; what it held is gone.
  void stop();
  void restart();
  /// Stops it in its tracks: connections are accepted by the kernel, nothing answers.
  void pause();
  void resume();

  [[nodiscard]] int port() const noexcept { return port_; }
  [[nodiscard]] std::string url() const;

 private:
  bool answers() const;
  std::string password_;
  Command settings_;
  std::string directory_;
  int port_ = 0;
  std::unique_ptr<Process> process_;
};

}  // namespace relayna::test
