#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "relayna/runtime/shard.hpp"

#include "ledger/spool/dead_log.hpp"
#include "ledger/spool/spool.hpp"

namespace relayna::ledger {

/// A log of an earlier process while it is delivered.
struct Inheritance {
  DeadLog log;
  std::size_t outstanding = 0;  ///< handed out and not delivered yet
  bool exhausted = false;
};

/// An event on its way, and where else it is kept.
struct Queued {
  std::unique_ptr<SettledEvent> settled;  ///< never null; 1 kB that is handed on often
  std::optional<std::uint64_t> segment;   ///< of this shard's spool
  std::shared_ptr<Inheritance> inherited;
  [[nodiscard]] bool only_here() const noexcept { return !segment && !inherited; }
};

/// The events that are not stored yet: some in memory, those that did not fit in the spool, and those of
/// earlier processes in their logs. One shard.
class Waiting {
 public:
  struct Limits {
    std::size_t in_memory;
    std::size_t only_in_memory;
    std::size_t batch;
  };
  Waiting(runtime::Shard& shard, Spool* spool, std::vector<SpoolFolder::Files> previous, Limits limits);

  /// Returns how many had to be dropped for it.
  std::size_t add(std::unique_ptr<SettledEvent> settled, std::optional<Spool::Place> place);
  /// Reads on in the spool, or in what earlier processes left, when less than a batch is in memory. Returns
  /// whether something was read.
  runtime::Task<bool> refill();
  std::vector<Queued> take(std::size_t most);
  /// Back to the front, in their order.
  void put_back(std::vector<Queued> events);
  /// It need not be kept for delivery any more.
  void finished(const Queued& event);

  [[nodiscard]] std::size_t in_memory() const noexcept { return queue_.size(); }
  [[nodiscard]] std::size_t size() const noexcept { return queue_.size() + only_in_spool_; }
  [[nodiscard]] bool empty() const noexcept { return queue_.empty() && !behind_ && inherited_.empty(); }
  /// Whether what earlier processes left has been delivered.
  [[nodiscard]] bool caught_up() const noexcept { return inherited_.empty() && outstanding_ == 0; }
  [[nodiscard]] std::size_t only_in_memory() const noexcept;
  /// When the oldest that is in memory ended.
  [[nodiscard]] std::optional<core::SystemTime> oldest() const noexcept;
  [[nodiscard]] std::size_t recovered() const noexcept { return recovered_; }
  [[nodiscard]] std::size_t interrupted() const noexcept { return interrupted_; }

 private:
  runtime::Task<bool> read_spool();
  runtime::Task<bool> read_inherited();
  std::size_t drop_oldest();
  void remove(std::shared_ptr<Inheritance> done);

  runtime::Shard& shard_;
  Spool* spool_;
  Limits limits_;
  std::deque<Queued> queue_;
  std::optional<Spool::Place> behind_;  // from here on events are in the spool and not in memory
  std::size_t only_in_spool_ = 0;       // how many
  std::deque<std::shared_ptr<Inheritance>> inherited_;
  std::size_t outstanding_ = 0;  // of all logs, those exhausted included
  std::size_t recovered_ = 0;
  std::size_t interrupted_ = 0;
};

/// When the request of an event ended.
core::SystemTime ended_at(const domain::UsageEvent& event) noexcept;

}  // namespace relayna::ledger
