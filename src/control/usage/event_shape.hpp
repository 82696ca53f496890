#pragma once

#include "relayna/domain/catalog_objects.hpp"

#include "control/api/shape.hpp"

namespace relayna::control {

/// Everything that is stored of a request. The fields are those of answers and, in their order, the columns
/// of exports.
const Shape<domain::UsageEvent>& event_shape();

}  // namespace relayna::control
