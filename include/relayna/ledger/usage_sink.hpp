#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "relayna/domain/catalog_objects.hpp"
#include "relayna/runtime/shard.hpp"
#include "relayna/store/store.hpp"
#include "relayna/telemetry/metrics.hpp"

namespace relayna::ledger {

/// Takes usage events off the request path and writes them in batches: after `flush_interval` or `batch_size` events, whichever comes
/// first, one batch at a time. While the store is away events wait in memory (bounded) and are tried again with back-off; the insert is
/// idempotent, so a batch whose outcome is unknown is simply sent again. One shard.
class UsageSink {
 public:
  struct Settings {
    std::size_t batch_size = 512;
    std::chrono::milliseconds flush_interval{1'000};
    std::size_t max_waiting = 200'000;  ///< beyond it the oldest are dropped and counted
  };
  UsageSink(runtime::Shard& shard, store::Store& store, telemetry::Metrics& metrics, Settings settings);
  ~UsageSink();

  /// Never blocks, never fails.
  void record(domain::UsageEvent event);
  /// The writing loop. Spawn it once; it ends after `stop` once everything is written or the store refused twice more.
  runtime::Task<void> run(runtime::StopSource* stop);
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }

 private:
  struct Probe;
  runtime::Task<bool> write_batch();

  runtime::Shard& shard_;
  store::Store& store_;
  Settings settings_;
  std::vector<domain::UsageEvent> waiting_;
  std::unique_ptr<Probe> probe_;
};

}  // namespace relayna::ledger
