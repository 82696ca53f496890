#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "relayna/domain/catalog_objects.hpp"
#include "relayna/domain/key.hpp"
#include "relayna/domain/limit_rules.hpp"
#include "relayna/domain/operator.hpp"
#include "relayna/domain/policy.hpp"
#include "relayna/domain/prices.hpp"

namespace relayna::store {

/// Credentials cross this boundary sealed (core::seal): the store never sees a plaintext secret.
struct ProviderRow {
  domain::Provider provider;  ///< its `credential` is empty
  std::string sealed_credential;
};
/// One of several credentials of a provider; requests are spread over the enabled ones by weight.
struct ProviderCredentialRow {
  domain::ProviderCredential credential;  ///< its `secret` is empty
  std::string sealed_credential;
};
struct CredentialMappingRow {
  domain::CredentialMapping mapping;
  std::string sealed_credential;
};

/// Everything the catalog snapshot is built from, read in one transaction with the revision it belongs to.
struct CatalogRows {
  std::int64_t revision = 0;
  std::vector<ProviderRow> providers;
  std::vector<ProviderCredentialRow> credentials;
  std::vector<CredentialMappingRow> mappings;
  std::vector<domain::Model> models;
  std::vector<domain::RouteSettings> routes;
  std::vector<domain::PolicyLayer> layers;
  std::vector<domain::Project> projects;
  std::vector<domain::Team> teams;
  std::vector<domain::Limit> limits;  ///< also the disabled ones
  std::vector<domain::PriceOverride> prices;
  std::vector<domain::Setting> settings;
};

}  // namespace relayna::store
