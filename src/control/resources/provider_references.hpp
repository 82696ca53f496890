#pragma once

#include <string>
#include <vector>

#include "relayna/store/rows.hpp"

namespace relayna::control {

/// What would be left without its provider: `model gpt-4o`, `fallback of provider openai`, `price of gpt-4o`.
std::vector<std::string> uses_of_provider(const store::CatalogRows& rows, std::string_view name);

/// Null when a provider of this name may fall back to that one, else why not. `environment` are the providers
/// that are not in the store.
std::optional<std::string> fallback_problem(const store::CatalogRows& rows,
                                            const std::vector<domain::Provider>& environment,
                                            std::string_view name, std::string_view fallback);

}  // namespace relayna::control
