#pragma once

#include <memory>
#include <vector>

#include "relayna/config/settings.hpp"
#include "relayna/identity/keyring.hpp"
#include "relayna/store/store.hpp"

namespace relayna::app {

/// The store DATABASE_URL (or embedded mode) names. Does not connect.
core::Result<std::unique_ptr<store::Store>> open_store(const config::Settings& settings);

/// Where the master key comes from, by the settings.
identity::MasterKeySource master_key_source(const config::Settings& settings);

/// The providers the environment describes: LiteLLM, the direct OpenAI one, echo.
std::vector<domain::Provider> environment_providers(const config::Settings& settings);

}  // namespace relayna::app
