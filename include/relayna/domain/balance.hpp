#pragma once

#include <cstdint>
#include <string>

#include "relayna/domain/limits.hpp"

namespace relayna::domain {

/// What the durable store says was used by a scope, read at one moment: what its counter begins with.
struct Balance {
  Periods periods;                  ///< of that moment, UTC
  std::int64_t requests_today = 0;  ///< charged ones
  std::int64_t tokens_today = 0;
  std::int64_t cost_today = 0, cost_this_week = 0, cost_this_month = 0, cost_total = 0;  ///< nano-USD
  /// Which transactions it includes, as PostgreSQL prints a snapshot, `xmin:xmax:xip,xip`: those below xmin,
  /// and those below xmax that are not listed. SQLite: `n:n:`.
  std::string snapshot;
};

/// What it says of one kind, as far as its day, week or month is that of `present`. 0 of kinds that are not
/// durable.
std::int64_t used_of(const Balance& balance, LimitKind kind, const Periods& present) noexcept;

}  // namespace relayna::domain
