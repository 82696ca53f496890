#pragma once

#include <optional>
#include <span>
#include <vector>

#include "store/usage_sql.hpp"

// From which rows a question about usage is answered. Whole hours or days come from the first rollup that
// knows every field in question, what is left of the period at its two ends from the events.

namespace relayna::store {

/// Half-open; unset: without end.
struct UsagePeriod {
  std::optional<core::SystemTime> from, to;
};

/// What the plan depends on besides the question.
struct UsageHistory {
  std::optional<core::SystemTime> purged_before;  ///< events from before may be gone
  std::optional<core::SystemTime> newest;         ///< event
};

struct UsagePlan {
  const UsageRollup* rollup = nullptr;      ///< null: events only
  std::optional<std::int64_t> first, last;  ///< its periods, half-open; unset: without end
  std::optional<UsagePeriod> head, tail;    ///< events before and behind them; `head` alone without a rollup
  Coverage covered;
};

/// Pure. `fields`: what is filtered by and grouped by. `unit`: the longest period of use, in seconds.
UsagePlan plan_usage(std::span<const UsageCondition> conditions, std::optional<UsageField> grouped,
                     std::int64_t unit, const UsagePeriod& asked, const UsageHistory& history);

/// The rollup that can answer alone, or null.
const UsageRollup* rollup_for(std::span<const UsageCondition> conditions, std::optional<UsageField> grouped,
                              std::int64_t unit) noexcept;

/// No request is without one in the rollup of its own: who names none is in events only.
bool only_named(UsageField field) noexcept;

}  // namespace relayna::store
