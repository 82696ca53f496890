#pragma once

#include <string>

#include "relayna/telemetry/log.hpp"

namespace relayna::telemetry {

/// How lines look at the moment, for those who build their own.
struct LineStyle {
  LogFormat format = LogFormat::text;
  std::string environment;
};
LineStyle line_style();

}  // namespace relayna::telemetry
