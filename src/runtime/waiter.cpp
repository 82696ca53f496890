#include "relayna/runtime/waiter.hpp"

#include "relayna/runtime/shard.hpp"

namespace relayna::runtime {

Waiter::Waiter(Shard& shard) : shard_(shard), timer_(shard.executor()) {}

void Waiter::notify() {
  notified_ = true;
  timer_.cancel();
}

void Waiter::on_expired() {
  timer_.cancel();
}

Task<Waiter::Outcome> Waiter::wait(core::Deadline deadline, StopSource* stop) {
  // Time is the clock's. Only the real one runs beside Asio's timers; any other is watched by the sweep.
  const bool real = &shard_.clock() == &core::real_clock();
  if (!real && !deadline.is_never()) {
    shard_.sweep().add(*this);
    expires_at(deadline);
  }
  StopCallback on_stop(stop, [this] { timer_.cancel(); });
  auto outcome = Outcome::notified;
  for (;;) {
    if (notified_) break;
    if (stop != nullptr && stop->stop_requested()) {
      outcome = Outcome::stopped;
      break;
    }
    if (deadline.passed(shard_.clock().now())) {
      outcome = Outcome::timed_out;
      break;
    }
    timer_.expires_at(real ? deadline.at() : core::TimePoint::max());
    co_await timer_.async_wait(use_task);
  }
  expires_never();
  notified_ = false;
  co_return outcome;
}

}  // namespace relayna::runtime
