#include "relayna/core/money.hpp"

#include <array>
#include <limits>

#include <fmt/format.h>

namespace relayna::core {

namespace {
constexpr std::int64_t kNanosPerDollar = 1'000'000'000;
constexpr std::size_t kDecimals = 9;
constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Appends one decimal digit below zero (so that the least value is reachable); false on overflow.
bool append_digit(std::int64_t& negative, char digit) {
  return !__builtin_mul_overflow(negative, 10, &negative) &&
         !__builtin_sub_overflow(negative, digit - '0', &negative);
}

/// Takes `e-07` off the end of `text`: its value, 0 without one, nullopt when malformed.
std::optional<std::int64_t> take_exponent(std::string_view& text) {
  const std::size_t mark = text.find_first_of("eE");
  if (mark == std::string_view::npos) return 0;
  std::string_view digits = text.substr(mark + 1);
  text = text.substr(0, mark);
  const bool minus = digits.starts_with('-');
  if (minus || digits.starts_with('+')) digits.remove_prefix(1);
  constexpr std::size_t kMostDigits = 4;
  if (digits.empty() || digits.size() > kMostDigits) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : digits) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return minus ? -value : value;
}
}  // namespace

std::optional<Money> Money::parse(std::string_view text) noexcept {
  const bool minus = text.starts_with('-');
  if (minus) text.remove_prefix(1);
  // JSON writers give small numbers as `2.5e-07`: the exponent moves the point.
  const auto exponent = take_exponent(text);
  if (!exponent) return std::nullopt;
  const std::size_t dot = text.find('.');
  const std::string_view whole = text.substr(0, dot);
  const std::string_view fraction = dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1);
  if (whole.empty() || (dot != std::string_view::npos && fraction.empty())) return std::nullopt;
  const auto decimals = static_cast<std::int64_t>(fraction.size()) - *exponent;
  if (decimals > static_cast<std::int64_t>(kDecimals)) return std::nullopt;
  std::int64_t negative = 0;
  for (const std::string_view part : {whole, fraction}) {
    for (const char c : part) {
      if (!is_digit(c) || !append_digit(negative, c)) return std::nullopt;
    }
  }
  for (auto i = decimals; negative != 0 && i < static_cast<std::int64_t>(kDecimals); ++i) {
    if (!append_digit(negative, '0')) return std::nullopt;
  }
  if (minus) return Money(negative);
  if (negative == kLeast) return std::nullopt;
  return Money(-negative);
}

std::string Money::str() const {
  const bool minus = nanos_ < 0;
  const auto unsigned_nanos = static_cast<std::uint64_t>(nanos_);
  const std::uint64_t magnitude = minus ? 0 - unsigned_nanos : unsigned_nanos;
  std::string out = fmt::format("{}{}", minus ? "-" : "", magnitude / kNanosPerDollar);
  if (const std::uint64_t fraction = magnitude % kNanosPerDollar; fraction != 0) {
    fmt::format_to(std::back_inserter(out), ".{:09}", fraction);
    out.erase(out.find_last_not_of('0') + 1);
  }
  return out;
}

Money operator+(Money a, Money b) noexcept {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a.nanos_, b.nanos_, &sum)) sum = b.nanos_ > 0 ? kMost : kLeast;
  return Money(sum);
}

Money operator-(Money a, Money b) noexcept {
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(a.nanos_, b.nanos_, &difference)) difference = b.nanos_ < 0 ? kMost : kLeast;
  return Money(difference);
}

}  // namespace relayna::core
