#pragma once

#include <string_view>

#include "relayna/dialect/usage.hpp"
#include "relayna/json/reader.hpp"

namespace relayna::dialect {

/// What the upstream says the request cost, from a usage object: `cost` in US dollars (OpenRouter),
/// `cost.total_cost` (Perplexity) or `cost_in_usd_ticks` of 1e-10 dollars (xAI). Absent leaves `to` as it is.
/// `usage` says whether there is any; the amount is read from `text`, the object as it is written, so that it
/// never is a double.
void take_reported_cost(json::Value usage, std::string_view text, Usage& to);

/// Whether the object has one of these members, so that its text is worth finding.
bool tells_cost(json::Value usage);

}  // namespace relayna::dialect
