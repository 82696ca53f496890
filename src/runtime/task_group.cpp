#include "relayna/runtime/task_group.hpp"

#include <cassert>
#include <exception>
#include <utility>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>

#include "relayna/telemetry/log.hpp"

namespace relayna::runtime {
namespace {

using Timer =
    boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                      boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

std::string what_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "an exception of an unknown type";
  }
}

}  // namespace

struct TaskGroup::State {
  Executor executor;
  BugHandler on_bug;
  std::size_t running = 0;
  Timer empty;  // never expires; cancelled to wake who waits for the last task

  State(Executor e, BugHandler bug)
      : executor(e), on_bug(std::move(bug)), empty(e, Timer::time_point::max()) {}

  void report(const std::exception_ptr& thrown) {
    std::string what = what_of(thrown);
    telemetry::log("runtime")->error("a task ended with an exception, which is a bug: {}", what);
    if (on_bug) on_bug(std::move(what));
  }
};

namespace {

// Counts one task for as long as it lives. A frame that is destroyed without completing (its pool dropped the
// work it waited for, or the loop is being destroyed) gives its place back too.
template <class State>
class Place {
 public:
  explicit Place(std::shared_ptr<State> state) : state_(std::move(state)) { ++state_->running; }
  Place(Place&&) noexcept = default;
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  Place& operator=(Place&&) = delete;
  ~Place() {
    if (state_ && --state_->running == 0) state_->empty.cancel();
  }
  State& state() { return *state_; }

 private:
  std::shared_ptr<State> state_;
};

}  // namespace

TaskGroup::TaskGroup(Executor executor, BugHandler on_bug)
    : state_(std::make_shared<State>(executor, std::move(on_bug))) {}

TaskGroup::~TaskGroup() {
  if (state_->running != 0) {
    telemetry::log("runtime")->error("a task group was destroyed with {} running tasks, which is a bug",
                                     state_->running);
  }
  assert(state_->running == 0);
}

void TaskGroup::spawn(Task<void> task) {
  auto done = [place = Place<State>(state_)](const std::exception_ptr& thrown) mutable {
    if (thrown) place.state().report(thrown);
  };
  boost::asio::co_spawn(state_->executor, std::move(task), std::move(done));
}

std::size_t TaskGroup::size() const noexcept {
  return state_->running;
}

Task<void> TaskGroup::wait_empty() {
  auto state = state_;
  while (state->running != 0) co_await state->empty.async_wait(use_task);
}

}  // namespace relayna::runtime
