#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "relayna/counters/counters.hpp"
#include "relayna/domain/limit_rules.hpp"
#include "relayna/runtime/shard.hpp"
#include "relayna/store/store.hpp"

namespace relayna::ledger {

/// Gives new counters their durable part: what the store says was used in this day, week, month and ever.
/// However many requests need one scope at a time, it is read once. One shard.
class Seeder {
 public:
  Seeder(runtime::Shard& shard, store::Store& store, counters::Counters& counters);
  ~Seeder();
  /// `epoch`: of the admission that asked for it. Errors: store_unavailable as control_state_unavailable
  /// (without the balance nobody knows what is left), and the counters' own.
  runtime::Task<core::Result<void>> seed(domain::LimitedScope scope, std::string epoch);

 private:
  struct Reading;
  runtime::Task<core::Result<void>> read_and_seed(const domain::LimitedScope& scope, std::string id,
                                                  std::string epoch);

  runtime::Shard& shard_;
  store::Store& store_;
  counters::Counters& counters_;
  std::unordered_map<std::string, std::shared_ptr<Reading>> readings_;
};

}  // namespace relayna::ledger
