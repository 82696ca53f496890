#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/core/time.hpp"
#include "relayna/domain/effective_policy.hpp"
#include "relayna/domain/limits.hpp"

namespace relayna::domain {

/// Whose requests share a limit (contract 8.1).
enum class LimitScope : std::uint8_t { key, project, team, global, end_user };
std::string_view to_string(LimitScope scope) noexcept;
std::optional<LimitScope> parse_limit_scope(std::string_view text) noexcept;

/// What all requests of a scope may use together. (The numbers of a policy layer are another thing: they hold
/// for each key the layer applies to.)
struct Limit {
  std::string id;
  std::string name;  ///< unique
  LimitScope scope = LimitScope::global;
  std::string
      target;  ///< key, project or team id, end user; empty: each one of the scope has a counter of its own
  std::string model;  ///< resolved model, exact or with a trailing `*`, counted together; empty: all models
  LimitSet limits;
  bool soft = false;  ///< warns from 80 % on and never refuses
  bool enabled = true;
  std::string managed_by;
  core::SystemTime created_at{};
  core::SystemTime updated_at{};
};

/// Whose requests one counter counts; empty fields: any.
struct LimitTarget {
  std::string key_id;
  std::string project_id;
  std::string team_id;
  std::optional<std::string> end_user;  ///< within the key or the project; "" is those who name none
  std::string model;                    ///< pattern
  std::string route;                    ///< pattern
  friend bool operator==(const LimitTarget&, const LimitTarget&) = default;
};

/// One counter a request is charged to, and what it is held to.
struct LimitedScope {
  LimitScope scope = LimitScope::key;
  LimitTarget target;
  LimitSet hard;
  LimitSet soft;
  /// Only in what `limited_scopes` returns: fill in who the end user is (`for_end_user`) before use.
  bool needs_end_user = false;
  std::string wanted_end_user;  ///< with needs_end_user: only this one, or empty for each
  /// The counter's name: `key:<id>`, `project:<id>|model:gpt-4*`, `end_user:<project or key id>/<name>`. An
  /// end user is one of a project (or of a key without project), so that tenants cannot use up each other's.
  /// `|` in an end user's name is doubled: callers choose these names, and must not name another counter.
  [[nodiscard]] std::string id() const;
};

/// The counters for one key, route and model: the key's own with what its policy and the layers global,
/// project, team and key say, one per model or route layer, and the shared limits that apply. Scopes without
/// any limit are left out. Depends on nothing else, so it may be cached as `compute` may.
std::vector<LimitedScope> limited_scopes(const std::vector<PolicyLayer>& layers,
                                         const std::vector<Limit>& limits, const Policy& key_policy,
                                         const PolicyScope& scope);
/// `scopes` for one request: end-user scopes filled in, or left out where another end user is meant.
std::vector<LimitedScope> for_end_user(const std::vector<LimitedScope>& scopes, std::string_view end_user);

/// The counter `limit` holds for what `scope` and `end_user` describe, alone; nullopt: it is not about them.
/// Whether it is enabled, and for which model, is not asked.
std::optional<LimitedScope> counter_of(const Limit& limit, const PolicyScope& scope,
                                       std::string_view end_user);

/// Something that holds a key back, with the counter it is about.
struct LimitInForce {
  enum class Source : std::uint8_t { key_policy, policy_layer, limit };
  Source source = Source::key_policy;
  std::string source_id;  ///< of the key, layer or limit
  std::string name;       ///< of the limit; of a layer its kind and what it is for
  LimitedScope counter;
};
/// Everything that may limit the key of `scope`, one by one and whichever model and route it asks for:
/// `limited_scopes` before what is said twice becomes one.
std::vector<LimitInForce> limits_in_force(const std::vector<PolicyLayer>& layers,
                                          const std::vector<Limit>& limits, const Policy& key_policy,
                                          const PolicyScope& scope, std::string_view end_user);

/// What a request may use at most, from what is known before it is sent (contract 8.2): its estimated input
/// plus, for each of `choices` answers, the maximum it asks for, or `assumed_output` when it names none.
struct TokenEstimate {
  std::int64_t input = 0;
  std::int64_t output = 0;
  [[nodiscard]] std::int64_t total() const noexcept { return input + output; }
};
inline constexpr std::int64_t kDefaultOutputTokens = 4096;
TokenEstimate estimate_usage(std::int64_t estimated_input, std::optional<std::int64_t> max_output,
                             std::int64_t choices, std::optional<std::int64_t> assumed_output) noexcept;

/// The numbers of a policy that need counters.
LimitSet limits_of(const Policy& policy) noexcept;

}  // namespace relayna::domain
