#pragma once

#include <cstdint>
#include <string_view>

namespace relayna::counters {

/// Whether the transaction `stamp` was visible to `snapshot` (`xmin:xmax:xip,xip`, as PostgreSQL prints one:
/// below xmin everything is visible, from xmax on nothing, between them what is not listed). What is not a
/// snapshot shows nothing.
bool visible(std::uint64_t stamp, std::string_view snapshot) noexcept;

}  // namespace relayna::counters
