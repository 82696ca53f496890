#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "relayna/core/result.hpp"

namespace relayna::json {

/// The document type of control-plane bodies, configuration and rare paths; never on the warm request path
/// (simdjson is 10 to 30 times faster there). Ordered, so what is stored and shown keeps the writer's order.
/// Fractions are long doubles: eighteen digits survive, which keeps dollars to the nano exact up to a billion.
using Document = nlohmann::basic_json<nlohmann::ordered_map, std::vector, std::string, bool, std::int64_t,
                                      std::uint64_t, long double>;

/// The error is invalid_json with the byte offset. Nesting is limited to 256.
core::Result<Document> parse(std::string_view text);
/// Compact. Invalid UTF-8 is replaced.
std::string dump(const Document& document);

}  // namespace relayna::json
