#include "telemetry/level_filter.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "relayna/core/encoding.hpp"

namespace relayna::telemetry {

namespace {

using Level = spdlog::level::level_enum;

constexpr std::array<std::pair<std::string_view, Level>, 7> kLevels{{
    {"trace", Level::trace},
    {"debug", Level::debug},
    {"info", Level::info},
    {"warn", Level::warn},
    {"warning", Level::warn},
    {"error", Level::err},
    {"off", Level::off},
}};

std::optional<Level> level_named(std::string_view name) {
  const auto* const known =
      std::ranges::find_if(kLevels, [&](const auto& level) { return core::iequals(level.first, name); });
  if (known == kLevels.end()) return std::nullopt;
  return known->second;
}

/// The name a module has here, for the names other gateways gave it.
std::string_view canonical(std::string_view target) {
  if (target == "gateway_api") return "control";
  if (target == "gateway_proxy") return "proxy";
  return target;
}

bool is_target(std::string_view name) {
  // Unknown targets are let through: a filter written for another version must not keep the process down.
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:";
  return !name.empty() && name.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::unexpected<core::Error> wrong(std::string_view part, std::string_view why) {
  return core::fail(core::ErrorCode::invalid_configuration,
                    fmt::format("\"{}\" is not a log level: {}; for example info, or "
                                "proxy=debug,store=warn,info",
                                part, why));
}

}  // namespace

core::Result<LevelFilter> LevelFilter::parse(std::string_view text) {
  LevelFilter filter;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view part = core::trim(text.substr(0, comma));
    const std::size_t equals = part.find('=');
    const std::string_view name =
        equals == std::string_view::npos ? part : core::trim(part.substr(equals + 1));
    const auto level = level_named(name);
    if (!level) return wrong(part, "levels are trace, debug, info, warn, error and off");
    if (equals == std::string_view::npos) {
      filter.everything_ = *level;
    } else {
      const std::string_view target = core::trim(part.substr(0, equals));
      if (!is_target(target)) return wrong(part, "the name before = is not a module's");
      filter.targets_.insert_or_assign(std::string(canonical(target)), *level);
    }
    if (comma == std::string_view::npos) return filter;
    text.remove_prefix(comma + 1);
  }
}

std::vector<std::string> LevelFilter::targets() const {
  std::vector<std::string> names;
  for (const auto& [target, level] : targets_) names.push_back(target);
  return names;
}

Level LevelFilter::level_of(std::string_view target) const {
  const auto found = targets_.find(canonical(target));
  return found == targets_.end() ? everything_ : found->second;
}

}  // namespace relayna::telemetry
