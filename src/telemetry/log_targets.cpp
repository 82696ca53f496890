#include "relayna/telemetry/log_targets.hpp"

#include <algorithm>
#include <array>

#include "telemetry/level_filter.hpp"

namespace relayna::telemetry {

namespace {
constexpr std::array<std::string_view, 14> kTargets{"access",  "app",   "catalog",   "control", "counters",
                                                    "declare", "http",  "identity",  "ledger",  "proxy",
                                                    "runtime", "store", "telemetry", "upstream"};
}

std::span<const std::string_view> log_targets() noexcept {
  return kTargets;
}

std::vector<std::string> unknown_log_targets(std::string_view level) {
  const auto filter = LevelFilter::parse(level);
  if (!filter) return {};
  auto named = filter->targets();
  std::erase_if(
      named, [](const std::string& target) { return std::ranges::find(kTargets, target) != kTargets.end(); });
  return named;
}

}  // namespace relayna::telemetry
