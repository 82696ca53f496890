#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "relayna/runtime/task.hpp"

namespace relayna::runtime {

/// Owns spawned coroutines: nothing is detached. The group outlives its tasks and must be empty when
/// destroyed (asserted; in release logged as a bug). An exception out of a task is caught once, here: logged
/// and counted through `on_bug`. One thread.
class TaskGroup {
 public:
  using BugHandler = std::function<void(std::string what)>;
  explicit TaskGroup(Executor executor, BugHandler on_bug = {});
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup();

  void spawn(Task<void> task);
  [[nodiscard]] std::size_t size() const noexcept;
  /// Completes when the last task ends (at once when there is none).
  Task<void> wait_empty();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace relayna::runtime
