#include "counters/scope_count.hpp"

#include <algorithm>
#include <array>

#include "counters/saturate.hpp"

namespace relayna::counters {

using domain::LimitKind;

namespace {

constexpr std::array kAllKinds{
    LimitKind::requests_per_minute, LimitKind::requests_per_day,    LimitKind::tokens_per_minute,
    LimitKind::tokens_per_day,      LimitKind::concurrent_requests, LimitKind::usd_per_day,
    LimitKind::usd_per_week,        LimitKind::usd_per_month,       LimitKind::usd_total};
static_assert(kAllKinds.size() == domain::kLimitKinds);

/// nullopt: the operation does not touch this kind.
std::optional<std::int64_t> amount_of(LimitKind kind, const Wanted& wanted) noexcept {
  std::int64_t amount = 0;
  switch (kind) {
    case LimitKind::requests_per_minute:
    case LimitKind::requests_per_day:
    case LimitKind::concurrent_requests:
      if (!wanted.request) return std::nullopt;
      return 1;
    case LimitKind::tokens_per_minute:
    case LimitKind::tokens_per_day:
      amount = wanted.amounts.tokens;
      break;
    case LimitKind::usd_per_day:
    case LimitKind::usd_per_week:
    case LimitKind::usd_per_month:
    case LimitKind::usd_total:
      amount = wanted.amounts.cost_nanos;
      break;
  }
  // An extension that asks nothing of a kind is not refused because of it.
  if (!wanted.request && amount == 0) return std::nullopt;
  return amount;
}

std::optional<std::int64_t> wait_of(const ScopeCount& count, LimitKind kind, std::int64_t limit,
                                    std::int64_t amount, core::SystemTime now) {
  if (kind == LimitKind::requests_per_minute)
    return count.window.wait(Window::Of::requests, limit, amount, second_of(now));
  if (kind == LimitKind::tokens_per_minute)
    return count.window.wait(Window::Of::tokens, limit, amount, second_of(now));
  if (limit <= 0 || amount > limit) return std::nullopt;
  if (kind == LimitKind::concurrent_requests) return 1;
  const auto end = domain::period_end(kind, now);
  if (!end) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(*end - now).count();
}

bool counts_requests(LimitKind kind) noexcept {
  return kind == LimitKind::requests_per_minute || kind == LimitKind::requests_per_day ||
         kind == LimitKind::concurrent_requests;
}

/// What requests under way hold of the tokens or the money of which so much is used.
std::int64_t held_of(const ScopeCount& count, LimitKind kind, std::int64_t used) noexcept {
  const auto held = domain::is_money(kind) ? count.reserved.cost_nanos : count.reserved.tokens;
  return std::min(held, std::max<std::int64_t>(used, 0));
}

}  // namespace

Amounts bounded(Amounts amounts) noexcept {
  return {.tokens = std::clamp<std::int64_t>(amounts.tokens, 0, kMostAmount),
          .cost_nanos = std::clamp<std::int64_t>(amounts.cost_nanos, 0, kMostAmount)};
}

void ScopeCount::advance(core::SystemTime now) {
  window.advance(second_of(now));
  const auto present = domain::Periods::of(now);
  if (durable == Durable::untracked || present.day <= periods.day) return;
  requests_today = 0;
  tokens_today = 0;
  spent_before_today = spent;
  if (present.week != periods.week) spent_before_week = spent;
  if (present.month != periods.month) spent_before_month = spent;
  periods = present;
}

void ScopeCount::hold(int requests, Amounts more) {
  concurrent = std::max<std::int64_t>(0, concurrent + requests);
  const auto change = [this](std::int64_t& held, std::int64_t by) {
    held = concurrent == 0 ? 0 : std::max<std::int64_t>(0, plus(held, by));
  };
  change(reserved.tokens, more.tokens);
  change(reserved.cost_nanos, more.cost_nanos);
}

void ScopeCount::charge(const domain::Periods& at, Charge charge) {
  if (at.day >= periods.day) {
    requests_today = plus(requests_today, charge.requests);
    tokens_today = plus(tokens_today, charge.tokens);
  } else {
    spent_before_today = plus(spent_before_today, charge.cost_nanos);
    if (at.week != periods.week) spent_before_week = plus(spent_before_week, charge.cost_nanos);
    if (at.month != periods.month) spent_before_month = plus(spent_before_month, charge.cost_nanos);
  }
  spent = plus(spent, charge.cost_nanos);
}

void ScopeCount::add(const domain::Balance& balance) {
  const bool same_day = balance.periods.day == periods.day;
  if (same_day) {
    requests_today = plus(requests_today, balance.requests_today);
    tokens_today = plus(tokens_today, balance.tokens_today);
  }
  const auto before = [&](std::int64_t& base, bool same_period, std::int64_t within) {
    base = plus(base, minus(balance.cost_total, same_period ? within : 0));
  };
  before(spent_before_today, same_day, balance.cost_today);
  before(spent_before_week, balance.periods.week == periods.week, balance.cost_this_week);
  before(spent_before_month, balance.periods.month == periods.month, balance.cost_this_month);
  spent = plus(spent, balance.cost_total);
}

void ScopeCount::seed(const domain::Balance& balance) {
  add(balance);
  durable = Durable::seeded;
}

void ScopeCount::take_off(const domain::Balance& balance) {
  add({.periods = balance.periods,
       .requests_today = minus(0, balance.requests_today),
       .tokens_today = minus(0, balance.tokens_today),
       .cost_today = minus(0, balance.cost_today),
       .cost_this_week = minus(0, balance.cost_this_week),
       .cost_this_month = minus(0, balance.cost_this_month),
       .cost_total = minus(0, balance.cost_total),
       .snapshot = {}});
}

std::int64_t ScopeCount::used(LimitKind kind) const noexcept {
  switch (kind) {
    case LimitKind::requests_per_minute:
      return window.sum(Window::Of::requests);
    case LimitKind::requests_per_day:
      return requests_today;
    case LimitKind::tokens_per_minute:
      return window.sum(Window::Of::tokens);
    case LimitKind::tokens_per_day:
      return tokens_today;
    case LimitKind::concurrent_requests:
      return concurrent;
    case LimitKind::usd_per_day:
      return minus(spent, spent_before_today);
    case LimitKind::usd_per_week:
      return minus(spent, spent_before_week);
    case LimitKind::usd_per_month:
      return minus(spent, spent_before_month);
    case LimitKind::usd_total:
      return spent;
  }
  return 0;
}

std::optional<Refusal> refusal(const ScopeCount& count, const domain::LimitSet& limits, const Wanted& wanted,
                               core::SystemTime now) {
  std::optional<Refusal> reason;
  for (const auto kind : kAllKinds) {
    if (!limits.has(kind) || (domain::is_durable(kind) && count.durable != Durable::seeded)) continue;
    const auto amount = amount_of(kind, wanted);
    if (!amount) continue;
    const auto limit = limits.of(kind);
    const auto used = count.used(kind);
    if (used < limit && plus(used, *amount) <= limit) continue;
    keep_longer(reason, Refusal{.kind = kind,
                                .limit = limit,
                                .used = used,
                                .wanted = *amount,
                                .held = counts_requests(kind) ? 0 : held_of(count, kind, used),
                                .retry_after = wait_of(count, kind, limit, *amount, now)});
  }
  return reason;
}

void keep_longer(std::optional<Refusal>& kept, std::optional<Refusal> other) {
  if (!other) return;
  const bool longer =
      !kept || (kept->retry_after && (!other->retry_after || *other->retry_after > *kept->retry_after));
  if (longer) kept = other;
}

domain::PerLimit reserved_of(const ScopeCount& count, const Standing& standing) {
  domain::PerLimit reserved{};
  for (const auto kind : kAllKinds) {
    const auto used = standing.used[static_cast<std::size_t>(kind)];
    reserved[static_cast<std::size_t>(kind)] =
        counts_requests(kind) ? std::min(count.concurrent, std::max<std::int64_t>(used, 0))
                              : held_of(count, kind, used);
  }
  return reserved;
}

Standing standing(const ScopeCount& count, const domain::LimitSet& limits, core::SystemTime now) {
  Standing standing{.durable_known = count.durable == Durable::seeded || !limits.has_durable()};
  for (const auto kind : kAllKinds) {
    if (limits.has(kind)) standing.used[static_cast<std::size_t>(kind)] = count.used(kind);
  }
  if (limits.has(LimitKind::requests_per_minute))
    standing.requests_reset_seconds = count.window.reset(Window::Of::requests, second_of(now));
  if (limits.has(LimitKind::tokens_per_minute))
    standing.tokens_reset_seconds = count.window.reset(Window::Of::tokens, second_of(now));
  return standing;
}

}  // namespace relayna::counters
