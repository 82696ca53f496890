#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "relayna/core/time.hpp"
#include "relayna/ledger/usage_sink.hpp"
#include "relayna/upstream/credential_pool.hpp"
#include "relayna/upstream/provider_tally.hpp"

namespace relayna::pipeline {

/// How one shard stands, as it says of itself about once a second.
struct ShardReport {
  core::SystemTime at{};
  core::Duration worst_lag{};  ///< how late its timer ran at worst in the last five to ten seconds
  std::size_t connections = 0;
  std::size_t in_flight = 0;
  std::size_t pool_idle = 0;  ///< upstream connections
  std::size_t pool_active = 0;
  std::size_t cached_keys = 0;
  ledger::UsageSink::Standing usage;
  std::vector<upstream::CredentialStanding> credentials;
  std::vector<upstream::ProviderStanding> providers;
};

/// The last report of each shard, for who must not wait for any of them. Any thread.
class ShardReports {
 public:
  explicit ShardReports(std::size_t shards) : reports_(shards) {}

  void publish(std::size_t shard, ShardReport report) {
    const std::lock_guard lock(mutex_);
    reports_.at(shard) = std::move(report);
  }
  /// By shard; unset: it has not started yet.
  [[nodiscard]] std::vector<std::optional<ShardReport>> all() const {
    const std::lock_guard lock(mutex_);
    return reports_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::optional<ShardReport>> reports_;
};

}  // namespace relayna::pipeline
