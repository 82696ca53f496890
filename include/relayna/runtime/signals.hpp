#pragma once

#include <functional>
#include <memory>

#include "relayna/runtime/shard.hpp"

namespace relayna::runtime {

/// SIGTERM, SIGINT and SIGHUP arrive as calls of `on_signal` on the shard's thread, as often as they are
/// sent; SIGPIPE is ignored from now on (a vanished peer is a return value). One per process; destroying it
/// gives the three signals their default action back.
class Signals {
 public:
  Signals(Shard& shard, std::function<void(int)> on_signal);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace relayna::runtime
