#include "control/resources/provider_references.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace relayna::control {

std::vector<std::string> uses_of_provider(const store::CatalogRows& rows, std::string_view name) {
  std::vector<std::string> uses;
  for (const auto& model : rows.models) {
    const bool target = std::ranges::any_of(model.targets, [&](const auto& t) { return t.provider == name; });
    if (target || model.provider == name) uses.push_back("model " + model.name);
  }
  for (const auto& row : rows.providers) {
    if (row.provider.fallback == name && row.provider.name != name)
      uses.push_back("fallback of provider " + row.provider.name);
  }
  for (const auto& entry : rows.prices) {
    if (entry.price.provider == name) uses.push_back("price of " + entry.price.model);
  }
  return uses;
}

std::optional<std::string> fallback_problem(const store::CatalogRows& rows,
                                            const std::vector<domain::Provider>& environment,
                                            std::string_view name, std::string_view fallback) {
  if (fallback.empty()) return std::nullopt;
  std::map<std::string_view, std::string_view> next;
  for (const auto& provider : environment) next.emplace(provider.name, provider.fallback);
  for (const auto& row : rows.providers) next[row.provider.name] = row.provider.fallback;
  next.emplace("litellm", "");  // stands for whichever LiteLLM is in force
  next[name] = fallback;
  if (!next.contains(fallback)) {
    std::vector<std::string_view> names;
    for (const auto& [known, behind] : next) {
      if (known != name) names.push_back(known);
    }
    return fmt::format("there is no provider `{}`; there are: {}", fallback, fmt::join(names, ", "));
  }
  std::set<std::string_view> seen{name};
  for (auto at = fallback; !at.empty(); at = next.contains(at) ? next[at] : std::string_view()) {
    if (!seen.insert(at).second) return "leads back to a provider that was tried before";
  }
  return std::nullopt;
}

}  // namespace relayna::control
