#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace relayna::core {

/// Monotonic time, for deadlines and durations.
using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;
/// Wall clock in UTC microseconds, for everything stored or shown.
using SystemTime = std::chrono::sys_time<std::chrono::microseconds>;

/// Where time enters. Tests hand in a FakeClock; nothing else reads std::chrono clocks directly.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimePoint now() const noexcept = 0;
  [[nodiscard]] virtual SystemTime wall() const noexcept = 0;
};

/// The process's real clock. Any thread.
const Clock& real_clock() noexcept;

/// A clock that moves only when told. One thread.
class FakeClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const noexcept override { return now_; }
  [[nodiscard]] SystemTime wall() const noexcept override { return wall_; }
  void advance(Duration by) {
    now_ += by;
    wall_ += std::chrono::duration_cast<std::chrono::microseconds>(by);
  }
  void set_wall(SystemTime t) { wall_ = t; }

 private:
  TimePoint now_{std::chrono::hours(1000)};
  SystemTime wall_{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20}};
};

/// A moment by which something must be done, or never. A value: it travels with every operation.
class Deadline {
 public:
  constexpr Deadline() noexcept = default;  ///< never
  constexpr explicit Deadline(TimePoint at) noexcept : at_(at) {}
  [[nodiscard]] static constexpr Deadline never() noexcept { return {}; }
  [[nodiscard]] static Deadline in(const Clock& clock, Duration d) noexcept {
    return Deadline(clock.now() + d);
  }
  [[nodiscard]] constexpr bool is_never() const noexcept { return at_ == TimePoint::max(); }
  [[nodiscard]] constexpr TimePoint at() const noexcept { return at_; }
  [[nodiscard]] constexpr bool passed(TimePoint now) const noexcept { return now >= at_; }
  [[nodiscard]] constexpr Deadline sooner(Deadline other) const noexcept {
    return other.at_ < at_ ? other : *this;
  }
  friend constexpr bool operator==(Deadline, Deadline) = default;

 private:
  TimePoint at_ = TimePoint::max();
};

/// RFC 3339 in UTC with `Z`, microseconds only when there are any: `2026-11-20T20:39:36Z`.
std::string to_rfc3339(SystemTime t);
/// Accepts `Z` or a numeric offset, with or without fractional seconds. nullopt when malformed.
std::optional<SystemTime> parse_rfc3339(std::string_view text);

}  // namespace relayna::core
