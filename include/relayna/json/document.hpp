#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "relayna/core/result.hpp"

namespace relayna::json {

/// The document type of control-plane bodies, configuration and rare paths; never on the warm request path
/// (simdjson is 10 to 30 times faster there). Ordered, so what is stored and shown keeps the writer's order.
using Document = nlohmann::ordered_json;

/// The error is invalid_json with the byte offset. Nesting is limited to 256.
core::Result<Document> parse(std::string_view text);
/// Compact. Invalid UTF-8 is replaced.
std::string dump(const Document& document);

}  // namespace relayna::json
