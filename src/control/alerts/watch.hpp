#pragma once

#include <atomic>
#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/control/admin.hpp"

#include "control/alerts/rules.hpp"
#include "control/alerts/sender.hpp"

namespace relayna::control {

/// Looks every few seconds at what operators want to be told of, and stores a delivery for each webhook that
/// wants it. All replicas look; the store keeps one delivery of each occasion. Without webhooks it only looks
/// for those.
class AlertWatch {
 public:
  static constexpr std::chrono::seconds kLook{5};

  /// All of `parts`, and `sender`, outlives it.
  AlertWatch(const Admin::Parts& parts, AlertSender& sender);

  runtime::Task<void> run(runtime::StopSource* stop);
  /// Rows of this kind have changed. Any thread.
  void changed(std::string_view kind);

 private:
  static constexpr std::size_t kMostKept = 1'000;
  static constexpr std::size_t kMostBudgets = 500;

  /// What this replica sees by itself, whether or not the store is there.
  void look_around(core::SystemTime now);
  void keep(std::optional<Alert> alert);

  // On the pool, one look at a time.
  /// Whether there are webhooks.
  core::Result<bool> look_into_store(core::SystemTime now);
  core::Result<void> add_budgets(std::vector<Alert>& alerts, const AlertThresholds& thresholds,
                                 core::SystemTime now);
  core::Result<void> add_keys(std::vector<Alert>& alerts, const AlertThresholds& thresholds,
                              core::SystemTime now);
  core::Result<void> add_rotation(core::SystemTime now);
  core::Result<void> enqueue(const std::vector<Alert>& alerts,
                             const std::vector<domain::AlertWebhook>& webhooks, core::SystemTime now);
  core::Result<void> enqueue(const Alert& alert, const domain::AlertWebhook& webhook, core::SystemTime now);

  runtime::Shard& shard_;
  runtime::OffloadPool& pool_;
  store::Store& store_;
  const identity::Keyring& keyring_;
  telemetry::Metrics& metrics_;
  const pipeline::Health& health_;
  const pipeline::ShardReports& shards_;
  ledger::BudgetWatch& budgets_;
  const std::string replica_;
  AlertSender& sender_;

  std::map<std::string, StoreWatch> stores_;
  SpoolWatch spool_;
  ProviderWatch providers_;
  RotationWatch rotation_;
  core::SystemTime database_missed_{};  ///< when it was away last
  std::deque<Alert> kept_;              ///< seen here, not stored yet
  std::set<std::string> known_;         ///< webhook and occasion: in the store already
  std::size_t next_budget_ = 0;
  std::atomic<bool> keys_changed_{true};
  core::SystemTime keys_looked_{};
  core::SystemTime rotation_looked_{};
};

}  // namespace relayna::control
