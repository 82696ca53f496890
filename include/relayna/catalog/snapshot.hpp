#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "relayna/core/result.hpp"
#include "relayna/domain/catalog_objects.hpp"
#include "relayna/domain/key.hpp"
#include "relayna/domain/limit_rules.hpp"
#include "relayna/domain/passthrough.hpp"
#include "relayna/domain/policy.hpp"
#include "relayna/domain/price_catalog.hpp"

namespace relayna::catalog {

/// Everything configured, as one immutable value. A change builds a new one and posts it to each shard, which
/// swaps a plain shared_ptr.
class Snapshot {
 public:
  std::int64_t revision = 0;
  std::vector<domain::Provider> providers;  ///< enabled ones, credentials opened
  std::vector<domain::Model> models;        ///< enabled ones
  std::vector<domain::PolicyLayer> layers;
  std::unordered_map<std::string, domain::Project> projects;  ///< by id
  std::unordered_map<std::string, domain::Team> teams;
  /// By provider id: the enabled further credentials, opened.
  std::unordered_map<std::string, std::vector<domain::ProviderCredential>> credentials;
  std::vector<domain::CredentialMapping> mappings;  ///< enabled ones, opened
  std::map<domain::Route, domain::RouteSettings> routes;
  std::vector<domain::Limit> limits;  ///< enabled ones
  domain::LitellmPassthrough passthrough;
  domain::PriceCatalog prices;  ///< the built-in list and the enabled overrides

  [[nodiscard]] const domain::Provider* provider(std::string_view name) const noexcept;
  [[nodiscard]] const domain::Model* model(std::string_view name) const noexcept;
  /// The settings of a route; defaults when no row exists.
  [[nodiscard]] domain::RouteSettings route(domain::Route r) const;
  /// The active LiteLLM provider: the newest enabled row, else the environment's; null when there is none.
  [[nodiscard]] const domain::Provider* litellm() const noexcept;
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

}  // namespace relayna::catalog
