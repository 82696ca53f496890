#pragma once

#include "relayna/domain/catalog_objects.hpp"
#include "relayna/domain/limit_rules.hpp"

#include "control/api/shape.hpp"

namespace relayna::control {

// How rows of the catalog look to operators, for those who take them elsewhere than their own operations do.

inline constexpr std::size_t kMostTargets = 32;  ///< of a model

const Shape<domain::PolicyLayer>& layer_shape();
const Shape<domain::RouteSettings>& route_shape();
const Shape<domain::Model>& model_shape();
const Shape<domain::Limit>& limit_shape();

}  // namespace relayna::control
