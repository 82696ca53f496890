#pragma once

#include <optional>
#include <string_view>

#include "relayna/domain/catalog_objects.hpp"
#include "relayna/domain/limit_rules.hpp"
#include "relayna/domain/policy.hpp"

// Enumerations as they are spelled in the database.

namespace relayna::store {

inline std::string_view choice_name(domain::ProviderKind kind) {
  return domain::to_string(kind);
}
inline std::string_view choice_name(domain::LayerKind kind) {
  return domain::to_string(kind);
}
inline std::string_view choice_name(domain::LimitScope scope) {
  return domain::to_string(scope);
}
inline std::string_view choice_name(domain::Route route) {
  return domain::route_label(route);
}
inline std::string_view choice_name(domain::CredentialHeaderMode mode) {
  return mode == domain::CredentialHeaderMode::custom_header ? "custom_header" : "authorization_bearer";
}
inline std::string_view choice_name(domain::CredentialValueFormat format) {
  return format == domain::CredentialValueFormat::bearer ? "bearer" : "raw";
}
inline std::string_view choice_name(domain::CredentialMapping::Scope scope) {
  return scope == domain::CredentialMapping::Scope::project ? "project" : "key";
}

/// False, and `out` unchanged, for a name this binary does not know: a newer one may have written it.
inline bool read_choice(std::string_view name, domain::ProviderKind& out) {
  const auto kind = domain::parse_provider_kind(name);
  if (kind) out = *kind;
  return kind.has_value();
}
inline bool read_choice(std::string_view name, domain::LayerKind& out) {
  const auto kind = domain::parse_layer_kind(name);
  if (kind) out = *kind;
  return kind.has_value();
}
inline bool read_choice(std::string_view name, domain::LimitScope& out) {
  const auto scope = domain::parse_limit_scope(name);
  if (scope) out = *scope;
  return scope.has_value();
}
inline bool read_choice(std::string_view name, domain::Route& out) {
  const auto route = domain::parse_route_label(name);
  if (route) out = *route;
  return route.has_value();
}
template <class E>
  requires std::same_as<E, domain::CredentialHeaderMode> || std::same_as<E, domain::CredentialValueFormat> ||
           std::same_as<E, domain::CredentialMapping::Scope>
bool read_choice(std::string_view name, E& out) {
  for (const E value : {E{0}, E{1}}) {
    if (choice_name(value) != name) continue;
    out = value;
    return true;
  }
  return false;
}

}  // namespace relayna::store
