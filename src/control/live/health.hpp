#pragma once

#include "relayna/control/admin.hpp"

#include "control/api/api.hpp"

namespace relayna::control {

/// `GET /admin/health`. All of `parts` outlives the API.
void add_health(Api& api, const Admin::Parts& parts);

}  // namespace relayna::control
