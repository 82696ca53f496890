#include "store/usage_plan.hpp"

#include <algorithm>

namespace relayna::store {

namespace {

std::int64_t micros(std::int64_t unit) noexcept {
  return unit * 1'000'000;
}
core::SystemTime start_of(std::int64_t period, std::int64_t unit) noexcept {
  return core::SystemTime(std::chrono::microseconds(period * micros(unit)));
}
std::int64_t period_at(core::SystemTime time, std::int64_t unit) noexcept {
  return time.time_since_epoch().count() / micros(unit);
}

bool serves(const UsageRollup& rollup, std::span<const UsageCondition> conditions,
            std::optional<UsageField> grouped) noexcept {
  // Such a rollup has no row for a request without its name, and several for one with several tags.
  const UsageField own = rollup.dimensions.front();
  const bool about =
      grouped == own || std::ranges::find(conditions, own, &UsageCondition::field) != conditions.end();
  if (only_named(own) && !about) return false;
  if (grouped && !has(rollup, *grouped)) return false;
  for (const UsageCondition& condition : conditions) {
    if (!has(rollup, condition.field)) return false;
    if (only_named(condition.field) && condition.asks_for_none()) return false;
    // Which other tags those with this one have.
    if (condition.field == UsageField::tag && grouped == UsageField::tag) return false;
  }
  return true;
}

/// Events before `history.purged_before` are no longer there: what is known of the rest begins with it.
void without_purged(UsagePlan& plan, const UsageHistory& history) {
  if (!plan.head || !history.purged_before) return;
  UsagePeriod& head = *plan.head;
  if (head.from && *head.from >= *history.purged_before) return;
  plan.covered.complete = false;
  if (plan.rollup != nullptr) {
    plan.covered.from = head.to;
    plan.head.reset();
    return;
  }
  head.from = head.to ? std::min(*head.to, *history.purged_before) : *history.purged_before;
  plan.covered.from = head.from;
}

}  // namespace

bool only_named(UsageField field) noexcept {
  return field == UsageField::end_user || field == UsageField::tag || field == UsageField::task;
}

const UsageRollup* rollup_for(std::span<const UsageCondition> conditions, std::optional<UsageField> grouped,
                              std::int64_t unit) noexcept {
  for (const UsageRollup& rollup : usage_rollups()) {
    if (rollup.unit <= unit && serves(rollup, conditions, grouped)) return &rollup;
  }
  return nullptr;
}

UsagePlan plan_usage(std::span<const UsageCondition> conditions, std::optional<UsageField> grouped,
                     std::int64_t unit, const UsagePeriod& asked, const UsageHistory& history) {
  UsagePlan plan;
  plan.covered = {.from = asked.from, .to = asked.to};
  plan.rollup = rollup_for(conditions, grouped, unit);
  if (plan.rollup != nullptr) {
    const std::int64_t its = plan.rollup->unit;
    if (asked.from) {
      plan.first = period_at(*asked.from, its);
      if (start_of(*plan.first, its) < *asked.from) ++*plan.first;
    }
    // Nothing is newer than the end: then the last period is a whole one too.
    const bool open = !asked.to || (history.newest && *history.newest < *asked.to);
    if (!open) plan.last = period_at(*asked.to, its);
    if (plan.first && plan.last && *plan.first >= *plan.last) plan.rollup = nullptr;
    if (plan.rollup != nullptr) {
      if (plan.first && start_of(*plan.first, its) > *asked.from)
        plan.head = UsagePeriod{asked.from, start_of(*plan.first, its)};
      if (plan.last && start_of(*plan.last, its) < *asked.to)
        plan.tail = UsagePeriod{start_of(*plan.last, its), asked.to};
      if (plan.tail && history.purged_before && *plan.tail->from < *history.purged_before) {
        plan.covered.to = plan.tail->from;
        plan.covered.complete = false;
        plan.tail.reset();
      }
      without_purged(plan, history);
      return plan;
    }
  }
  plan.first.reset(), plan.last.reset();
  plan.head = UsagePeriod{asked.from, asked.to};
  without_purged(plan, history);
  return plan;
}

}  // namespace relayna::store
