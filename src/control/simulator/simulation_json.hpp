#pragma once

#include "relayna/pipeline/simulation.hpp"

#include "control/api/api.hpp"

namespace relayna::control {

/// A simulation as it is answered. `stored_key`: the key exists as such, at most changed for the question.
json::Document show(const pipeline::Simulation& simulation, bool stored_key, core::SystemTime now);
/// Adds `PolicySimulation`, the schema of that.
void add_simulation_schemas(Api& api);

}  // namespace relayna::control
