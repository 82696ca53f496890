#pragma once

#include "control/resources/resources.hpp"

namespace relayna::control {

/// `POST /admin/policy/simulate`.
void add_simulator(Api& api, const Resources& with);

}  // namespace relayna::control
