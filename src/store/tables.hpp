#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "relayna/store/store.hpp"

namespace relayna::store {

/// Where rows of a type lie. `identity`: the columns an upsert finds its row by. `key`: the column a row is
/// addressed by, in calls and in change notices. `reference`: the field that may point to nothing.
struct Table {
  std::string_view name;
  std::string_view identity;
  std::string_view key;
  std::string_view reference;
};

template <class R>
inline constexpr Table kTable{};
template <>
inline constexpr Table kTable<domain::VirtualKey>{"keys", "id", "id", "project_id"};
template <>
inline constexpr Table kTable<domain::Team>{"teams", "name", "id", ""};
template <>
inline constexpr Table kTable<domain::Project>{"projects", "name", "id", "team_id"};
template <>
inline constexpr Table kTable<domain::PolicyLayer>{"policy_layers", "kind, scope_id", "id", "scope_id"};
template <>
inline constexpr Table kTable<ProviderRow>{"providers", "name", "id", ""};
template <>
inline constexpr Table kTable<CredentialMappingRow>{"credential_mappings", "scope, target_id", "id",
                                                    "target_id"};
template <>
inline constexpr Table kTable<domain::Model>{"models", "name", "name", ""};
template <>
inline constexpr Table kTable<domain::RouteSettings>{"route_settings", "route", "route", ""};
template <>
inline constexpr Table kTable<domain::Limit>{"limits", "name", "id", "target"};
template <>
inline constexpr Table kTable<domain::PriceOverride>{"price_overrides", "provider, model, effective_from",
                                                     "id", ""};
template <>
inline constexpr Table kTable<Replica>{"replicas", "id", "id", ""};
template <>
inline constexpr Table kTable<domain::UsageEvent>{"usage_events", "request_id", "request_id", ""};
template <>
inline constexpr Table kTable<ProviderCredentialRow>{"provider_credentials", "provider_id, name", "id",
                                                     "provider_id"};
template <>
inline constexpr Table kTable<domain::Setting>{"settings", "name", "name", ""};
template <>
inline constexpr Table kTable<domain::Operator>{"operators", "id", "id", ""};
template <>
inline constexpr Table kTable<domain::Session>{"sessions", "id", "id", "operator_id"};
template <>
inline constexpr Table kTable<domain::AuditEvent>{"audit_events", "id", "id", ""};
template <>
inline constexpr Table kTable<UsageReset>{"usage_resets", "counter, number", "id", ""};
template <>
inline constexpr Table kTable<IdempotentAnswer>{"idempotency_keys", "operator_id, key", "key", ""};
template <>
inline constexpr Table kTable<domain::AlertWebhook>{"alert_webhooks", "id", "id", ""};
template <>
inline constexpr Table kTable<domain::AlertDelivery>{"alert_deliveries", "webhook_id, occasion", "id",
                                                     "webhook_id"};

/// Rows of another table that keep a row from being removed.
struct Dependents {
  std::string_view table;
  std::string_view column;  ///< holds the row's key
};
template <class R>
inline constexpr std::optional<Dependents> kDependents{};
template <>
inline constexpr std::optional<Dependents> kDependents<domain::Project>{{"keys", "project_id"}};
template <>
inline constexpr std::optional<Dependents> kDependents<domain::Team>{{"projects", "team_id"}};

/// The tables whose rows may go with a removed row, as far as anybody is told of them.
template <class R>
inline constexpr std::array<std::string_view, 0> kRemovedWith{};
template <>
inline constexpr std::array<std::string_view, 3> kRemovedWith<domain::VirtualKey>{
    "policy_layers", "credential_mappings", "limits"};
template <>
inline constexpr std::array<std::string_view, 3> kRemovedWith<domain::Project>{
    "policy_layers", "credential_mappings", "limits"};
template <>
inline constexpr std::array<std::string_view, 2> kRemovedWith<domain::Team>{"policy_layers", "limits"};
template <>
inline constexpr std::array<std::string_view, 1> kRemovedWith<ProviderRow>{"provider_credentials"};
template <>
inline constexpr std::array<std::string_view, 1> kRemovedWith<domain::Operator>{"sessions"};

/// Whether caches hold such rows, so that changes are told.
template <class R>
inline constexpr bool kAnnounced = true;
template <>
inline constexpr bool kAnnounced<domain::AlertDelivery> = false;

}  // namespace relayna::store
