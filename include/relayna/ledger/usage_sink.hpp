#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "relayna/ledger/records.hpp"
#include "relayna/ledger/spool_folder.hpp"
#include "relayna/runtime/shard.hpp"
#include "relayna/store/store.hpp"
#include "relayna/telemetry/metrics.hpp"

namespace relayna::ledger {

class Spool;
class Waiting;
struct Queued;

/// An event that is in the store.
struct StoredEvent {
  SettledEvent settled;
  std::uint64_t stamp = 0;  ///< id of the transaction that stored it (store::UsageRepository::insert)
  /// That transaction began no earlier. The beginning of time when an earlier attempt may have stored it.
  core::TimePoint handed_over{};
};

/// Hears of events once they are in the store.
class DeliveryObserver {
 public:
  virtual ~DeliveryObserver() = default;
  /// Awaited before the spool forgets them: should the process die meanwhile, they are told again, with the
  /// same stamps. Delivery waits for it, so it must end. An exception is logged and counts as done.
  virtual runtime::Task<void> delivered(std::vector<StoredEvent> events) = 0;
};

/// Takes what requests used off the request path and brings it to the store: in batches after
/// `flush_interval` or `batch_size` events, one batch at a time. The insert is idempotent, so a batch whose
/// outcome is unknown is sent again. While the store is away events wait and are tried again with back-off:
/// `in_memory` of them at once when there is a spool to read the rest from. A row the store refuses is put
/// aside (`spool/rejected.*`) and its batch goes on. One shard.
class UsageSink {
 public:
  struct Settings {
    std::size_t batch_size = 512;
    std::chrono::milliseconds flush_interval{1'000};
    std::size_t in_memory = 20'000;  ///< beyond it, events that are in the spool are only there
    std::size_t max_waiting =
        200'000;  ///< beyond it the oldest that are nowhere else are dropped and counted
    std::chrono::milliseconds drain{5'000};  ///< at the end, how long to go on while the store is well
  };
  /// Without a folder events are in memory only. The first shard also delivers what earlier processes left.
  UsageSink(runtime::Shard& shard, store::Store& store, telemetry::Metrics& metrics, Settings settings,
            SpoolFolder* folder = nullptr);
  ~UsageSink();
  /// `observer` must outlive this object.
  void observe(DeliveryObserver* observer) noexcept { observer_ = observer; }

  /// Written down when it completes, together with all others of the same turn of the loop. Await it before
  /// the request is sent to an upstream. An error (internal_error: the disk is full or broken;
  /// invalid_request: the id is no UUID) has been counted and is no reason to refuse the request: it only
  /// means that kill -9 would leave no event of it.
  runtime::Task<core::Result<void>> intend(const Intent& intent);
  /// The same at once, for an intent that grows.
  core::Result<void> intend_at_once(const Intent& intent);
  /// Never blocks, never fails. In the spool by the end of this turn of the loop.
  void record(SettledEvent settled);
  /// An event without an intent, for which nothing was reserved.
  void record(domain::UsageEvent event);

  /// The delivering loop. Spawn it once; it ends after `stop` when everything is stored, `drain` is over or
  /// the store refused three times. What is left then waits in the spool for the next start.
  runtime::Task<void> run(runtime::StopSource* stop);
  /// What waits is stored in a moment, not at the end of the interval.
  void hurry() noexcept { hurry_ = true; }
  /// Events not stored yet, in memory or in the spool; without those of earlier processes not read yet.
  [[nodiscard]] std::size_t waiting() const noexcept;
  struct Standing {
    std::size_t waiting = 0;
    std::uint64_t spool_bytes = 0;             ///< of this shard's log; 0 without a folder
    std::optional<core::SystemTime> oldest{};  ///< when the oldest event ended that waits in memory
  };
  [[nodiscard]] Standing standing() const noexcept;
  /// Whether everything that earlier processes left is in the store (or put aside).
  [[nodiscard]] bool caught_up() const noexcept;

 private:
  struct Probe;
  runtime::Task<bool> deliver();
  runtime::Task<void> tell(std::vector<StoredEvent> events);
  runtime::Task<void> put_aside(std::vector<Queued> refused);
  void forget(const std::vector<Queued>& done);
  void flush_soon();
  void publish_gauges();
  void say_what_is_left();

  runtime::Shard& shard_;
  store::Store& store_;
  Settings settings_;
  std::unique_ptr<Probe> probe_;
  std::unique_ptr<Spool> spool_;  // null: in memory only
  std::string rejected_path_;
  bool hurry_ = false;
  bool failing_ = false;  // the last attempt's outcome is unknown
  std::unique_ptr<Waiting> waiting_;
  std::size_t sending_ = 0;  // taken from waiting_
  DeliveryObserver* observer_ = nullptr;
  std::shared_ptr<bool> flush_posted_;
};

}  // namespace relayna::ledger
