#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "relayna/core/time.hpp"

namespace relayna::store::postgres {

/// Bounds libpq's blocking calls, which wait for an answer for ever: when a watch's time has come, its socket
/// is shut down, and the call returns with a lost connection. One thread, started with the first watch. Any
/// thread.
class Watchdog {
 public:
  Watchdog() = default;
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  class Watch {
   public:
    /// `socket` stays open while the watch lives.
    Watch(Watchdog& dog, int socket, core::TimePoint deadline);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    /// Whether time ran out.
    [[nodiscard]] bool fired() const;

   private:
    Watchdog& dog_;
    std::uint64_t id_;
  };

 private:
  struct Entry {
    std::uint64_t id;
    int socket;
    core::TimePoint deadline;
    bool fired;
  };
  void run();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Entry> entries_;  // one per busy connection: a handful
  core::TimePoint waiting_until_ = core::TimePoint::max();
  std::uint64_t next_id_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace relayna::store::postgres
