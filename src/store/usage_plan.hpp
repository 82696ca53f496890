#pragma once

#include <optional>
#include <span>
#include <vector>

#include "store/usage_sql.hpp"

// From which rows a question about usage is answered. Whole hours or days come from the first rollup that
// knows every field in question. Where the period ends within one, it is left out and the events of the
// period are added, or it is used and the events beside the period are taken off again: whichever are in less
// time.

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

/// Events at one end of what is asked for.
struct UsageEnd {
  UsagePeriod period;
  bool taken_off = false;  ///< from the rollup's sums, instead of added to them
};

/// Periods of one rollup, half-open; unset: without end.
struct UsageSumsRange {
  const UsageRollup* rollup;
  std::optional<std::int64_t> first, last;
  bool taken_off = false;  ///< from the other ranges
};

struct UsagePlan {
  const UsageRollup* rollup = nullptr;      ///< null: events only
  std::optional<std::int64_t> first, last;  ///< its periods, half-open; unset: without end
  std::optional<UsageEnd> head, tail;       ///< `head` alone without a rollup
  Coverage covered;

  /// The periods of `rollup`, those that make whole ones of a coarser rollup from there; `unit`: the longest
  /// period of use, in seconds.
  [[nodiscard]] std::vector<UsageSumsRange> ranges(std::int64_t unit) const;
  /// Answers for less: without the events of that end, and without the period they would be taken off from.
  void give_up_head();
  void give_up_tail();
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
