#include "relayna/runtime/shard.hpp"

#include <exception>
#include <utility>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>

#include "relayna/runtime/waiter.hpp"
#include "relayna/telemetry/log.hpp"

namespace relayna::runtime {

// The one timer of the shard: it sweeps deadlines and periodic work, and its lateness is the loop lag.
struct Shard::Sweeper {
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;
  Shard& shard;
  Timer timer;

  explicit Sweeper(Shard& s) : shard(s), timer(s.executor()) { arm(); }

  void arm() {
    timer.expires_after(kSweepInterval);
    timer.async_wait([this](const boost::system::error_code& ec) {
      if (!ec) tick();
    });
  }

  void tick() {
    // Lateness is real time whatever clock the deadlines follow.
    const auto late = core::real_clock().now() - timer.expiry();
    arm();  // first, so that a throwing item does not end all deadlines
    if (shard.on_lag_) shard.on_lag_(late);
    shard.sweep_.sweep(shard.clock_.now());
  }
};

Shard::Shard(std::size_t index, OffloadPool& offload, const core::Clock& clock)
    : index_(index),
      offload_(offload),
      clock_(clock),
      ids_(clock),
      on_bug_(std::make_shared<TaskGroup::BugHandler>()),
      tasks_(io_.get_executor(),
             [on_bug = on_bug_](std::string what) {
               if (*on_bug) (*on_bug)(std::move(what));
             }),
      read_buffer_(std::make_unique<std::array<char, kReadBuffer>>()),
      sweeper_(std::make_unique<Sweeper>(*this)) {}

Shard::~Shard() = default;

void Shard::set_bug_observer(TaskGroup::BugHandler on_bug) {
  *on_bug_ = std::move(on_bug);
}

std::unique_ptr<Shard::Periodic> Shard::every_sweep(std::function<void(core::TimePoint)> fn) {
  return std::make_unique<Periodic>(*this, std::move(fn));
}

void Shard::post(std::function<void()> fn) {
  boost::asio::post(io_, std::move(fn));
}

Task<void> Shard::sleep(core::Duration d) {
  co_await sleep(d, nullptr);
}

Task<bool> Shard::sleep(core::Duration d, StopSource* stop) {
  Waiter waiter(*this);
  const auto outcome = co_await waiter.wait(core::Deadline::in(clock_, d), stop);
  co_return outcome != Waiter::Outcome::stopped;
}

void Shard::run() {
  for (;;) {
    try {
      io_.run();
      return;
    } catch (const std::exception& e) {
      report_bug(e.what());
    }
  }
}

void Shard::report_bug(std::string what) {
  telemetry::log("runtime")->error("a handler threw, which is a bug: {}", what);
  if (*on_bug_) (*on_bug_)(std::move(what));
}

void Shard::stop() {
  io_.stop();
}

Shard::Periodic::Periodic(Shard& shard, std::function<void(core::TimePoint)> fn)
    : shard_(shard), fn_(std::make_shared<std::function<void(core::TimePoint)>>(std::move(fn))) {
  shard_.sweep().add(*this);
  expires_at(core::Deadline(core::TimePoint::min()));
}

void Shard::Periodic::on_expired() {
  expires_at(core::Deadline(core::TimePoint::min()));
  // The callback may destroy this, and its failure must not end the sweep for the others.
  Shard& shard = shard_;
  const auto fn = fn_;
  try {
    (*fn)(shard.clock().now());
  } catch (const std::exception& e) {
    shard.report_bug(e.what());
  }
}

}  // namespace relayna::runtime
