#pragma once

#include "control/resources/resources.hpp"

namespace relayna::control {

/// A problem of `path` unless a provider, stored or of the environment, has this name. Blocks: not within a
/// unit. Errors: the store's.
core::Result<void> check_provider_name(const Resources& with, const std::string& name,
                                       const std::string& path, Problems& problems);

}  // namespace relayna::control
