#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace relayna::telemetry {

/// What the gateway logs to, as level filters name it, in the order of names.
std::span<const std::string_view> log_targets() noexcept;

/// The targets of a level filter that nothing logs to: misspelt, or another version's. None of a filter that
/// `check_level` refuses.
std::vector<std::string> unknown_log_targets(std::string_view level);

}  // namespace relayna::telemetry
