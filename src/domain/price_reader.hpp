#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "relayna/domain/prices.hpp"

namespace relayna::domain {

/// How the rates of a price are spelt: `input` and `request`, or `input_usd_per_million` and `request_usd`.
enum class RateSpelling : std::uint8_t { listed, override };

/// Reads the members of one price. `object` is a valid JSON object. Each problem becomes a line
/// `prefix + path: message`. What is missing altogether (provider, model, any rate) is a problem, but for the
/// provider of a listed price, which the list states once.
Price read_price(std::string_view object, RateSpelling spelling, std::string_view prefix,
                 std::vector<std::string>& problems);

/// One problem per line.
std::string join_lines(const std::vector<std::string>& lines);

}  // namespace relayna::domain
