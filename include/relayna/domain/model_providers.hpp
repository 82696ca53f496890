#pragma once

#include "relayna/domain/catalog_objects.hpp"

namespace relayna::domain {

/// Whether a model can lead to providers of this kind: those whose API the gateway speaks. The others are
/// called at `/providers/{name}/*` only.
bool serves_models(ProviderKind kind) noexcept;

}  // namespace relayna::domain
