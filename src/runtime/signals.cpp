#include "relayna/runtime/signals.hpp"

#include <csignal>
#include <utility>

#include <boost/asio/basic_signal_set.hpp>

namespace relayna::runtime {

struct Signals::State : std::enable_shared_from_this<State> {
  boost::asio::basic_signal_set<Executor> set;
  std::function<void(int)> on_signal;

  State(Executor executor, std::function<void(int)> fn)
      : set(executor, SIGTERM, SIGINT, SIGHUP), on_signal(std::move(fn)) {}

  void wait() {
    set.async_wait([self = weak_from_this()](const boost::system::error_code& ec, int signal) {
      auto state = self.lock();
      if (ec || !state) return;
      state->wait();  // first: the callback may destroy the owner
      state->on_signal(signal);
    });
  }
};

Signals::Signals(Shard& shard, std::function<void(int)> on_signal) {
  std::signal(SIGPIPE, SIG_IGN);
  state_ = std::make_shared<State>(shard.executor(), std::move(on_signal));
  state_->wait();
}

Signals::~Signals() = default;

}  // namespace relayna::runtime
