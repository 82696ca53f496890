#include "store/postgres/pool.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "relayna/telemetry/log.hpp"

#include "store/postgres/faults.hpp"

namespace relayna::store::postgres {

namespace {
constexpr std::chrono::milliseconds kBackoffFirst{50};
constexpr std::chrono::milliseconds kBackoffMax{500};
/// The server ends a statement at its timeout; this much later it is not going to.
constexpr std::chrono::milliseconds kGrace{500};
/// When the server ends many connections, another caller may have given one back just before that dies, too.
constexpr int kMostRepeats = 3;
}  // namespace

Pool::Pool(const ConnectOptions& options, PoolSettings settings, std::shared_ptr<Watchdog> watchdog)
    : options_(options), settings_(settings), watchdog_(std::move(watchdog)) {}

core::Result<void> Pool::execute(Repeat repeat, const std::function<void(Connection&)>& work) {
  const auto deadline = core::real_clock().now() + settings_.statement_timeout + kGrace;
  for (int repeats = 0;; ++repeats) {
    auto leased = lease(deadline);
    if (!leased) return std::unexpected(std::move(leased.error()));
    Handle& connection = leased->connection;
    std::exception_ptr thrown;
    bool too_slow = false;
    {
      const Watchdog::Watch watch(*watchdog_, connection->socket(), deadline);
      try {
        work(*connection);
      } catch (...) {
        thrown = std::current_exception();
      }
      too_slow = watch.fired();
    }
    if (!thrown && !too_slow) {
      give_back(std::move(connection));
      return {};
    }
    if (!thrown) {  // answered in the very last moment, but the socket is shut
      discard_with_idle(std::move(connection));
      return {};
    }
    Fault fault = classify(thrown);
    thrown = nullptr;
    if (too_slow) {
      fault.connection_lost = true;
      fault.error.detail =
          fmt::format("no answer within {} ms", (settings_.statement_timeout + kGrace).count());
    }
    const bool cut_off = fault.connection_lost && leased->reused && !too_slow;
    const bool repeatable =
        fault.rolled_back || (cut_off && (repeat == Repeat::always ||
                                          (repeat == Repeat::until_commit && !connection->committing())));
    if (fault.connection_lost)
      discard_with_idle(std::move(connection));
    else
      give_back(std::move(connection));
    if (!repeatable || repeats >= (cut_off ? kMostRepeats : 1))
      return std::unexpected(std::move(fault.error));
  }
}

core::Result<Pool::Leased> Pool::lease(core::TimePoint deadline) {
  std::unique_lock lock(mutex_);
  while (true) {
    if (Handle connection = take_idle()) return Leased{std::move(connection), true};
    if (count_ < settings_.max_connections) {
      auto opened = open(lock, deadline);
      if (!opened) return std::unexpected(std::move(opened.error()));
      return Leased{std::move(*opened), false};
    }
    if (returned_.wait_until(lock, deadline) == std::cv_status::timeout)
      return core::fail(core::ErrorCode::store_unavailable, {},
                        fmt::format("all {} connections stayed busy", settings_.max_connections));
  }
}

Pool::Handle Pool::take_idle() {
  while (!idle_.empty()) {
    Handle connection = std::move(idle_.back());
    idle_.pop_back();
    if (connection->usable()) return connection;
    --count_;
  }
  return nullptr;
}

core::Result<Pool::Handle> Pool::open(std::unique_lock<std::mutex>& lock, core::TimePoint deadline) {
  const bool was_away = !last_failure_.empty();
  if (was_away && (trying_ || core::real_clock().now() < retry_at_)) return std::unexpected(away());
  if (was_away) trying_ = true;
  ++count_;
  lock.unlock();
  Handle connection;
  std::string failure;
  try {
    connection = std::make_unique<Connection>(options_, deadline);
  } catch (...) {
    failure = classify(std::current_exception()).error.detail;
    if (failure.empty()) failure = "unknown reason";
  }
  lock.lock();
  if (was_away) trying_ = false;
  if (!connection) {
    --count_;
    returned_.notify_all();
    if (last_failure_.empty())
      telemetry::log("store")->warn("PostgreSQL {} is away: {}", options_.display, failure);
    last_failure_ = failure;
    backoff_ = std::clamp(backoff_ * 2, kBackoffFirst, kBackoffMax);
    retry_at_ = core::real_clock().now() + backoff_;
    return std::unexpected(away());
  }
  if (!last_failure_.empty()) telemetry::log("store")->info("PostgreSQL {} is back", options_.display);
  last_failure_.clear();
  backoff_ = {};
  return connection;
}

core::Error Pool::away() const {
  return core::Error(core::ErrorCode::store_unavailable, {}, last_failure_);
}

void Pool::give_back(Handle connection) {
  {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(connection));
  }
  returned_.notify_one();
}

/// What broke one connection has probably broken those that lie idle.
void Pool::discard_with_idle(Handle connection) {
  connection.reset();
  std::vector<Handle> closing;
  {
    const std::lock_guard lock(mutex_);
    closing.swap(idle_);
    count_ -= closing.size() + 1;
  }
  returned_.notify_all();
}

}  // namespace relayna::store::postgres
