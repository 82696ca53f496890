#pragma once

#include <optional>

#include "relayna/http/client.hpp"
#include "relayna/runtime/shard.hpp"

namespace relayna::app {

/// An event loop for a command that has a few things to await: runs one task at a time to its end on the
/// calling thread.
class LocalLoop {
 public:
  LocalLoop() : offload_(1, "relayna-command"), shard_(0, offload_) {}

  [[nodiscard]] runtime::Shard& shard() noexcept { return shard_; }

  template <class T>
  T run(runtime::Task<T> task) {
    std::optional<T> result;
    shard_.tasks().spawn(keep(std::move(task), result, shard_));
    shard_.run();
    shard_.io().restart();
    shard_.io().poll();
    return std::move(*result);
  }

 private:
  template <class T>
  static runtime::Task<void> keep(runtime::Task<T> task, std::optional<T>& result, runtime::Shard& shard) {
    result.emplace(co_await std::move(task));
    shard.stop();
  }

  runtime::OffloadPool offload_;
  runtime::Shard shard_;
};

}  // namespace relayna::app
