#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>

#include <boost/asio/io_context.hpp>

#include "relayna/core/ids.hpp"
#include "relayna/core/time.hpp"
#include "relayna/runtime/offload.hpp"
#include "relayna/runtime/stop.hpp"
#include "relayna/runtime/sweep.hpp"
#include "relayna/runtime/task.hpp"
#include "relayna/runtime/task_group.hpp"

namespace relayna::runtime {

/// One event loop and what belongs to its thread: the sweep, the ids, a read buffer that lives between two
/// suspensions, the tasks. Everything but `post` is for the shard's own thread.
class Shard {
 public:
  static constexpr std::chrono::milliseconds kSweepInterval{50};
  static constexpr std::size_t kReadBuffer = std::size_t{64} * 1024;

  /// `offload` must outlive the shard.
  Shard(std::size_t index, OffloadPool& offload, const core::Clock& clock = core::real_clock());
  ~Shard();

  [[nodiscard]] std::size_t index() const noexcept { return index_; }
  [[nodiscard]] boost::asio::io_context& io() noexcept { return io_; }
  [[nodiscard]] Executor executor() noexcept { return io_.get_executor(); }
  [[nodiscard]] const core::Clock& clock() const noexcept { return clock_; }
  [[nodiscard]] core::IdGenerator& ids() noexcept { return ids_; }
  [[nodiscard]] OffloadPool& offload_pool() noexcept { return offload_; }
  [[nodiscard]] DeadlineSweep& sweep() noexcept { return sweep_; }
  [[nodiscard]] TaskGroup& tasks() noexcept { return tasks_; }

  /// Scratch for reads: its content is valid only until the next suspension of the coroutine that filled it.
  [[nodiscard]] std::array<char, kReadBuffer>& read_buffer() noexcept { return *read_buffer_; }

  /// `on_lag` receives how late each sweep ran (the loop lag), on the shard's thread.
  void set_lag_observer(std::function<void(core::Duration)> on_lag) { on_lag_ = std::move(on_lag); }
  /// `on_bug` receives what escaped from a task or a handler; it has been logged already.
  void set_bug_observer(TaskGroup::BugHandler on_bug);
  /// Runs `fn` every sweep (50 ms), for cheap periodic checks such as vanished clients. Keep the handle;
  /// destroying it stops it.
  class Periodic;
  [[nodiscard]] std::unique_ptr<Periodic> every_sweep(std::function<void(core::TimePoint)> fn);

  /// Runs `fn` on the shard's thread. Any thread.
  void post(std::function<void()> fn);
  /// The same under the name `offload` uses, so that one shard can await something of another.
  void submit(std::function<void()> fn) { post(std::move(fn)); }
  /// Sleeps at least `d` of the shard's clock.
  Task<void> sleep(core::Duration d);
  /// The same, ending early when `stop` (may be null) says so: false when it did.
  Task<bool> sleep(core::Duration d, StopSource* stop);
  /// Drives the loop until stop(). Blocks the calling thread, which becomes the shard's thread.
  void run();
  /// Any thread.
  void stop();

 private:
  struct Sweeper;
  void report_bug(std::string what);

  std::size_t index_;
  OffloadPool& offload_;
  const core::Clock& clock_;
  boost::asio::io_context io_{1};
  core::IdGenerator ids_;
  DeadlineSweep sweep_;
  std::function<void(core::Duration)> on_lag_;
  std::shared_ptr<TaskGroup::BugHandler> on_bug_;
  TaskGroup tasks_;
  std::unique_ptr<std::array<char, kReadBuffer>> read_buffer_;
  std::unique_ptr<Sweeper> sweeper_;
};

/// What `every_sweep` runs. The callback may destroy its own handle. An exception out of it is a bug that is
/// reported, and it runs again.
class Shard::Periodic final : private Expirable {
 public:
  Periodic(Shard& shard, std::function<void(core::TimePoint)> fn);

 private:
  void on_expired() override;
  Shard& shard_;
  std::shared_ptr<std::function<void(core::TimePoint)>> fn_;
};

}  // namespace relayna::runtime
