#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "relayna/core/error.hpp"
#include "relayna/core/time.hpp"
#include "relayna/counters/counters.hpp"
#include "relayna/domain/counter_set.hpp"
#include "relayna/ledger/ledger.hpp"

namespace relayna::ledger {

/// The refusal as the caller hears it: code by kind of limit, scope, window, and when to come back
/// (contract 8.3).
core::Error refusal_error(const domain::LimitedScope& scope, const counters::Refusal& refusal);

/// `standing` of `at` when `passed` has gone by and nothing was added: seconds leave the minute, periods end.
counters::Standing aged(counters::Standing standing, core::SystemTime at, core::Duration passed);

/// Remembers refusals that hold for any request of their scope until a known time, so that callers who do not
/// wait cost no round trip (contract 8.2). One shard.
class RefusalMemory {
 public:
  /// Keeps `refusal`, which is of `scope`, if it holds for every request: the limit is used up, not merely
  /// too small for this one. `standings` is what the refused request learned of its scopes at `at`.
  void remember(const domain::LimitedScope& scope, const counters::Refusal& refusal,
                std::vector<ScopeStanding> standings, core::SystemTime at, core::TimePoint now);
  /// The first refusal still in force for one of `scopes`, with the time that is left and what it knows of
  /// these scopes, and of no others: a project's refusal is told to all its keys. A limit that was changed
  /// since is asked again.
  [[nodiscard]] std::optional<NotAdmitted> find(const domain::CounterSet& scopes, core::TimePoint now);
  void forget() noexcept { entries_.clear(); }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  static constexpr std::size_t kMost = 10'000;
  struct Entry {
    core::TimePoint since{};
    core::TimePoint until{};
    domain::LimitKind kind{};
    std::int64_t limit = 0;
    core::Error error{core::ErrorCode::rate_limit_exceeded};
    std::vector<ScopeStanding> standings;
    core::SystemTime at{};
  };
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace relayna::ledger
