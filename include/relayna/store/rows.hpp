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

/// What an operator took off the durable balance of a counter, for good: of the day it was done on, of that
/// day's week and month, and ever.
struct UsageReset {
  std::string id;
  std::string counter;      ///< its name: `LimitedScope::id`
  std::int64_t number = 1;  ///< of this counter's resets; the next after the last one, or it is a conflict
  std::int64_t day = 0;     ///< since 1970-01-01 UTC, by the counters' clock
  std::int64_t requests_today = 0;
  std::int64_t tokens_today = 0;
  std::int64_t cost_today = 0, cost_this_week = 0, cost_this_month = 0, cost_total = 0;  ///< nano-USD
  bool requests_of_minute = false;  ///< the counters' minute begins afresh, which no balance knows of
  bool tokens_of_minute = false;
  std::int64_t stamp = 0;  ///< the transaction that stored it
  bool confirmed = false;  ///< the counters know of it
  core::SystemTime created_at{};
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
