#include "control/resources/provider_references.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "relayna/domain/model_providers.hpp"
#include "relayna/json/document.hpp"

#include "control/resources/references.hpp"
#include "control/resources/shapes.hpp"

namespace relayna::control {

namespace {

using Test = store::Filter::Test;

constexpr std::size_t kMostNamed = 20;

/// `there are: a, b`, as far as a message should go.
std::string told(const std::set<std::string_view>& names) {
  std::vector<std::string_view> first(names.begin(), names.end());
  const std::size_t more = first.size() > kMostNamed ? first.size() - kMostNamed : 0;
  first.resize(first.size() - more);
  if (first.empty()) return "there is none yet";
  return fmt::format("there are: {}{}", fmt::join(first, ", "),
                     more > 0 ? fmt::format(" and {} more", more) : "");
}

}  // namespace

core::Result<KnownProviders> known_providers(const Resources& with) {
  auto page = with.store.administration().of<store::ProviderRow>().list(
      {.where = {},
       .sort = "name",
       .descending = false,
       .after = {},
       .limit = std::numeric_limits<std::size_t>::max()});
  if (!page) return std::unexpected(std::move(page.error()));
  KnownProviders known{.stored = std::move(page->rows), .of_environment = {}};
  for (const auto& provider : with.environment_providers) {
    const bool hidden = std::ranges::any_of(
        known.stored, [&](const store::ProviderRow& row) { return row.provider.name == provider.name; });
    if (!hidden) known.of_environment.push_back({provider, {}});
  }
  return known;
}

std::optional<std::string> unknown_provider_problem(const KnownProviders& known, std::string_view name) {
  std::set<std::string_view> names;
  for (const auto* rows : {&known.stored, &known.of_environment}) {
    for (const auto& row : *rows) names.insert(row.provider.name);
  }
  if (names.contains(name)) return std::nullopt;
  return "names no provider; " + told(names);
}

std::optional<std::string> model_provider_problem(const KnownProviders& known, std::string_view name) {
  for (const auto* rows : {&known.stored, &known.of_environment}) {
    for (const auto& [provider, sealed] : *rows) {
      if (provider.name != name) continue;
      if (auto problem = domain::model_provider_problem(provider.kind, name)) return problem;
    }
  }
  return unknown_provider_problem(known, name);
}

core::Result<Problems> wrong_providers_of_model(const Resources& with, const json::Document& body) {
  const auto known = known_providers(with);
  if (!known) return std::unexpected(known.error());
  Problems problems;
  const auto check = [&](const json::Document& holder, const std::string& path) {
    const auto name = text_in(holder, "provider");
    const auto problem = name ? model_provider_problem(*known, *name) : std::nullopt;
    if (problem) problems.add(path, *problem);
  };
  check(body, "provider");
  const auto targets = body.find("targets");
  if (targets == body.end() || !targets->is_array()) return problems;
  for (std::size_t i = 0; i < std::min(targets->size(), kMostTargets); ++i)
    check((*targets)[i], fmt::format("targets[{}].provider", i));
  return problems;
}

std::optional<std::string> fallback_problem(const KnownProviders& known, std::string_view name,
                                            std::string_view fallback) {
  if (fallback.empty()) return std::nullopt;
  std::map<std::string_view, std::string_view> next;
  for (const auto* rows : {&known.stored, &known.of_environment}) {
    for (const auto& row : *rows) next.emplace(row.provider.name, row.provider.fallback);
  }
  next.emplace("litellm", "");  // stands for whichever LiteLLM is in force
  next[name] = fallback;
  if (!next.contains(fallback)) {
    std::set<std::string_view> others;
    for (const auto& [other, behind] : next) {
      if (other != name) others.insert(other);
    }
    return "names no provider; " + told(others);
  }
  std::set<std::string_view> seen{name};
  for (auto at = fallback; !at.empty(); at = next.contains(at) ? next[at] : std::string_view()) {
    if (!seen.insert(at).second) return "leads back to a provider that was tried before";
  }
  return std::nullopt;
}

core::Result<std::vector<std::string>> uses_of_provider(store::Unit& unit, const std::string& name) {
  auto models = unit.of<domain::Model>().find_all({{"provider", Test::equals, name}});
  if (!models) return std::unexpected(std::move(models.error()));
  auto with_targets = unit.of<domain::Model>().find_all({{"targets", Test::contains, json::dump(name)}});
  if (!with_targets) return std::unexpected(std::move(with_targets.error()));
  const auto behind = unit.of<store::ProviderRow>().find_all({{"fallback", Test::equals, name}});
  if (!behind) return std::unexpected(behind.error());
  const auto prices = unit.of<domain::PriceOverride>().find_all({{"provider", Test::equals, name}});
  if (!prices) return std::unexpected(prices.error());

  std::vector<std::string> uses;
  for (const auto& model : *models) uses.push_back("model " + model.name);
  for (const auto& model : *with_targets) {
    const bool target = std::ranges::any_of(model.targets, [&](const auto& t) { return t.provider == name; });
    if (target && model.provider != name) uses.push_back("model " + model.name);
  }
  for (const auto& row : *behind) {
    if (row.provider.name != name) uses.push_back("fallback of provider " + row.provider.name);
  }
  for (const auto& row : *prices) uses.push_back("price of " + row.price.model);
  return uses;
}

}  // namespace relayna::control
