#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "relayna/runtime/shard.hpp"

namespace relayna::test {

/// A shard driven by the test's own thread: nothing runs but inside `run` and `until`. `run` is for
/// coroutines that end; both give up after `kLimit` of real time, which only a failing test reaches.
class Loop {
 public:
  static constexpr std::chrono::seconds kLimit{20};

  explicit Loop(const core::Clock& clock = core::real_clock()) : shard(0, pool, clock) {
    shard.set_bug_observer([this](std::string what) { bugs.push_back(std::move(what)); });
  }

  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  /// Lets tasks that have just ended leave their group.
  ~Loop() { shard.io().poll(); }

  /// Drives the loop until `done()`. False when that took too long.
  [[nodiscard]] bool until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + kLimit;
    while (!done()) {
      if (std::chrono::steady_clock::now() > end) return false;
      shard.io().run_one_for(std::chrono::milliseconds(20));
    }
    return true;
  }

  /// Drives the loop until `task` has ended and returns its value.
  template <class T>
  T run(runtime::Task<T> task) {
    std::optional<T> value;
    runs_.spawn(keep(std::move(task), &value));
    if (!until([&] { return runs_.size() == 0; })) throw std::runtime_error("the task did not end");
    if (!value) throw std::runtime_error("the task threw: " + bugs.back());
    return std::move(*value);
  }
  void run(runtime::Task<void> task) { run(with_value(std::move(task))); }

  runtime::OffloadPool pool{1, "test-offload"};
  runtime::Shard shard;
  std::vector<std::string> bugs;  ///< what escaped from tasks and handlers

 private:
  runtime::TaskGroup runs_{shard.executor(), [this](std::string what) { bugs.push_back(std::move(what)); }};

  template <class T>
  static runtime::Task<void> keep(runtime::Task<T> task, std::optional<T>* value) {
    value->emplace(co_await std::move(task));
  }
  static runtime::Task<bool> with_value(runtime::Task<void> task) {
    co_await std::move(task);
    co_return true;
  }
};

}  // namespace relayna::test
