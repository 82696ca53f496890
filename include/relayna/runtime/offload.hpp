#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "relayna/runtime/task.hpp"

namespace relayna::runtime {

/// Threads for blocking work (SQL) and for anything that may take over 1 ms. A hop costs about 75 µs, so the
/// warm request path has none. Destruction waits for running work and drops what has not begun; its
/// coroutines never resume, so stop after the task groups are empty.
class OffloadPool {
 public:
  /// `threads` ≥ 1; `name` shows in thread listings (at most 15 characters).
  OffloadPool(std::size_t threads, std::string name);
  ~OffloadPool();
  OffloadPool(const OffloadPool&) = delete;
  OffloadPool& operator=(const OffloadPool&) = delete;
  /// Runs `work` on a pool thread; drops it after stop(). `work` must not throw. Any thread.
  void submit(std::function<void()> work);
  [[nodiscard]] std::size_t queued() const;
  /// Finishes what was submitted, then joins. Idempotent.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Runs `fn` on the pool and resumes on the caller's executor with its value; an exception of `fn` is
/// rethrown there. `fn` must own what it touches: the coroutine may not be running, but nothing else of the
/// shard is stopped. `fn` and its result are destroyed on the shard's thread.
/// `Pool` is an OffloadPool, or another Shard for what must run on that shard's thread.
template <class Pool, class F>
Task<std::invoke_result_t<F&>> offload(Pool& pool, F fn) {
  using R = std::invoke_result_t<F&>;
  static_assert(!std::is_void_v<R>, "return something: a Result says whether it worked");
  auto executor = co_await boost::asio::this_coro::executor;
  struct Outcome {
    std::optional<R> value;
    std::exception_ptr thrown;
  };
  auto outcome = std::make_shared<Outcome>();
  auto start = [&pool, &fn, outcome, executor](auto handler) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    auto work = boost::asio::make_work_guard(executor);
    pool.submit([shared, outcome, executor, work = std::move(work),
                 fn = std::make_shared<F>(std::move(fn))]() mutable {
      try {
        outcome->value.emplace((*fn)());
      } catch (...) {
        outcome->thrown = std::current_exception();
      }
      // Everything travels along: what the function and its result own is destroyed on the shard's thread,
      // and once the coroutine has resumed the loop may end, so nothing of it may stay here.
      boost::asio::post(executor, [shared = std::move(shared), outcome = std::move(outcome),
                                   fn = std::move(fn), work = std::move(work)]() mutable {
        work.reset();
        std::move (*shared)();
      });
    });
  };
  co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<Executor>, void()>(
      start, boost::asio::use_awaitable_t<Executor>{});
  if (outcome->thrown) std::rethrow_exception(outcome->thrown);
  co_return std::move(*outcome->value);
}

}  // namespace relayna::runtime
