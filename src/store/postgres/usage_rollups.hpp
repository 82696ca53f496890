#pragma once

#include <string>

namespace relayna::store::postgres {

/// `, traffic AS (INSERT …), …`: the parts of the inserting statement that add the rows of `inserted` to the
/// sums of usage_rollups.hpp.
std::string add_to_rollups();

}  // namespace relayna::store::postgres
