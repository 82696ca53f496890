#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "relayna/control/admin.hpp"
#include "relayna/identity/keyring.hpp"
#include "relayna/identity/operator_auth.hpp"
#include "relayna/store/store.hpp"

#include "control/api/api.hpp"

// What operators administer, one file per resource. Each `add_…` adds the resource's operations and schemas.

namespace relayna::control {

/// What resources work with; outlives the API.
struct Resources : Admin::Parts {
  identity::OperatorAuthenticator& operators;
  identity::SessionSettings sessions;
  /// The log filter in force, as it was written. Operations change it, so it has a lock.
  struct LogLevel {
    std::mutex mutex;
    std::string filter;
  };
  std::shared_ptr<LogLevel> log_level_in_force;
};

void add_teams(Api& api, const Resources& with);
void add_projects(Api& api, const Resources& with);
void add_audit_events(Api& api, const Resources& with);
void add_data_key(Api& api, const Resources& with);
void add_keys(Api& api, const Resources& with);
void add_operators(Api& api, const Resources& with);
void add_sessions(Api& api, const Resources& with);
void add_sign_in(Api& api, const Resources& with);
void add_limits(Api& api, const Resources& with);
/// Of this replica.
void add_log_level(Api& api, const Resources& with);
void add_models(Api& api, const Resources& with);
void add_policy_layers(Api& api, const Resources& with);
void add_prices(Api& api, const Resources& with);
void add_routes(Api& api, const Resources& with);
void add_providers(Api& api, const Resources& with);
void add_provider_credentials(Api& api, const Resources& with);
void add_litellm_credentials(Api& api, const Resources& with);
void add_provider_checks(Api& api, const Resources& with);
void add_settings(Api& api, const Resources& with);
void add_studio(Api& api, const Resources& with);

}  // namespace relayna::control
