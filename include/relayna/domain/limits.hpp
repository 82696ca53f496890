#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "relayna/core/money.hpp"
#include "relayna/core/time.hpp"

namespace relayna::domain {

/// What may be limited (contract 8.1). Amounts are requests, tokens, requests at once, or nano-USD. Days are
/// UTC, weeks begin on Monday, months are calendar months.
enum class LimitKind : std::uint8_t {
  requests_per_minute,
  requests_per_day,
  tokens_per_minute,
  tokens_per_day,
  concurrent_requests,
  usd_per_day,
  usd_per_week,
  usd_per_month,
  usd_total,
};
inline constexpr std::size_t kLimitKinds = 9;

/// `requests_per_minute`, …: the value of `window` in errors and of the metrics' label.
std::string_view to_string(LimitKind kind) noexcept;
constexpr bool is_money(LimitKind kind) noexcept {
  return kind >= LimitKind::usd_per_day;
}
/// Whether what was used must be read back from durable balances when the counter is new: days and money.
/// Minutes and concurrency start afresh.
constexpr bool is_durable(LimitKind kind) noexcept {
  return is_money(kind) || kind == LimitKind::requests_per_day || kind == LimitKind::tokens_per_day;
}

/// One number per kind. What an absent limit is depends on the use: `kUnlimited` in limits, 0 in amounts.
using PerLimit = std::array<std::int64_t, kLimitKinds>;
inline constexpr std::int64_t kUnlimited = -1;

/// The limits of one scope.
struct LimitSet {
  PerLimit most{kUnlimited, kUnlimited, kUnlimited, kUnlimited, kUnlimited,
                kUnlimited, kUnlimited, kUnlimited, kUnlimited};
  [[nodiscard]] std::int64_t of(LimitKind kind) const noexcept {
    return most[static_cast<std::size_t>(kind)];
  }
  void set(LimitKind kind, std::int64_t limit) noexcept { most[static_cast<std::size_t>(kind)] = limit; }
  /// The smaller of both where both are set.
  void tighten(LimitKind kind, std::int64_t limit) noexcept;
  void tighten(const LimitSet& other) noexcept;
  [[nodiscard]] bool has(LimitKind kind) const noexcept { return of(kind) != kUnlimited; }
  [[nodiscard]] bool empty() const noexcept;
  [[nodiscard]] bool has_money() const noexcept;
  [[nodiscard]] bool has_durable() const noexcept;
  friend bool operator==(const LimitSet&, const LimitSet&) = default;
};

/// Numbers of the calendar periods a moment lies in, counted from 1970-01-01 UTC. A counter that shows
/// another number belongs to a period that is over.
struct Periods {
  std::int64_t day = 0;    ///< days
  std::int64_t week = 0;   ///< Mondays
  std::int64_t month = 0;  ///< 12 × year + month
  static Periods of(core::SystemTime at) noexcept;
  friend bool operator==(const Periods&, const Periods&) = default;
};
/// When the day, week or month that `at` lies in is over. nullopt for kinds that never end (`usd_total`) or
/// have no calendar period.
std::optional<core::SystemTime> period_end(LimitKind kind, core::SystemTime at) noexcept;

}  // namespace relayna::domain
