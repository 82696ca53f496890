#include "relayna/domain/limits.hpp"

#include <algorithm>
#include <chrono>

#include "relayna/domain/balance.hpp"

namespace relayna::domain {

namespace {

constexpr std::array<std::string_view, kLimitKinds> kNames{
    "requests_per_minute", "requests_per_day", "tokens_per_minute", "tokens_per_day", "concurrent_requests",
    "usd_per_day",         "usd_per_week",     "usd_per_month",     "usd_total"};

constexpr std::size_t index(LimitKind kind) noexcept {
  return static_cast<std::size_t>(kind);
}

/// 1970-01-01 was a Thursday; the Monday before it began week 0.
constexpr std::chrono::days kMondayToEpoch{3};

std::chrono::sys_days week_begin(std::chrono::sys_days day) noexcept {
  return day - (std::chrono::weekday(day) - std::chrono::Monday);
}

std::chrono::sys_days next_month(std::chrono::sys_days day) noexcept {
  const std::chrono::year_month_day date(day);
  return std::chrono::sys_days{(date.year() / date.month() + std::chrono::months(1)) / 1};
}

}  // namespace

std::string_view to_string(LimitKind kind) noexcept {
  return kNames[index(kind)];
}

void LimitSet::tighten(LimitKind kind, std::int64_t limit) noexcept {
  if (limit == kUnlimited) return;
  auto& mine = most[index(kind)];
  mine = mine == kUnlimited ? limit : std::min(mine, limit);
}

void LimitSet::tighten(const LimitSet& other) noexcept {
  for (std::size_t kind = 0; kind < kLimitKinds; ++kind)
    tighten(static_cast<LimitKind>(kind), other.most[kind]);
}

bool LimitSet::empty() const noexcept {
  return std::ranges::all_of(most, [](std::int64_t limit) { return limit == kUnlimited; });
}

bool LimitSet::has_money() const noexcept {
  for (std::size_t kind = 0; kind < kLimitKinds; ++kind) {
    if (is_money(static_cast<LimitKind>(kind)) && most[kind] != kUnlimited) return true;
  }
  return false;
}

bool LimitSet::has_durable() const noexcept {
  for (std::size_t kind = 0; kind < kLimitKinds; ++kind) {
    if (is_durable(static_cast<LimitKind>(kind)) && most[kind] != kUnlimited) return true;
  }
  return false;
}

Periods Periods::of(core::SystemTime at) noexcept {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  return {.day = day.time_since_epoch().count(),
          .week = (week_begin(day).time_since_epoch() + kMondayToEpoch).count() / 7,
          .month = 12 * std::int64_t{static_cast<int>(date.year())} +
                   std::int64_t{static_cast<unsigned>(date.month())}};
}

std::optional<core::SystemTime> period_end(LimitKind kind, core::SystemTime at) noexcept {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  switch (kind) {
    case LimitKind::requests_per_day:
    case LimitKind::tokens_per_day:
    case LimitKind::usd_per_day:
      return day + std::chrono::days(1);
    case LimitKind::usd_per_week:
      return week_begin(day) + std::chrono::days(7);
    case LimitKind::usd_per_month:
      return next_month(day);
    case LimitKind::requests_per_minute:
    case LimitKind::tokens_per_minute:
    case LimitKind::concurrent_requests:
    case LimitKind::usd_total:
      return std::nullopt;
  }
  return std::nullopt;
}

std::int64_t used_of(const Balance& balance, LimitKind kind, const Periods& present) noexcept {
  const bool same_day = balance.periods.day == present.day;
  switch (kind) {
    case LimitKind::requests_per_day:
      return same_day ? balance.requests_today : 0;
    case LimitKind::tokens_per_day:
      return same_day ? balance.tokens_today : 0;
    case LimitKind::usd_per_day:
      return same_day ? balance.cost_today : 0;
    case LimitKind::usd_per_week:
      return balance.periods.week == present.week ? balance.cost_this_week : 0;
    case LimitKind::usd_per_month:
      return balance.periods.month == present.month ? balance.cost_this_month : 0;
    case LimitKind::usd_total:
      return balance.cost_total;
    case LimitKind::requests_per_minute:
    case LimitKind::tokens_per_minute:
    case LimitKind::concurrent_requests:
      return 0;
  }
  return 0;
}

}  // namespace relayna::domain
