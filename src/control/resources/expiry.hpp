#pragma once

#include "control/api/operation.hpp"
#include "control/api/shape.hpp"

namespace relayna::control {

/// A problem when a creation says that the row has expired already: nobody means to make what cannot be used.
/// A change may end a row that way.
void check_expiry(const Call& call, Problems& problems);

/// `status` of rows that are revoked, disabled or expired, the first of these that holds, as conditions on
/// the columns revoked_at, disabled and expires_at.
std::vector<FilterValue> life_states();
/// The same, and `expiring`: active, and expired within `within`.
std::vector<FilterValue> life_states_and_expiring(std::chrono::days within);

}  // namespace relayna::control
