#include "dialect/usage/reported_cost.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string>

#include "dialect/usage/event_data.hpp"

namespace relayna::dialect {

namespace {

constexpr std::int64_t kTicksPerNano = 10;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view take_digits(std::string_view& text) {
  const auto end = std::ranges::find_if_not(text, is_digit);
  const auto length = static_cast<std::size_t>(end - text.begin());
  const std::string_view digits = text.substr(0, length);
  text.remove_prefix(length);
  return digits;
}

/// A number that is not negative, in parts: `whole`.`fraction` × 10^`exponent`.
struct Decimal {
  std::string_view whole;
  std::string_view fraction;
  std::int64_t exponent = 0;
};

std::optional<std::int64_t> take_exponent(std::string_view& text) {
  constexpr std::size_t kMostDigits = 9;  // far beyond any amount that matters, and no overflow
  const bool minus = text.starts_with('-');
  if (minus || text.starts_with('+')) text.remove_prefix(1);
  std::string_view digits = take_digits(text);
  if (digits.empty()) return std::nullopt;
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  std::int64_t value = 1'000'000'000;
  if (digits.empty()) value = 0;
  if (digits.size() <= kMostDigits) std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return minus ? -value : value;
}

std::optional<Decimal> read_decimal(std::string_view text) {
  Decimal decimal;
  decimal.whole = take_digits(text);
  if (decimal.whole.empty() || (decimal.whole.size() > 1 && decimal.whole.front() == '0'))
    return std::nullopt;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    decimal.fraction = take_digits(text);
    if (decimal.fraction.empty()) return std::nullopt;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    const auto exponent = take_exponent(text);
    if (!exponent) return std::nullopt;
    decimal.exponent = *exponent;
  }
  if (!text.empty()) return std::nullopt;
  return decimal;
}

std::optional<core::Money> to_money(const Decimal& decimal) {
  constexpr std::int64_t kNanoDecimals = 9;
  constexpr std::int64_t kMostDigits = 19;  // of 2^63-1
  const auto digit = [&](std::size_t i) {
    return i < decimal.whole.size() ? decimal.whole[i] : decimal.fraction[i - decimal.whole.size()];
  };
  const std::size_t count = decimal.whole.size() + decimal.fraction.size();
  std::size_t first = 0;
  while (first < count && digit(first) == '0') ++first;
  if (first == count) return core::Money{};
  // How many of the digits from the first one stand before the nano-USD's decimal point.
  const std::int64_t kept = static_cast<std::int64_t>(decimal.whole.size()) -
                            static_cast<std::int64_t>(first) + decimal.exponent + kNanoDecimals;
  if (kept > kMostDigits) return std::nullopt;
  if (kept < 0) return core::Money{};
  std::uint64_t nanos = 0;  // 19 digits fit
  for (std::int64_t i = 0; i < kept; ++i) {
    const std::size_t at = first + static_cast<std::size_t>(i);
    nanos = nanos * 10 + (at < count ? static_cast<std::uint64_t>(digit(at) - '0') : 0);
  }
  const std::size_t next = first + static_cast<std::size_t>(kept);
  if (next < count && digit(next) >= '5') ++nanos;
  if (nanos > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
  return core::Money::nanos(static_cast<std::int64_t>(nanos));
}

}  // namespace

std::optional<core::Money> parse_reported_cost(std::string_view text) noexcept {
  constexpr std::string_view kBlank = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  text = text.substr(0, text.find_last_not_of(kBlank) + 1);
  const auto decimal = read_decimal(text);
  return decimal ? to_money(*decimal) : std::nullopt;
}

bool tells_cost(json::Value usage) {
  return !usage["cost"].is_null() || !usage["cost_in_usd_ticks"].is_null();
}

void take_reported_cost(json::Value usage, std::string_view text, Usage& to) {
  const json::Value cost = usage["cost"];
  std::string_view amount;
  if (cost.number()) {
    amount = EventData::member(text, {"cost"});
  } else if (cost["total_cost"].number()) {
    amount = EventData::member(text, {"cost", "total_cost"});
  }
  if (!amount.empty()) {
    if (const auto money = parse_reported_cost(amount)) to.reported_cost = money;
  } else if (const auto ticks = usage["cost_in_usd_ticks"].integer(); ticks && *ticks >= 0) {
    to.reported_cost =
        core::Money::nanos(*ticks / kTicksPerNano + (*ticks % kTicksPerNano >= kTicksPerNano / 2 ? 1 : 0));
  }
}

}  // namespace relayna::dialect
