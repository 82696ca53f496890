#pragma once

#include <string>
#include <vector>

#include "control/api/problems.hpp"
#include "control/resources/resources.hpp"

namespace relayna::control {

// Providers are referred to by name, which no key of the database covers.

/// The providers there are.
struct KnownProviders {
  std::vector<store::ProviderRow> stored;
  std::vector<store::ProviderRow> of_environment;  ///< those that no stored one of the same name hides
};
/// Blocks; not within a unit. Errors: the store's.
core::Result<KnownProviders> known_providers(const Resources& with);

/// Null when there is a provider of this name, else what is wrong.
std::optional<std::string> unknown_provider_problem(const KnownProviders& known, std::string_view name);

/// Null when a model may lead to a provider of this name: there is one, and it serves models.
std::optional<std::string> model_provider_problem(const KnownProviders& known, std::string_view name);

/// What is wrong with the providers that the body of a model names.
core::Result<Problems> wrong_providers_of_model(const Resources& with, const json::Document& body);

/// Null when a provider of this name may fall back to that one, else why not.
std::optional<std::string> fallback_problem(const KnownProviders& known, std::string_view name,
                                            std::string_view fallback);

/// What would be left without its provider: `model gpt-4o`, `fallback of provider openai`, `price of gpt-4o`.
core::Result<std::vector<std::string>> uses_of_provider(store::Unit& unit, const std::string& name);

}  // namespace relayna::control
