#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "relayna/core/time.hpp"
#include "relayna/domain/key.hpp"
#include "relayna/domain/limits.hpp"
#include "relayna/identity/key_rotation.hpp"
#include "relayna/store/store.hpp"
#include "relayna/upstream/provider_tally.hpp"

#include "control/alerts/alert.hpp"

// Which alerts follow from what is the case. Pure: time comes in, alerts come out.

namespace relayna::control {

/// One money limit of one counter.
struct BudgetState {
  std::string counter;  ///< `project:<id>`
  domain::LimitKind kind = domain::LimitKind::usd_total;
  std::int64_t limit_nanos = 0;
  std::int64_t used_nanos = 0;
  bool hard = true;  ///< it refuses; a soft one only warns
};
/// Whether `used` is at least this much of the limit.
bool reaches(const BudgetState& budget, int percent) noexcept;
/// A limit that is raised in the middle of its period is another occasion.
std::vector<Alert> budget_alerts(std::span<const BudgetState> budgets, const AlertThresholds& thresholds,
                                 core::SystemTime now);

/// Keys that are revoked or switched off do not alert, nor those that expired longer ago than this.
inline constexpr std::chrono::days kStillNews{1};
std::vector<Alert> key_alerts(std::span<const domain::VirtualKey> keys, const AlertThresholds& thresholds,
                              core::SystemTime now);

/// Who has not been seen for a minute, and had not taken leave.
std::vector<Alert> replica_alerts(std::span<const store::Replica> replicas, core::SystemTime now);

/// What a dependency's checks say over time, on one replica.
class StoreWatch {
 public:
  static constexpr std::chrono::seconds kPatience{30};
  StoreWatch(std::string replica, std::string name) : replica_(std::move(replica)), name_(std::move(name)) {}
  std::optional<Alert> look(bool answers, core::SystemTime now);

 private:
  std::string replica_;
  std::string name_;
  std::optional<core::SystemTime> away_since_;
  bool told_ = false;
};

/// Events that wait for the store, on one replica: alerts once they are many and become more, and again only
/// after most of them were delivered.
class SpoolWatch {
 public:
  static constexpr std::uint64_t kMany = 10'000;
  static constexpr int kRises = 3;  ///< looks in a row that each found more
  explicit SpoolWatch(std::string replica) : replica_(std::move(replica)) {}
  std::optional<Alert> look(std::uint64_t waiting, core::SystemTime now);

 private:
  std::string replica_;
  std::uint64_t last_ = 0;
  int rises_ = 0;
  bool told_ = false;
};

/// Failures of providers in a row, on one replica.
class ProviderWatch {
 public:
  static constexpr std::int64_t kFailures = 10;
  explicit ProviderWatch(std::string replica) : replica_(std::move(replica)) {}
  std::optional<Alert> look(const upstream::ProviderStanding& provider, core::SystemTime now);

 private:
  std::string replica_;
  std::set<std::string, std::less<>> told_;
};

/// How a rotation of the data key goes. It takes a minute at least, so it is seen running.
class RotationWatch {
 public:
  static constexpr std::chrono::hours kPatience{1};
  /// `rotation.data_key_id` is the occasion's: told once for each new key.
  std::optional<Alert> look(const identity::KeyRotation::Progress& rotation, core::SystemTime now);
  /// Whether one was running when it looked last.
  [[nodiscard]] bool running() const noexcept { return running_; }

 private:
  bool running_ = false;
};

}  // namespace relayna::control
