#pragma once

#include <memory>
#include <vector>

#include "relayna/config/settings.hpp"
#include "relayna/identity/bootstrap.hpp"
#include "relayna/identity/keyring.hpp"
#include "relayna/store/store.hpp"

namespace relayna::app {

/// The store DATABASE_URL (or embedded mode) names. Does not connect.
core::Result<std::unique_ptr<store::Store>> open_store(const config::Settings& settings);

/// Where the master key comes from, by the settings.
identity::MasterKeySource master_key_source(const config::Settings& settings);

/// How the first operator comes to be, by the settings.
identity::BootstrapSettings bootstrap_settings(const config::Settings& settings);
/// The line on standard output that shows a generated token, once. It is no log line: logs are kept and
/// shipped.
void show_operator_token(const core::Secret& token);

/// The providers the environment describes: LiteLLM, the direct OpenAI one, echo.
std::vector<domain::Provider> environment_providers(const config::Settings& settings);

}  // namespace relayna::app
