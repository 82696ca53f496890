#pragma once

#include <cassert>
#include <functional>
#include <utility>

namespace relayna::runtime {

class StopCallback;

/// Why nobody wants the result any more.
enum class StopReason : unsigned char {
  client_gone,  ///< there is nobody to answer
  draining,     ///< the process ends: the client is still there and should be told
};

/// Says once that somebody no longer wants the result: the client is gone, or the drain ran out. One thread;
/// callbacks run inside `request_stop()`. Must outlive its callbacks.
class StopSource {
 public:
  StopSource() = default;
  StopSource(const StopSource&) = delete;
  StopSource& operator=(const StopSource&) = delete;
  ~StopSource() { assert(head_ == nullptr); }
  void request_stop(StopReason reason = StopReason::client_gone);
  [[nodiscard]] bool stop_requested() const noexcept { return stopped_; }
  /// Meaningful once stop was requested.
  [[nodiscard]] StopReason reason() const noexcept { return reason_; }
  /// For the next exchange of the same connection. No callback may be registered.
  void reset() noexcept { stopped_ = false; }

 private:
  friend class StopCallback;
  StopCallback* head_ = nullptr;
  bool stopped_ = false;
  StopReason reason_ = StopReason::client_gone;
};

/// Runs `fn` when the source stops, at once if it already has. Unregisters when destroyed. `source` may be
/// null: never stopped.
class StopCallback {
 public:
  StopCallback(StopSource* source, std::function<void()> fn);
  StopCallback(const StopCallback&) = delete;
  StopCallback& operator=(const StopCallback&) = delete;
  ~StopCallback();

 private:
  friend class StopSource;
  StopSource* source_;
  std::function<void()> fn_;
  StopCallback* prev_ = nullptr;
  StopCallback* next_ = nullptr;
};

}  // namespace relayna::runtime
