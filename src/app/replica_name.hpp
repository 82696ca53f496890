#pragma once

#include <string>

#include "relayna/core/ids.hpp"
#include "relayna/core/result.hpp"

namespace relayna::app {

/// Who this process is to the other replicas: a UUID kept in `<state dir>/replica-id`, so that after a
/// restart it finds its own reservations again. Made on the first start. invalid_configuration, naming
/// GATEWAY_STATE_DIR, when it cannot be kept.
core::Result<std::string> replica_name(const std::string& state_dir, core::IdGenerator& ids);

}  // namespace relayna::app
