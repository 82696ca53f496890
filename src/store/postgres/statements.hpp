#pragma once

#include <span>
#include <string>
#include <utility>

namespace relayna::store::postgres {

inline constexpr const char* kFindKey = "find_key";
inline constexpr const char* kInsertUsage = "insert_usage";

/// The hot statements by name, parsed by the server once per connection, when first used.
std::span<const std::pair<std::string, std::string>> statements();

}  // namespace relayna::store::postgres
