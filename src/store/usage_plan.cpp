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

bool purged(const UsageHistory& history, core::SystemTime time) noexcept {
  return history.purged_before && time < *history.purged_before;
}

/// The end in front of the first whole period.
void plan_head(UsagePlan& plan, core::SystemTime from, const UsageHistory& history) {
  const std::int64_t unit = plan.rollup->unit;
  const auto first = start_of(*plan.first, unit);
  if (first == from) return;
  const auto before = start_of(*plan.first - 1, unit);
  if (from - before < first - from && !purged(history, before)) {
    --*plan.first;
    plan.head = UsageEnd{.period = {before, from}, .taken_off = true};
    return;
  }
  plan.head = UsageEnd{.period = {from, first}};
  if (purged(history, from)) plan.give_up_head();
}

/// The end behind the last whole period.
void plan_tail(UsagePlan& plan, core::SystemTime to, const UsageHistory& history) {
  const std::int64_t unit = plan.rollup->unit;
  const auto last = start_of(*plan.last, unit);
  if (last == to) return;
  const auto behind = start_of(*plan.last + 1, unit);
  // Nothing is newer than the newest.
  const auto filled = history.newest ? std::min(*history.newest, behind) : behind;
  if (filled - to < to - last && !purged(history, to)) {
    ++*plan.last;
    plan.tail = UsageEnd{.period = {to, behind}, .taken_off = true};
    return;
  }
  plan.tail = UsageEnd{.period = {last, to}};
  if (purged(history, last)) plan.give_up_tail();
}

/// Events alone, of which those from before `history.purged_before` are no longer there.
void plan_events(UsagePlan& plan, const UsagePeriod& asked, const UsageHistory& history) {
  plan.rollup = nullptr;
  plan.first.reset(), plan.last.reset();
  plan.head = UsageEnd{.period = asked};
  if (!history.purged_before || (asked.from && !purged(history, *asked.from))) return;
  auto& from = plan.head->period.from;
  from = asked.to ? std::min(*asked.to, *history.purged_before) : *history.purged_before;
  plan.covered.from = from;
  plan.covered.complete = false;
}

}  // namespace

std::vector<UsageSumsRange> UsagePlan::ranges(std::int64_t longest) const {
  if (rollup == nullptr) return {};
  const UsageRollup* coarse = coarser(*rollup);
  if (coarse == nullptr || coarse->unit > longest) return {{rollup, first, last}};
  const std::int64_t ratio = coarse->unit / rollup->unit;
  UsageSumsRange whole{coarse, {}, {}};
  std::vector<UsageSumsRange> ends;
  // Moves a border to the nearest one of the coarser periods; what lies between is added, or is too much.
  const auto moved = [&](std::int64_t border, bool begins) {
    const std::int64_t nearest = (border + ratio / 2) / ratio;
    const std::int64_t there = nearest * ratio;
    if (there != border)
      ends.push_back({rollup, std::min(border, there), std::max(border, there), (there < border) == begins});
    return nearest;
  };
  if (first) whole.first = moved(*first, true);
  if (last) whole.last = moved(*last, false);
  if (whole.first && whole.last && *whole.first >= *whole.last) return {{rollup, first, last}};
  ends.insert(ends.begin(), whole);
  return ends;
}

void UsagePlan::give_up_head() {
  if (head->taken_off) ++*first;
  covered.from = head->taken_off ? start_of(*first, rollup->unit) : head->period.to;
  covered.complete = false;
  head.reset();
}

void UsagePlan::give_up_tail() {
  if (tail->taken_off) --*last;
  covered.to = tail->taken_off ? start_of(*last, rollup->unit) : tail->period.from;
  covered.complete = false;
  tail.reset();
}

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
  if (plan.rollup == nullptr) {
    plan_events(plan, asked, history);
    return plan;
  }
  const std::int64_t unit_of_sums = plan.rollup->unit;
  if (asked.from) {
    plan.first = period_at(*asked.from, unit_of_sums);
    if (start_of(*plan.first, unit_of_sums) < *asked.from) ++*plan.first;
  }
  // Nothing is newer than the end: then the last period is a whole one too.
  const bool open = !asked.to || (history.newest && *history.newest < *asked.to);
  if (!open) plan.last = period_at(*asked.to, unit_of_sums);
  if (plan.first && plan.last && *plan.first >= *plan.last) {
    plan_events(plan, asked, history);
    return plan;
  }
  if (plan.first) plan_head(plan, *asked.from, history);
  if (plan.last) plan_tail(plan, *asked.to, history);
  return plan;
}

}  // namespace relayna::store
