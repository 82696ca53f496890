#pragma once

#include <string>
#include <vector>

#include "control/api/changes.hpp"
#include "control/api/shape.hpp"

namespace relayna::control {

// What hangs on a row that is to be deleted. Things with a life of their own (the projects of a team, the
// keys of a project, the models of a provider) keep it: conflict, naming them. What only says how the row
// itself is treated (its policy layer, limits and credentials) goes with it, each with an audit row.

/// conflict unless `uses` is empty. `what` begins the message: `Team platform cannot be deleted`.
core::Result<void> refuse_while_used(const std::string& what, const std::vector<std::string>& uses);

/// What goes with a key, project or team. `kind` is what its layer, limits and LiteLLM credential call it.
core::Result<std::vector<Note>> settings_gone_with(store::Unit& unit, const Call& call,
                                                   const std::string& kind, const std::string& id);

/// What goes with a provider.
core::Result<std::vector<Note>> credentials_gone_with(store::Unit& unit, const Call& call,
                                                      const std::string& provider_id);

// Shapes of what goes; each stands beside its resource.
const Shape<domain::PolicyLayer>& layer_shape();
const Shape<domain::Limit>& limit_shape();
const Shape<store::ProviderCredentialRow>& credential_shape();
const Shape<store::CredentialMappingRow>& mapping_shape();

}  // namespace relayna::control
