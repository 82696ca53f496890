#pragma once

#include "relayna/pipeline/simulation.hpp"

#include "control/api/codec.hpp"

namespace relayna::control {

/// A simulation as it is answered. `stored_key`: the key exists as such, at most changed for the question.
json::Document show(const pipeline::Simulation& simulation, bool stored_key, core::SystemTime now);
json::Document simulation_schema();

}  // namespace relayna::control
