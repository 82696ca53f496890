#pragma once

#include <string_view>

#include "relayna/store/store.hpp"

namespace relayna::store {

/// Where rows of a type lie. `identity`: the columns an upsert finds its row by. `notice_id`: the column a
/// change notice names. `reference`: the field that may point to nothing.
struct Table {
  std::string_view name;
  std::string_view identity;
  std::string_view notice_id;
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

}  // namespace relayna::store
