#include "relayna/domain/scopes.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace relayna::domain {
namespace {

constexpr std::array kScopes{
    Scope{"alerts:read", "See alert webhooks and their deliveries."},
    Scope{"alerts:write", "Create, change, test and delete alert webhooks."},
    Scope{"audit:read", "Read the audit log."},
    Scope{"guardrails:read", "See guardrails, their executions and their summary."},
    Scope{"guardrails:write", "Create, change and delete guardrails."},
    Scope{"health:read", "See the health of stores, upstreams, pools and replicas."},
    Scope{"keys:read", "List virtual keys, without their secrets."},
    Scope{"keys:rotate", "Give a virtual key a new secret, which is shown to the caller."},
    Scope{"keys:write",
          "Create, change, disable, enable and revoke virtual keys. A new key's secret is shown."},
    Scope{"limits:read", "See limits and what is used of them."},
    Scope{"limits:write", "Create, change and delete limits, and set back what is used of them."},
    Scope{"models:read", "See models and their targets."},
    Scope{"models:write", "Create, change and delete models."},
    Scope{"operators:read", "List operators, their sessions, and what the stored secrets are wrapped under."},
    Scope{"operators:write",
          "Create, change, rotate and revoke operators (with scopes one holds oneself), end their sessions, "
          "and "
          "rotate the data key."},
    Scope{"playground:use", "Send requests as a key, which are charged to it."},
    Scope{"policies:read", "See policy layers and routes, and simulate requests."},
    Scope{"policies:write", "Change policy layers and routes."},
    Scope{"prices:read", "See prices."},
    Scope{"prices:write", "Create, change and delete price overrides."},
    Scope{"projects:read", "See projects and teams."},
    Scope{"projects:write", "Create, change and delete projects and teams."},
    Scope{"providers:read", "See providers, mappings and the passthrough, without their credentials."},
    Scope{"providers:write",
          "Create, change, check and delete providers, their credentials, mappings and the passthrough."},
    Scope{"requests:read", "Watch requests as they come, and read debug bundles."},
    Scope{"services:read", "See services and their imports."},
    Scope{"services:write", "Create, change, import and delete services."},
    Scope{"settings:read", "See settings, and which source each is from."},
    Scope{"settings:write", "Change settings and the log level."},
    Scope{"studio:read", "See the Studio connection and its catalogue."},
    Scope{"studio:write", "Change and test the Studio connection."},
    Scope{"usage:export", "Export usage events."},
    Scope{"usage:read", "See usage, costs and dashboards."},
};

constexpr bool in_order() {
  return std::ranges::adjacent_find(
             kScopes, [](const Scope& a, const Scope& b) { return a.name >= b.name; }) == kScopes.end();
}
static_assert(in_order(), "the table is in the order of names, each once");

constexpr std::string_view kEverything = "*";
constexpr std::string_view kReadEverything = "*:read";

std::string_view resource_of(std::string_view scope) noexcept {
  return scope.substr(0, scope.find(':'));
}

bool is_read(std::string_view scope) noexcept {
  return scope.ends_with(":read");
}

bool is_all_of_resource(std::string_view scope) noexcept {
  return scope.ends_with(":*");
}

bool known(std::string_view scope) noexcept {
  if (scope == kEverything || scope == kReadEverything) return true;
  return std::ranges::any_of(kScopes, [scope](const Scope& entry) {
    return entry.name == scope ||
           (is_all_of_resource(scope) && resource_of(entry.name) == resource_of(scope));
  });
}

// The names of Relayna's own control plane. They are not taken for ours: `keys:disable` was narrower than
// anything here, so reading it as a wider scope would grant what nobody meant to.
struct OldName {
  std::string_view name;
  std::string_view now;
};
constexpr std::array kOldNames{
    OldName{"keys:create", "keys:write"},           OldName{"keys:disable", "keys:write"},
    OldName{"policies:update", "policies:write"},   OldName{"guardrails:update", "guardrails:write"},
    OldName{"providers:update", "providers:write"}, OldName{"services:update", "services:write"},
    OldName{"settings:update", "settings:write"},   OldName{"operators:manage", "operators:write"},
};

std::string unknown(std::string_view scope) {
  for (const OldName& old : kOldNames) {
    if (old.name == scope)
      return fmt::format("`{}` is not a scope of this gateway; the nearest is `{}`", scope, old.now);
  }
  std::string all;
  for (const Scope& entry : kScopes) all += fmt::format("{}, ", entry.name);
  return fmt::format("`{}` is not a scope; there are: {}and `*`, `<resource>:*`, `*:read`", scope, all);
}

/// Whether the holder of `held` may do `needed`; both may be wildcards.
bool implies(std::string_view held, std::string_view needed) noexcept {
  if (held == needed || held == kEverything) return true;
  if (held == kReadEverything) return is_read(needed);
  return is_all_of_resource(held) && needed.find(':') != needed.npos &&
         resource_of(held) == resource_of(needed);
}

}  // namespace

std::span<const Scope> scopes() noexcept {
  return kScopes;
}

std::optional<std::string> scope_problem(std::string_view scope) {
  if (known(scope)) return std::nullopt;
  return unknown(scope);
}

core::Result<std::vector<std::string>> parse_scopes(std::vector<std::string> wanted) {
  const auto refuse = [](std::string message) {
    return std::unexpected(
        core::Error(core::ErrorCode::invalid_request, std::move(message)).with_param("scopes"));
  };
  if (wanted.empty()) return refuse("at least one scope is needed, for example `*:read`");
  for (const std::string& scope : wanted) {
    if (!known(scope)) return refuse(unknown(scope));
  }
  std::ranges::sort(wanted);
  const auto repeated = std::ranges::unique(wanted);
  wanted.erase(repeated.begin(), repeated.end());
  return wanted;
}

bool allows(std::span<const std::string> granted, std::string_view needed) noexcept {
  return std::ranges::any_of(granted, [needed](const std::string& held) { return implies(held, needed); });
}

core::Result<void> require_scope(std::span<const std::string> granted, std::string_view needed) {
  if (allows(granted, needed)) return {};
  return core::fail(core::ErrorCode::insufficient_operator_scope,
                    fmt::format("This needs the scope `{}`, which the operator does not have.", needed));
}

core::Result<void> check_grant(std::span<const std::string> granted, std::span<const std::string> wanted) {
  std::string missing;
  for (const std::string& scope : wanted) {
    if (!allows(granted, scope)) missing += fmt::format("{}`{}`", missing.empty() ? "" : ", ", scope);
  }
  if (missing.empty()) return {};
  return std::unexpected(
      core::Error(core::ErrorCode::insufficient_operator_scope,
                  fmt::format("An operator can only grant the scopes it has; it does not have {}.", missing))
          .with_param("scopes"));
}

std::string scopes_markdown() {
  std::string out = "| scope | lets its holder |\n|---|---|\n";
  for (const Scope& scope : kScopes) out += fmt::format("| `{}` | {} |\n", scope.name, scope.meaning);
  return out;
}

}  // namespace relayna::domain
