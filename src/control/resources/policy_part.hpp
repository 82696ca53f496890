#pragma once

#include "relayna/domain/policy.hpp"

#include "control/api/codec.hpp"

namespace relayna::control {

/// A policy within a key or a layer. Its version is the gateway's: `count_version` raises it with a change.
Codec<domain::Policy> policy_codec();
void count_version(domain::Policy& changed, const domain::Policy& before);

/// JSON Schema of a policy, from the domain's own table of its fields.
json::Document policy_schema();

}  // namespace relayna::control
