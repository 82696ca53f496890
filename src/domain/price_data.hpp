#pragma once

#include <string_view>

namespace relayna::domain {

/// src/domain/prices.json as it was built in.
std::string_view built_in_prices() noexcept;

}  // namespace relayna::domain
