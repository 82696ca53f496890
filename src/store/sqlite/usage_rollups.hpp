#pragma once

#include <span>

#include "relayna/domain/catalog_objects.hpp"

#include "store/sqlite/connection.hpp"
#include "store/usage_rollups.hpp"

namespace relayna::store::sqlite {

/// Adds what `sums` holds to its table. Throws Failure.
void add_to_rollup(Connection& connection, const UsageSums& sums);

}  // namespace relayna::store::sqlite
