#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "relayna/core/result.hpp"
#include "relayna/json/reader.hpp"

namespace relayna::dialect::echoing {

/// invalid_request naming the field at fault.
std::unexpected<core::Error> bad(std::string_view param, std::string message);

/// The member as an integer within bounds; nullopt when absent or null.
core::Result<std::optional<std::int64_t>> optional_integer(
    json::Value body, std::string_view name, std::int64_t smallest,
    std::int64_t largest = std::numeric_limits<std::int64_t>::max());
core::Result<bool> optional_boolean(json::Value body, std::string_view name, bool otherwise);
/// The member is absent, null, or a number within bounds.
core::Result<void> check_number(json::Value body, std::string_view name, double smallest, double largest);

}  // namespace relayna::dialect::echoing
