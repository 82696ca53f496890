#include <atomic>
#include <csignal>
#include <cstdlib>

#include "relayna/telemetry/log.hpp"

#include "app/application.hpp"

namespace relayna::app {

namespace {
/// For streams to send their error event, and for tasks to end, once time is up.
constexpr std::chrono::seconds kLastWords{2};
}  // namespace

void Application::on_signal(int signal) {
  if (signal == SIGHUP) {
    for (const auto& tls : {proxy_tls_, control_tls_}) {
      if (tls == nullptr) continue;
      if (auto reloaded = tls->reload(); !reloaded)
        telemetry::log("app")->error("certificate kept: {}", reloaded.error().describe());
    }
    return;
  }
  if (draining_) std::_Exit(1);  // asked twice: now
  draining_ = true;
  health_.draining = true;
  telemetry::log("app")->info("signal {}: draining", signal);
  tasks_.spawn(drain());
}

runtime::Task<void> Application::drain() {
  // Readiness fails from here on. Load balancers need a moment to notice; until then new connections are
  // still served.
  stop_.request_stop(runtime::StopReason::draining);
  co_await on_each_shard([](ShardParts& parts) { parts.server().begin_drain(); });
  if (!parts_.empty()) co_await main_.sleep(settings_.drain_delay);
  co_await on_each_shard([](ShardParts& parts) { parts.server().stop_accepting(); });

  // Requests finish within the grace time; a client that uses its idle connection once more is told to close
  // it.
  const auto grace_end = main_.clock().now() + settings_.graceful;
  while (co_await open_connections() > 0 && main_.clock().now() < grace_end)
    co_await main_.sleep(runtime::Shard::kSweepInterval);
  co_await on_each_shard([](ShardParts& parts) {
    parts.server().close_idle();
    parts.server().abort_in_flight();
  });
  const auto last = main_.clock().now() + kLastWords;
  while (co_await open_connections() > 0 && main_.clock().now() < last)
    co_await main_.sleep(runtime::Shard::kSweepInterval);
  // Who still sends a request or does not read an answer had that time; everything else has ended.
  co_await on_each_shard([](ShardParts& parts) { parts.server().cancel_all(); });
  co_await finish(0);
}

runtime::Task<void> Application::finish(int exit_code) {
  exit_code_ = exit_code;
  stop_.request_stop(runtime::StopReason::draining);
  feed_.reset();
  if (admin_ != nullptr) co_await admin_->drain();
  for (std::size_t i = shards_.size(); i-- > 0;) {
    if (i < parts_.size() && parts_[i] != nullptr) {
      // The parts end on their own thread; the flag comes back here.
      auto* shard = shards_[i].get();
      auto* parts = &parts_[i];
      auto ended = std::make_shared<std::atomic<bool>>(false);
      struct TakeDown {
        static runtime::Task<void> run(std::unique_ptr<ShardParts>* which,
                                       std::shared_ptr<std::atomic<bool>> flag) {
          co_await (*which)->server().wait_closed();
          co_await (*which)->finish();
          which->reset();
          *flag = true;
        }
      };
      co_await runtime::offload(*shard, [shard, parts, ended] {
        shard->tasks().spawn(TakeDown::run(parts, ended));
        return true;
      });
      while (!*ended) co_await main_.sleep(runtime::Shard::kSweepInterval);
    }
    if (i > 0) shards_[i]->stop();
  }
  if (redis_ != nullptr) co_await redis_->stop();
  telemetry::log("app")->info("drained; exit {}", exit_code);
  if (control_ != nullptr) {
    control_->begin_drain();
    control_->stop_accepting();
    control_->close_idle();
    control_->abort_in_flight();
    co_await control_->wait_closed();
  }
  signals_.reset();
  // Whoever calls this is the last task of the group; the others end by themselves once asked to.
  const auto last = main_.clock().now() + kLastWords;
  while (tasks_.size() > 1 && main_.clock().now() < last)
    co_await main_.sleep(runtime::Shard::kSweepInterval);
  main_.stop();
}

}  // namespace relayna::app
