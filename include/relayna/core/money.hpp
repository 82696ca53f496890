#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace relayna::core {

/// US dollars as integer nano-USD. Never a double: ±9.2 billion USD, saturating at the ends.
class Money {
 public:
  constexpr Money() noexcept = default;
  static constexpr Money nanos(std::int64_t n) noexcept { return Money(n); }
  /// Decimal text such as `0.25`, `12` or `2.5e-07`; at most nine decimals. nullopt when malformed or out of
  /// range.
  static std::optional<Money> parse(std::string_view text) noexcept;
  [[nodiscard]] constexpr std::int64_t nanos() const noexcept { return nanos_; }
  /// Shortest decimal, for example `0.25`.
  [[nodiscard]] std::string str() const;
  friend constexpr auto operator<=>(Money, Money) = default;
  friend Money operator+(Money a, Money b) noexcept;
  friend Money operator-(Money a, Money b) noexcept;

 private:
  constexpr explicit Money(std::int64_t n) noexcept : nanos_(n) {}
  std::int64_t nanos_ = 0;
};

}  // namespace relayna::core
