#pragma once

#include <set>
#include <string>
#include <vector>

#include "relayna/counters/counters.hpp"
#include "relayna/domain/limit_rules.hpp"
#include "relayna/runtime/offload.hpp"
#include "relayna/store/store.hpp"

namespace relayna::ledger {

/// What is used of limits, for those who administer them. What is used of days and in money of a counter that
/// is not there (nobody has asked for it since the counters were emptied, or for 40 days) is what the store
/// says. One shard; everything given to it outlives it.
///
/// A reset is three steps, each of which may be the last: `prepare_reset` says what it takes off, a unit of
/// work stores that (`store::Unit::take_off`), from when on every balance is less by it, and `tell` has the
/// counters do the same once. `tell_rest`, called now and then, does that for those who did not come so far.
class LimitUse {
 public:
  LimitUse(runtime::OffloadPool& pool, store::Store& store, counters::Counters& counters);

  /// One per scope and at the same moment; kinds that a scope limits neither hard nor soft are 0. Errors:
  /// control_state_unavailable (the counters are away), the store's.
  runtime::Task<core::Result<counters::Uses>> read(std::vector<domain::LimitedScope> scopes);

  struct PreparedReset {
    store::UsageReset reset;  ///< without id and stamp
    counters::Use before;
  };
  /// One per scope: takes off what is used now of `kinds`, less what requests under way hold.
  /// `concurrent_requests` has no part in it. Errors: those of `read`.
  runtime::Task<core::Result<std::vector<PreparedReset>>> prepare_reset(
      std::vector<domain::LimitedScope> scopes, std::set<domain::LimitKind> kinds);
  /// Of resets that are stored. False: some counters are away; they will be told.
  runtime::Task<bool> tell(std::vector<store::UsageReset> resets);
  /// Tells the counters of stored resets nobody has told them of. Errors: the store's.
  runtime::Task<core::Result<void>> tell_rest();

 private:
  runtime::Task<core::Result<void>> add_balances(const std::vector<domain::LimitedScope>& scopes,
                                                 counters::Uses& uses);
  runtime::Task<core::Result<std::vector<std::int64_t>>> last_numbers(
      const std::vector<domain::LimitedScope>& scopes);

  runtime::OffloadPool& pool_;
  store::Store& store_;
  counters::Counters& counters_;
};

}  // namespace relayna::ledger
