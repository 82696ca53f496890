#include "relayna/config/values.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "relayna/core/encoding.hpp"

namespace relayna::config {
namespace {

using std::chrono::milliseconds;

struct Unit {
  std::string_view name;
  std::int64_t ms;
};
// Largest first, so that formatting picks the shortest spelling.
constexpr std::array<Unit, 4> kUnits{{{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

template <class T>
std::optional<T> whole_number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Parsed<bool> parse_boolean(std::string_view text) {
  const std::string lower = core::to_lower(core::trim(text));
  for (const std::string_view yes : {"true", "yes", "on", "1"}) {
    if (lower == yes) return true;
  }
  for (const std::string_view no : {"false", "no", "off", "0"}) {
    if (lower == no) return false;
  }
  return std::unexpected("must be true or false");
}

Parsed<std::int64_t> parse_integer(std::string_view text, std::int64_t min, std::int64_t max) {
  const auto value = whole_number<std::int64_t>(core::trim(text));
  if (!value || *value < min || *value > max) {
    return std::unexpected(fmt::format("must be a whole number from {} to {}", min, max));
  }
  return *value;
}

Parsed<milliseconds> parse_duration(std::string_view text, milliseconds min, milliseconds max) {
  text = core::trim(text);
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view suffix = core::trim(text.substr(digits));
  const auto number = whole_number<std::int64_t>(text.substr(0, digits));
  std::int64_t unit = suffix.empty() ? 1'000 : 0;
  for (const Unit& u : kUnits) {
    if (suffix == u.name) unit = u.ms;
  }
  if (!number || unit == 0) {
    return std::unexpected("must be a duration such as 90, 90s, 5m, 6h or 250ms");
  }
  if (*number > kLongestDuration.count() / unit || milliseconds(*number * unit) < min ||
      milliseconds(*number * unit) > max) {
    return std::unexpected(
        fmt::format("must be a duration from {} to {}", format_duration(min), format_duration(max)));
  }
  return milliseconds(*number * unit);
}

std::string format_duration(milliseconds duration) {
  if (duration.count() == 0) return "0s";
  for (const Unit& u : kUnits) {
    if (duration.count() % u.ms == 0) return fmt::format("{}{}", duration.count() / u.ms, u.name);
  }
  return fmt::format("{}ms", duration.count());
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view item = core::trim(text.substr(0, comma));
    if (!item.empty()) items.emplace_back(item);
    if (comma == std::string_view::npos) return items;
    text.remove_prefix(comma + 1);
  }
}

Parsed<double> parse_ratio(std::string_view text) {
  text = core::trim(text);
  double value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() ||
      !(value >= 0 && value <= 1)) {
    return std::unexpected("must be a number from 0 to 1");
  }
  return value;
}

bool has_control_characters(std::string_view text) noexcept {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
  }
  return false;
}

Check token_problem(std::string_view text, std::string_view prefix) {
  const bool right =
      text.size() == prefix.size() + 64 && text.starts_with(prefix) &&
      text.substr(prefix.size()).find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
  if (right) return std::nullopt;
  return fmt::format("must be `{}` followed by 64 hexadecimal digits", prefix);
}

Check header_name_problem(std::string_view text) {
  constexpr std::string_view kSymbols = "!#$%&'*+-.^_`|~";
  for (const char c : text) {
    const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!alphanumeric && kSymbols.find(c) == std::string_view::npos) return "must be an HTTP header name";
  }
  if (text.empty() || text.size() > 128) return "must be an HTTP header name of 1 to 128 characters";
  return std::nullopt;
}

Check header_list_problem(std::string_view text) {
  for (const std::string& pair : split_list(text)) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos ||
        header_name_problem(core::trim(std::string_view(pair).substr(0, equals)))) {
      return "must be name=value pairs separated by commas";
    }
  }
  if (has_control_characters(text)) return "must not contain control characters";
  return std::nullopt;
}

Check log_filter_problem(std::string_view text) {
  constexpr std::string_view kMessage =
      "must be trace, debug, info, warn, error, off, or a list of target=level and one default level";
  int defaults = 0;
  const std::vector<std::string> parts = split_list(text);
  for (const std::string& part : parts) {
    const std::size_t equals = part.find('=');
    const std::string level =
        core::to_lower(core::trim(equals == std::string::npos ? part : part.substr(equals + 1)));
    bool known = false;
    for (const std::string_view name : {"trace", "debug", "info", "warn", "error", "off"}) {
      known = known || level == name;
    }
    if (!known) return std::string(kMessage);
    if (equals == std::string::npos) {
      ++defaults;
      continue;
    }
    const std::string_view target = core::trim(std::string_view(part).substr(0, equals));
    if (target.empty() || target.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") != std::string_view::npos) {
      return std::string(kMessage);
    }
  }
  if (parts.empty() || defaults > 1) return std::string(kMessage);
  return std::nullopt;
}

}  // namespace relayna::config
