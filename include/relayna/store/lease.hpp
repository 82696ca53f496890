#pragma once

#include <chrono>
#include <string>

#include "relayna/store/store.hpp"

namespace relayna::store {

/// Whether `holder` may do `work` until `now` + `length`: nobody else holds the lease, or theirs has ended.
/// Who holds it renews it by taking it again. By the clocks of the processes that ask, so for work that is
/// harmless when two do it at once for a moment.
core::Result<bool> take_lease(SecretsRepository& values, const std::string& work, const std::string& holder,
                              core::SystemTime now, std::chrono::seconds length);

}  // namespace relayna::store
