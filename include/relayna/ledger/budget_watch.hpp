#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "relayna/counters/counters.hpp"
#include "relayna/domain/limit_rules.hpp"

namespace relayna::ledger {

/// The scopes a money limit of which is at least half used, as admissions on this replica have seen it. They
/// count what requests may still take, so whoever tells operators of it looks at the durable balance first.
/// Any thread.
class BudgetWatch {
 public:
  static constexpr int kNear = 50;  ///< percent of a limit
  static constexpr std::size_t kMost = 10'000;

  /// `counter`: the scope's id. Cheap where no money limit is near.
  void note(const std::string& counter, const domain::LimitedScope& scope, const counters::Standing& at);
  struct Near {
    std::string counter;
    domain::LimitedScope scope;
  };
  [[nodiscard]] std::vector<Near> near() const;
  /// It is not near any more: its period is over, or the limit was raised.
  void forget(const std::string& counter);

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, domain::LimitedScope> near_;
};

}  // namespace relayna::ledger
