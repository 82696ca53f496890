#include "relayna/ledger/usage_sink.hpp"

#include <algorithm>
#include <iterator>

#include "relayna/telemetry/log.hpp"

namespace relayna::ledger {

namespace {
constexpr std::chrono::milliseconds kRetryFirst{200};
constexpr std::chrono::milliseconds kRetryMax{5'000};
constexpr int kLastTries = 3;  // at shutdown, while the store is away
}  // namespace

struct UsageSink::Probe {
  telemetry::Counter written;
  telemetry::Counter dropped;
  telemetry::Counter failures;
  telemetry::Gauge waiting;
};

UsageSink::UsageSink(runtime::Shard& shard, store::Store& store, telemetry::Metrics& metrics, Settings settings)
    : shard_(shard),
      store_(store),
      settings_(settings),
      probe_(std::make_unique<Probe>(Probe{
          metrics.counter("gateway_usage_events_written_total", "Usage events stored."),
          metrics.counter("gateway_usage_events_dropped_total", "Usage events lost because the store was away for too long."),
          metrics.counter("gateway_usage_write_failures_total", "Batches of usage events the store refused; they are tried again."),
          metrics.gauge("gateway_usage_events_waiting", "Usage events not stored yet.", {{"shard", std::to_string(shard.index())}}),
      })) {}

UsageSink::~UsageSink() = default;

void UsageSink::record(domain::UsageEvent event) {
  if (waiting_.size() >= settings_.max_waiting) {
    const auto drop = static_cast<std::ptrdiff_t>(settings_.batch_size);
    waiting_.erase(waiting_.begin(), waiting_.begin() + drop);
    probe_->dropped.add(static_cast<double>(drop));
  }
  waiting_.push_back(std::move(event));
}

runtime::Task<bool> UsageSink::write_batch() {
  const auto count = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), settings_.batch_size));
  auto batch = std::make_shared<std::vector<domain::UsageEvent>>(std::make_move_iterator(waiting_.begin()),
                                                                 std::make_move_iterator(waiting_.begin() + count));
  waiting_.erase(waiting_.begin(), waiting_.begin() + count);
  store::Store* store = &store_;
  auto result = co_await runtime::offload(shard_.offload_pool(), [store, batch] { return store->usage().insert(*batch); });
  if (result) {
    probe_->written.add(static_cast<double>(count));
    co_return true;
  }
  probe_->failures.add();
  telemetry::log("ledger")->warn("{} usage events not stored, kept for another try: {}", count, result.error().describe());
  waiting_.insert(waiting_.begin(), std::make_move_iterator(batch->begin()), std::make_move_iterator(batch->end()));
  co_return false;
}

runtime::Task<void> UsageSink::run(runtime::StopSource* stop) {
  auto retry = kRetryFirst;
  auto last_flush = shard_.clock().now();
  int tries_left = kLastTries;
  while (true) {
    const bool stopping = stop->stop_requested();
    if (stopping && (waiting_.empty() || tries_left == 0)) break;
    const bool due = shard_.clock().now() - last_flush >= settings_.flush_interval || waiting_.size() >= settings_.batch_size;
    if (!waiting_.empty() && (due || stopping)) {
      if (co_await write_batch()) {
        retry = kRetryFirst;
        // What a burst left behind follows at once; only the remainder waits for the interval.
        if (waiting_.size() < settings_.batch_size) last_flush = shard_.clock().now();
        continue;
      }
      if (stopping) --tries_left;
      co_await shard_.sleep(retry);
      retry = std::min(retry * 2, kRetryMax);
    } else {
      if (waiting_.empty()) last_flush = shard_.clock().now();
      co_await shard_.sleep(runtime::Shard::kSweepInterval);
    }
    probe_->waiting.set(static_cast<double>(waiting_.size()));
  }
  if (!waiting_.empty()) {
    telemetry::log("ledger")->error("{} usage events could not be stored before the process ended", waiting_.size());
    probe_->dropped.add(static_cast<double>(waiting_.size()));
  }
}

}  // namespace relayna::ledger
