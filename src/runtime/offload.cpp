#include "relayna/runtime/offload.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <pthread.h>

#include "relayna/telemetry/log.hpp"

namespace relayna::runtime {

struct OffloadPool::State {
  mutable std::mutex mutex;
  std::condition_variable ready;
  std::deque<std::function<void()>> queue;
  bool stopping = false;
  std::vector<std::thread> threads;

  void work() {
    for (;;) {
      std::function<void()> job;
      {
        std::unique_lock lock(mutex);
        ready.wait(lock, [this] { return stopping || !queue.empty(); });
        if (queue.empty()) return;
        job = std::move(queue.front());
        queue.pop_front();
      }
      try {
        job();
      } catch (const std::exception& e) {
        telemetry::log("runtime")->error("offloaded work threw, which is a bug: {}", e.what());
      }
    }
  }

  void join() {
    ready.notify_all();
    for (auto& thread : threads)
      if (thread.joinable()) thread.join();
  }
};

OffloadPool::OffloadPool(std::size_t threads, std::string name) : state_(std::make_unique<State>()) {
  constexpr std::size_t kLongestThreadName = 15;  // the kernel's limit
  name.resize(std::min(name.size(), kLongestThreadName));
  for (std::size_t i = 0; i < std::max<std::size_t>(threads, 1); ++i) {
    state_->threads.emplace_back([state = state_.get()] { state->work(); });
    pthread_setname_np(state_->threads.back().native_handle(), name.c_str());
  }
}

OffloadPool::~OffloadPool() {
  std::deque<std::function<void()>> dropped;
  {
    std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    dropped.swap(state_->queue);
  }
  state_->join();
}

void OffloadPool::submit(std::function<void()> work) {
  {
    std::lock_guard lock(state_->mutex);
    if (state_->stopping) return;  // dropped: the waiting coroutine is destroyed with it
    state_->queue.push_back(std::move(work));
  }
  state_->ready.notify_one();
}

std::size_t OffloadPool::queued() const {
  std::lock_guard lock(state_->mutex);
  return state_->queue.size();
}

void OffloadPool::stop() {
  {
    std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->join();
}

}  // namespace relayna::runtime
