#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "relayna/domain/catalog_objects.hpp"

namespace relayna::domain {

/// Whether a model can lead to providers of this kind: those whose API the gateway speaks. The others are
/// called at `/providers/{name}/*` only.
bool serves_models(ProviderKind kind) noexcept;

/// What is wrong with a model that leads to the provider `name` of this kind; nullopt: nothing.
std::optional<std::string> model_provider_problem(ProviderKind kind, std::string_view name);

}  // namespace relayna::domain
