#include "relayna/catalog/build.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace relayna::catalog {

std::string provider_context(std::string_view provider_name) {
  return fmt::format("provider:{}:credential", provider_name);
}

std::string mapping_context(std::string_view mapping_id) {
  return fmt::format("credential_mapping:{}:credential", mapping_id);
}

std::string credential_context(std::string_view credential_id) {
  return fmt::format("provider_credential:{}:secret", credential_id);
}

std::string setting_context(std::string_view setting_name) {
  return fmt::format("setting:{}:secret", setting_name);
}

std::string webhook_context(std::string_view webhook_id) {
  return fmt::format("alert_webhook:{}:secret", webhook_id);
}

namespace {

/// Opens a stored credential; an empty one stays empty.
core::Result<core::Secret> open_credential(const Opener& open, const std::string& sealed,
                                           const std::string& context) {
  if (sealed.empty()) return core::Secret{};
  return open(sealed, context);
}

void add_providers(Snapshot& snapshot, const store::CatalogRows& rows,
                   const std::vector<domain::Provider>& environment, const Opener& open,
                   std::vector<std::string>& problems) {
  std::vector<std::string_view> stored_names;
  for (const auto& row : rows.providers) {
    stored_names.push_back(
        row.provider.name);  // a disabled row still hides the environment's: the operator switched it off
    if (!row.provider.enabled) continue;
    auto credential = open_credential(open, row.sealed_credential, provider_context(row.provider.name));
    if (!credential) {
      problems.push_back(fmt::format("provider {} left out: its credential cannot be opened ({})",
                                     row.provider.name, credential.error().describe()));
      continue;
    }
    auto& provider = snapshot.providers.emplace_back(row.provider);
    provider.credential = std::move(*credential);
  }
  for (const auto& provider : environment) {
    if (std::find(stored_names.begin(), stored_names.end(), provider.name) == stored_names.end()) {
      snapshot.providers.push_back(provider);
    }
  }
}

void add_credentials(Snapshot& snapshot, const store::CatalogRows& rows, const Opener& open,
                     std::vector<std::string>& problems) {
  for (const auto& row : rows.credentials) {
    if (!row.credential.enabled) continue;
    auto secret = open_credential(open, row.sealed_credential, credential_context(row.credential.id));
    if (!secret) {
      problems.push_back(
          fmt::format("provider credential {} left out: {}", row.credential.name, secret.error().describe()));
      continue;
    }
    auto& credential = snapshot.credentials[row.credential.provider_id].emplace_back(row.credential);
    credential.secret = std::move(*secret);
  }
}

void add_settings(Snapshot& snapshot, const store::CatalogRows& rows, std::vector<std::string>& problems) {
  for (const auto& setting : rows.settings) {
    if (setting.name != domain::kLitellmPassthroughSetting) continue;
    if (auto passthrough = domain::parse_litellm_passthrough(setting.value)) {
      snapshot.passthrough = std::move(*passthrough);
    } else {
      problems.push_back(
          fmt::format("setting {} left out: {}", setting.name, passthrough.error().describe()));
    }
  }
}

/// The store keeps one price per provider, model and moment, so overrides that contradict each other mean
/// rows somebody wrote by hand. Then none is used: which of them is right is not for us to guess.
domain::PriceCatalog build_prices(const std::vector<domain::PriceOverride>& overrides,
                                  std::vector<std::string>& problems) {
  auto prices = domain::PriceCatalog::built_in(overrides);
  if (prices) return std::move(*prices);
  problems.push_back(fmt::format("price overrides left out: {}", prices.error().describe()));
  return domain::PriceCatalog::built_in().value_or(domain::PriceCatalog{});
}

}  // namespace

Built build_snapshot(const store::CatalogRows& rows, const std::vector<domain::Provider>& environment,
                     const Opener& open) {
  Built built;
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->revision = rows.revision;
  add_providers(*snapshot, rows, environment, open, built.problems);
  add_credentials(*snapshot, rows, open, built.problems);
  add_settings(*snapshot, rows, built.problems);
  for (const auto& row : rows.mappings) {
    if (!row.mapping.enabled) continue;
    auto credential = open_credential(open, row.sealed_credential, mapping_context(row.mapping.id));
    if (!credential) {
      built.problems.push_back(
          fmt::format("credential mapping {} left out: {}", row.mapping.id, credential.error().describe()));
      continue;
    }
    auto& mapping = snapshot->mappings.emplace_back(row.mapping);
    mapping.credential = std::move(*credential);
  }
  for (const auto& model : rows.models) {
    if (model.enabled) snapshot->models.push_back(model);
  }
  snapshot->layers = rows.layers;
  for (const auto& project : rows.projects) snapshot->projects.emplace(project.id, project);
  for (const auto& team : rows.teams) snapshot->teams.emplace(team.id, team);
  for (const auto& route : rows.routes) snapshot->routes.emplace(route.route, route);
  for (const auto& limit : rows.limits) {
    if (limit.enabled) snapshot->limits.push_back(limit);
  }
  snapshot->prices = build_prices(rows.prices, built.problems);
  built.snapshot = std::move(snapshot);
  return built;
}

}  // namespace relayna::catalog
