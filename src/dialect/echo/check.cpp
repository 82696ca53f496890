#include "dialect/echo/check.hpp"

#include <fmt/format.h>

namespace relayna::dialect::echoing {

std::unexpected<core::Error> bad(std::string_view param, std::string message) {
  return std::unexpected(
      core::Error(core::ErrorCode::invalid_request, std::move(message)).with_param(std::string(param)));
}

core::Result<std::optional<std::int64_t>> optional_integer(json::Value body, std::string_view name,
                                                           std::int64_t smallest, std::int64_t largest) {
  const json::Value value = body[name];
  if (value.is_null()) return std::nullopt;
  const auto number = value.integer();
  if (number && *number >= smallest && *number <= largest) return number;
  if (largest == std::numeric_limits<std::int64_t>::max()) {
    return bad(name, fmt::format("`{}` must be an integer of {} or more.", name, smallest));
  }
  return bad(name, fmt::format("`{}` must be an integer from {} to {}.", name, smallest, largest));
}

core::Result<bool> optional_boolean(json::Value body, std::string_view name, bool otherwise) {
  const json::Value value = body[name];
  if (value.is_null()) return otherwise;
  if (const auto flag = value.boolean()) return *flag;
  return bad(name, fmt::format("`{}` must be true or false.", name));
}

core::Result<void> check_number(json::Value body, std::string_view name, double smallest, double largest) {
  const json::Value value = body[name];
  if (value.is_null()) return {};
  const auto number = value.number();
  if (number && *number >= smallest && *number <= largest) return {};
  return bad(name, fmt::format("`{}` must be a number from {} to {}.", name, smallest, largest));
}

}  // namespace relayna::dialect::echoing
