#pragma once

#include "control/resources/resources.hpp"

// What is used of limits, and how it is set back.

namespace relayna::control {

/// `/admin/limits/{id}/use` and `…/reset`.
void add_limit_use(Api& api, const Resources& with);
/// `/admin/keys/{id}/limits` and `…/limits/reset`.
void add_key_limits(Api& api, const Resources& with);

}  // namespace relayna::control
