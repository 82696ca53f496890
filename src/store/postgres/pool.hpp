#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <vector>

#include "relayna/core/result.hpp"

#include "store/postgres/connection.hpp"
#include "store/postgres/watchdog.hpp"

namespace relayna::store::postgres {

/// When work may be done a second time after the first was cut off: the idle connection it got was dead.
enum class Repeat : std::uint8_t {
  never,         ///< only when the server said that it rolled back
  until_commit,  ///< a Mutation: as long as it had not begun to commit
  always,        ///< a read, or an idempotent write
};

struct PoolSettings {
  std::size_t max_connections = 4;
  std::chrono::milliseconds statement_timeout{5'000};
};

/// Connections owned by whoever runs a call, made when needed and kept. Any thread. A call ends within the
/// statement timeout and half a second, whatever the server does, connecting included; while the server
/// cannot be reached, calls fail at once but for one that tries again, at most every half second.
class Pool {
 public:
  Pool(const ConnectOptions& options, PoolSettings settings, std::shared_ptr<Watchdog> watchdog);

  /// Runs `work(Connection&)`, which returns a core::Result and may throw.
  template <class F>
  std::invoke_result_t<F&, Connection&> run(Repeat repeat, F work) {
    std::optional<std::invoke_result_t<F&, Connection&>> out;
    auto done = execute(repeat, [&](Connection& connection) { out.emplace(work(connection)); });
    if (!done) return std::unexpected(std::move(done.error()));
    return std::move(*out);
  }

 private:
  using Handle = std::unique_ptr<Connection>;
  struct Leased {
    Handle connection;
    bool reused = false;
  };
  core::Result<void> execute(Repeat repeat, const std::function<void(Connection&)>& work);
  core::Result<Leased> lease(core::TimePoint deadline);
  core::Result<Handle> open(std::unique_lock<std::mutex>& lock, core::TimePoint deadline);
  void give_back(Handle connection);
  void discard_with_idle(Handle connection);
  Handle take_idle();
  [[nodiscard]] core::Error away() const;

  const ConnectOptions& options_;
  const PoolSettings settings_;
  const std::shared_ptr<Watchdog> watchdog_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<Handle> idle_;
  std::size_t count_ = 0;  // idle, leased and being opened

  // What is known of a server that cannot be reached.
  std::string last_failure_;  // empty: the last attempt succeeded
  std::chrono::milliseconds backoff_{0};
  core::TimePoint retry_at_{};
  bool trying_ = false;
};

}  // namespace relayna::store::postgres
