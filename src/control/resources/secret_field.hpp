#pragma once

#include "relayna/core/secret.hpp"
#include "relayna/identity/keyring.hpp"

#include "control/api/codec.hpp"
#include "control/api/operation.hpp"

namespace relayna::control {

/// A credential as callers give it; null clears it.
Codec<core::Secret> secret_text();

/// Seals what the body gives under `field`: `given` goes into `sealed` and is forgotten. A body that says
/// nothing of it leaves `sealed` as it is.
core::Result<void> seal_given(const Call& call, std::string_view field, core::Secret& given,
                              std::string& sealed, const identity::Keyring& keyring,
                              const std::string& context);

}  // namespace relayna::control
