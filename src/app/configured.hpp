#pragma once

#include <memory>
#include <optional>

#include "relayna/config/settings.hpp"
#include "relayna/identity/keyring.hpp"
#include "relayna/store/store.hpp"

namespace relayna::app {

/// The configuration a command works with, read the way `start` reads it. Prints every problem and warning to
/// stderr; nullopt when there were problems.
std::optional<config::Settings> configured(const config::Overrides& overrides);

/// The configured store for a command that runs beside a gateway, its schema up to date. Problems are
/// printed; null then.
std::unique_ptr<store::Store> configured_store(const config::Settings& settings);

/// One line on stderr: `relayna-gateway: …`.
void complain(const core::Error& error);

}  // namespace relayna::app
