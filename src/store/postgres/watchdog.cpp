#include "store/postgres/watchdog.hpp"

#include <algorithm>

#include <pthread.h>
#include <sys/socket.h>

namespace relayna::store::postgres {

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

Watchdog::Watch::Watch(Watchdog& dog, int socket, core::TimePoint deadline) : dog_(dog) {
  const std::lock_guard lock(dog_.mutex_);
  id_ = ++dog_.next_id_;
  dog_.entries_.push_back({id_, socket, deadline, false});
  if (!dog_.thread_.joinable()) {
    dog_.thread_ = std::thread([&dog] { dog.run(); });
    ::pthread_setname_np(dog_.thread_.native_handle(), "pg-watchdog");
  }
  // Timeouts are nearly equal, so a later watch rarely ends sooner: the thread sleeps through most of them.
  if (deadline < dog_.waiting_until_) dog_.changed_.notify_one();
}

Watchdog::Watch::~Watch() {
  const std::lock_guard lock(dog_.mutex_);
  std::erase_if(dog_.entries_, [this](const Entry& entry) { return entry.id == id_; });
}

bool Watchdog::Watch::fired() const {
  const std::lock_guard lock(dog_.mutex_);
  const auto entry = std::ranges::find(dog_.entries_, id_, &Entry::id);
  return entry != dog_.entries_.end() && entry->fired;
}

void Watchdog::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto now = core::real_clock().now();
    waiting_until_ = core::TimePoint::max();
    for (Entry& entry : entries_) {
      if (entry.fired) continue;
      if (entry.deadline <= now) {
        ::shutdown(entry.socket, SHUT_RDWR);
        entry.fired = true;
      } else {
        waiting_until_ = std::min(waiting_until_, entry.deadline);
      }
    }
    if (waiting_until_ == core::TimePoint::max())
      changed_.wait(lock);
    else
      changed_.wait_until(lock, waiting_until_);
  }
}

}  // namespace relayna::store::postgres
