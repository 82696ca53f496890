#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/config/settings.hpp"

// How one value is written, the same in the environment, in the file and on the command line. No message
// repeats the text it complains about: it may be a secret that ended up in the wrong place.
namespace relayna::config {

/// The value, or one line saying what is wrong with the text ("must be …").
template <class T>
using Parsed = std::expected<T, std::string>;

/// Longest duration anything accepts: ten years.
inline constexpr std::chrono::milliseconds kLongestDuration = std::chrono::hours(24 * 3650);

/// true, yes, on, 1 / false, no, off, 0; letter case does not matter.
Parsed<bool> parse_boolean(std::string_view text);
/// Decimal digits only; both bounds inclusive.
Parsed<std::int64_t> parse_integer(std::string_view text, std::int64_t min, std::int64_t max);
/// `90` (seconds), `90s`, `5m`, `6h`, `250ms`; bounds inclusive.
Parsed<std::chrono::milliseconds> parse_duration(std::string_view text, std::chrono::milliseconds min,
                                                 std::chrono::milliseconds max = kLongestDuration);
/// How a duration is shown: the largest unit that divides it.
std::string format_duration(std::chrono::milliseconds duration);
/// `ip:port`, `[v6]:port` or `:port`; no host names.
Parsed<BindAddress> parse_bind_address(std::string_view text);
/// Comma-separated; blanks around items and empty items are dropped.
std::vector<std::string> split_list(std::string_view text);
/// A number from 0 to 1.
Parsed<double> parse_ratio(std::string_view text);

/// Nothing when `text` is right, else why not.
using Check = std::optional<std::string>;

/// An absolute URL with one of `schemes`, a host, a port from 1 to 65535 when there is one, and no
/// credentials, query or fragment.
Check base_url_problem(std::string_view text, std::initializer_list<std::string_view> schemes);
Check base_url_problem(std::string_view text);  ///< http or https
Check database_url_problem(std::string_view text);
Check redis_url_problem(std::string_view text);
/// An http proxy, with or without `user:password@`.
Check proxy_url_problem(std::string_view text);
/// `*`, or scheme and host without a path.
Check origin_problem(std::string_view text);
/// `10.0.0.0/8`, `::1`, `192.168.1.7`.
Check cidr_problem(std::string_view text);
/// `info`, or a comma-separated list of `target=level` and at most one bare level.
Check log_filter_problem(std::string_view text);
/// An HTTP field name.
Check header_name_problem(std::string_view text);
/// `prefix` and 64 hexadecimal digits.
Check token_problem(std::string_view text, std::string_view prefix);
/// `name=value` pairs separated by commas, as OpenTelemetry writes headers.
Check header_list_problem(std::string_view text);
/// True when there are ASCII control characters in it.
bool has_control_characters(std::string_view text) noexcept;

}  // namespace relayna::config
