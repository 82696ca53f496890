#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "relayna/core/encoding.hpp"
#include "relayna/dialect/echo.hpp"

#include "dialect/echo/check.hpp"

namespace relayna::dialect {

namespace {

constexpr std::string_view kPrefix = "x-echo-";
constexpr std::int64_t kLongestWaitMs = 600'000;

std::optional<std::int64_t> parse_integer(std::string_view text) {
  text = core::trim(text);
  std::int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size())
    return std::nullopt;
  return number;
}

struct Number {
  std::string_view name;
  std::int64_t smallest;
  std::int64_t largest;
  void (*set)(EchoOptions&, std::int64_t);
};

constexpr Number kNumbers[] = {
    {"x-echo-latency-ms", 0, kLongestWaitMs,
     [](EchoOptions& o, std::int64_t n) { o.latency = std::chrono::milliseconds(n); }},
    {"x-echo-chunk-bytes", 1, 1 << 20,
     [](EchoOptions& o, std::int64_t n) { o.chunk_bytes = static_cast<std::size_t>(n); }},
    {"x-echo-chunk-delay-ms", 0, kLongestWaitMs,
     [](EchoOptions& o, std::int64_t n) { o.chunk_delay = std::chrono::milliseconds(n); }},
    {"x-echo-output-tokens", 0, 262'144, [](EchoOptions& o, std::int64_t n) { o.output_tokens = n; }},
    {"x-echo-tool-calls", 0, 128, [](EchoOptions& o, std::int64_t n) { o.tool_calls = static_cast<int>(n); }},
};

core::Result<void> set_number(const Number& what, std::string_view value, EchoOptions& options) {
  const auto number = parse_integer(value);
  if (!number || *number < what.smallest || *number > what.largest) {
    return echoing::bad(what.name, fmt::format("`{}` must be an integer from {} to {}.", what.name,
                                               what.smallest, what.largest));
  }
  what.set(options, *number);
  return {};
}

core::Result<void> set_status(std::string_view value, EchoOptions& options) {
  const auto number = parse_integer(value);
  if (!number || (*number != 200 && (*number < 400 || *number > 599))) {
    return echoing::bad("x-echo-status", "`x-echo-status` must be 200 or an error status from 400 to 599.");
  }
  options.status = static_cast<int>(*number);
  return {};
}

core::Result<void> set_fault(std::string_view value, EchoOptions& options) {
  const std::string_view name = core::trim(value);
  for (const std::string_view known : {"reset", "truncate", "error-event", "stall"}) {
    if (name == known) {
      options.fault = name;
      return {};
    }
  }
  return echoing::bad("x-echo-fault", "`x-echo-fault` must be one of reset, truncate, error-event, stall.");
}

core::Result<void> set(const std::string& name, std::string_view value, EchoOptions& options) {
  if (name == "x-echo-status") return set_status(value, options);
  if (name == "x-echo-fault") return set_fault(value, options);
  for (const Number& number : kNumbers) {
    if (name == number.name) return set_number(number, value, options);
  }
  std::string known = "x-echo-status, x-echo-fault";
  for (const Number& number : kNumbers) known.append(", ").append(number.name);
  return echoing::bad(name,
                      fmt::format("`{}` is not a header of the echo provider; it has {}.", name, known));
}

}  // namespace

core::Result<EchoOptions> parse_echo_options(
    const std::vector<std::pair<std::string_view, std::string_view>>& headers) {
  EchoOptions options;
  for (const auto& [name, value] : headers) {
    const std::string lower = core::to_lower(name);
    if (!lower.starts_with(kPrefix)) continue;
    if (auto good = set(lower, value, options); !good) return std::unexpected(std::move(good.error()));
  }
  return options;
}

}  // namespace relayna::dialect
