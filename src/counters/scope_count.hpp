#pragma once

#include <cstdint>
#include <optional>

#include "relayna/core/time.hpp"
#include "relayna/counters/counters.hpp"
#include "relayna/domain/limits.hpp"

#include "counters/window.hpp"

// The arithmetic of one scope, without clocks or I/O. `memory` is made of it; of what `redis` answers it
// computes refusals. The scripts of Redis must agree with it: the contract tests compare them.

namespace relayna::counters {

/// More than this (10^15: a million USD, or tokens) is not taken from any counter at once: sums of it stay
/// exact where numbers are doubles (2^53 is nine times as much).
inline constexpr std::int64_t kMostAmount = 1'000'000'000'000'000;
Amounts bounded(Amounts amounts) noexcept;

inline std::int64_t second_of(core::SystemTime t) noexcept {
  return std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
}

/// What is added to or taken from the durable kinds of a scope.
struct Charge {
  std::int64_t requests = 0;
  std::int64_t tokens = 0;
  std::int64_t cost_nanos = 0;
};

/// Whether a scope counts by day and in money, and whether it knows what the store says.
enum class Durable : std::uint8_t {
  untracked,  ///< never had such a limit
  seeding,    ///< counts, but does not know what was used before
  seeded,
};

struct ScopeCount {
  std::int64_t concurrent = 0;
  Amounts reserved;  ///< by those
  Window window;

  Durable durable = Durable::untracked;
  domain::Periods periods;  ///< those that the following numbers belong to
  std::int64_t requests_today = 0;
  std::int64_t tokens_today = 0;
  /// Money is one running sum and what it was when each period began: a charge changes one number.
  std::int64_t spent = 0;
  std::int64_t spent_before_today = 0;
  std::int64_t spent_before_week = 0;
  std::int64_t spent_before_month = 0;

  /// Begins the minute, day, week and month `now` lies in. Before everything else.
  void advance(core::SystemTime now);
  /// A request begins (1) or ceases (-1) to be under way, or goes on (0), and holds so much more.
  void hold(int requests, Amounts more);
  /// Adds to the periods that `at` lies in, as far as they are the present ones (or to come).
  void charge(const domain::Periods& at, Charge charge);
  /// Adds the durable part. Becomes seeded.
  void seed(const domain::Balance& balance);
  /// Takes off what `balance` says, of the periods that are still the present ones.
  void take_off(const domain::Balance& balance);
  [[nodiscard]] std::int64_t used(domain::LimitKind kind) const noexcept;

 private:
  void add(const domain::Balance& balance);
};

/// What one operation wants of every scope.
struct Wanted {
  bool request = true;  ///< a request more, at once and counted; else an extension
  Amounts amounts;
};

/// Why `count` has no room, or nullopt. Of several reasons the one that lasts longest: when it is over the
/// request is admitted. Durable kinds are asked only when seeded. `scope` of the refusal is not set.
std::optional<Refusal> refusal(const ScopeCount& count, const domain::LimitSet& limits, const Wanted& wanted,
                               core::SystemTime now);
/// Keeps the refusal that lasts longer; the first of two that last as long.
void keep_longer(std::optional<Refusal>& kept, std::optional<Refusal> other);

Standing standing(const ScopeCount& count, const domain::LimitSet& limits, core::SystemTime now);
/// What requests under way hold of what `standing` says is used.
domain::PerLimit reserved_of(const ScopeCount& count, const Standing& standing);

}  // namespace relayna::counters
