#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/core/result.hpp"

// What an operator may do: `resource:action`. The table is closed and published (docs/operators.md). An
// operator may also hold `*` (everything), `keys:*` (every action of a resource) and `*:read`.

namespace relayna::domain {

struct Scope {
  std::string_view name;     ///< `keys:write`
  std::string_view meaning;  ///< docs/operators.md: what it lets its holder do
};

/// Every scope but the wildcards, resources together.
std::span<const Scope> scopes() noexcept;

/// What is wrong with a text as a scope, saying which there are; nullopt: it is one, or a wildcard.
std::optional<std::string> scope_problem(std::string_view scope);

/// The list in order and without repetitions. invalid_request with `param` = `scopes` when it is empty or
/// names what is no scope, saying which there are.
core::Result<std::vector<std::string>> parse_scopes(std::vector<std::string> wanted);

/// Whether `granted` holds `needed`, a scope of the table or a wildcard, itself or by a wildcard.
bool allows(std::span<const std::string> granted, std::string_view needed) noexcept;

/// insufficient_operator_scope naming `needed` unless `granted` allows it.
core::Result<void> require_scope(std::span<const std::string> granted, std::string_view needed);

/// Nobody grants what they do not have: insufficient_operator_scope naming the scopes of `wanted` that
/// `granted` does not allow.
core::Result<void> check_grant(std::span<const std::string> granted, std::span<const std::string> wanted);

/// The table of docs/operators.md. A test compares.
std::string scopes_markdown();

}  // namespace relayna::domain
