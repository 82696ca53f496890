#pragma once

#include <string>

#include "relayna/identity/keyring.hpp"
#include "relayna/store/store.hpp"

namespace relayna::app {

/// Upserts the objects of a declarative file. Blocks. invalid_configuration with every problem in the
/// message, one per line, when the file is not right; nothing is changed then.
core::Result<void> apply_declared_file(const std::string& path, store::Store& store,
                                       const identity::Keyring& keyring);

}  // namespace relayna::app
