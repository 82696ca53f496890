#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "relayna/core/time.hpp"
#include "relayna/domain/key.hpp"
#include "relayna/domain/limits.hpp"
#include "relayna/store/store.hpp"

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
/// A limit that is raised in the middle of its period is another occasion.
std::vector<Alert> budget_alerts(std::span<const BudgetState> budgets, core::SystemTime now);

/// Keys that are revoked or switched off do not alert. An expiry more than a day ago is no news.
std::vector<Alert> key_alerts(std::span<const domain::VirtualKey> keys, core::SystemTime now);

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
  static constexpr int kFailures = 10;
  explicit ProviderWatch(std::string replica) : replica_(std::move(replica)) {}
  /// One attempt at a provider: `failed` when it gave no answer, or one of 500 and above.
  std::optional<Alert> attempt(std::string_view provider, bool failed, std::string_view reason,
                               core::SystemTime now);

 private:
  std::string replica_;
  std::map<std::string, int, std::less<>> failures_;
};

}  // namespace relayna::control
