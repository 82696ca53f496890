#pragma once

#include "relayna/store/administration.hpp"

#include "control/alerts/alert.hpp"

namespace relayna::control {

/// As an operator saved them, else the defaults. Blocks.
core::Result<AlertThresholds> load_thresholds(store::Administration& store);

}  // namespace relayna::control
