#pragma once

#include <string>
#include <unordered_map>

#include "relayna/core/error.hpp"
#include "relayna/core/time.hpp"
#include "relayna/counters/counters.hpp"
#include "relayna/domain/limit_rules.hpp"

namespace relayna::ledger {

/// The refusal as the caller hears it: code by kind of limit, scope, window, and when to come back
/// (contract 8.3).
core::Error refusal_error(const domain::LimitedScope& scope, const counters::Refusal& refusal);

/// Remembers refusals that hold for any request of their scope until a known time, so that callers who do not
/// wait cost no round trip (contract 8.2). One shard.
class RefusalMemory {
 public:
  /// Keeps `refusal` if it holds for every request: the limit is used up, not merely too small for this one.
  void remember(const std::string& scope_id, const domain::LimitedScope& scope,
                const counters::Refusal& refusal, core::TimePoint now);
  /// The refusal still in force for `scope_id`, with the time that is left. A limit that was changed since is
  /// asked again.
  [[nodiscard]] const core::Error* find(const std::string& scope_id, const domain::LimitedScope& scope,
                                        core::TimePoint now);
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  static constexpr std::size_t kMost = 10'000;
  struct Entry {
    core::TimePoint until{};
    domain::LimitKind kind{};
    std::int64_t limit = 0;
    core::Error error{core::ErrorCode::rate_limit_exceeded};
  };
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace relayna::ledger
