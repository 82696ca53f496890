#pragma once

#include <chrono>

#include "control/api/operation.hpp"

namespace relayna::control {

/// How long the old secret goes on after a rotation: `overlap_seconds` of the body, else the default.
std::chrono::seconds read_overlap(Call& call);
json::Document overlap_schema();

}  // namespace relayna::control
