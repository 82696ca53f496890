#pragma once

#include <chrono>

#include <boost/asio/basic_waitable_timer.hpp>

#include "relayna/core/time.hpp"
#include "relayna/runtime/stop.hpp"
#include "relayna/runtime/sweep.hpp"
#include "relayna/runtime/task.hpp"

namespace relayna::runtime {

class Shard;

/// One coroutine waits for one event of the same shard, bounded by a deadline and a stop. Precise with the
/// real clock; with another clock the shard's sweep notices the deadline. For cold paths: a wait arms a
/// timer.
class Waiter final : private Expirable {
 public:
  enum class Outcome : std::uint8_t { notified, timed_out, stopped };

  explicit Waiter(Shard& shard);
  /// Ends the wait, or the next one when nobody waits yet.
  void notify();
  /// A notification that came before or during the wait wins over the others. `stop` may be null. One waiting
  /// coroutine at a time.
  Task<Outcome> wait(core::Deadline deadline = {}, StopSource* stop = nullptr);

 private:
  void on_expired() override;

  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;
  Shard& shard_;
  Timer timer_;
  bool notified_ = false;
};

}  // namespace relayna::runtime
