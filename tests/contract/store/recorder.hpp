#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>

#include "relayna/store/store.hpp"

namespace relayna::test {

/// Collects what a feed tells.
class Recorder {
 public:
  std::function<void(const store::Change&)> callback() {
    return [this](const store::Change& change) {
      const std::lock_guard lock(mutex_);
      changes_.push_back(change);
      told_.notify_all();
    };
  }
  /// The next change not taken yet; nullopt when none comes.
  std::optional<store::Change> next(std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    std::unique_lock lock(mutex_);
    if (!told_.wait_for(lock, limit, [this] { return !changes_.empty(); })) return std::nullopt;
    store::Change change = changes_.front();
    changes_.pop_front();
    return change;
  }
  bool wait_for(const std::function<bool(const store::Change&)>& wanted) {
    while (const auto change = next()) {
      if (wanted(*change)) return true;
    }
    return false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable told_;
  std::deque<store::Change> changes_;
};

}  // namespace relayna::test
