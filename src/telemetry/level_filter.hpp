#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <spdlog/common.h>

#include "relayna/core/result.hpp"

namespace relayna::telemetry {

/// What LOG_LEVEL says: a level for everything and others for single targets.
class LevelFilter {
 public:
  /// `info`, or `proxy=debug,store=warn,info` in any order; spaces are ignored, the last word on a target
  /// counts. invalid_configuration quotes the part that is wrong.
  static core::Result<LevelFilter> parse(std::string_view text);

  /// Those with a level of their own.
  [[nodiscard]] std::vector<std::string> targets() const;

  [[nodiscard]] spdlog::level::level_enum level_of(std::string_view target) const;

 private:
  spdlog::level::level_enum everything_ = spdlog::level::info;
  std::map<std::string, spdlog::level::level_enum, std::less<>> targets_;
};

}  // namespace relayna::telemetry
