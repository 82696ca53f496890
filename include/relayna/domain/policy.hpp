#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/core/money.hpp"
#include "relayna/core/result.hpp"
#include "relayna/core/time.hpp"

namespace relayna::domain {

/// Something nobody may do unless it is said. Layers that do not speak of it have no opinion, as with lists:
/// if unset meant no, every layer would have to repeat the yes of one.
struct Permission {
  std::optional<bool> said;
  constexpr Permission() noexcept = default;
  constexpr Permission(bool yes) noexcept
      : said(yes) {}  // NOLINT(google-explicit-constructor): reads as a bool
  explicit constexpr operator bool() const noexcept { return said.value_or(false); }
  friend bool operator==(const Permission&, const Permission&) = default;
};

/// What a key, or a layer above it, allows. Lists: empty means no opinion. Numbers: unset means no limit.
/// Field names are the API's and the declarative file's (contract section 7). Every field is enforced: what
/// depends on the request alone by `evaluate`, rates, budgets and concurrency by counters
/// (limit_rules.hpp), cost per request once the price is known.
struct Policy {
  bool deny = false;
  std::vector<std::string> allowed_routes;  ///< route labels (domain::Route), or `*` suffix patterns
  std::vector<std::string>
      allowed_models;  ///< exact, or a trailing `*`; matched on the resolved model, bare and `provider/model`
  std::vector<std::string> allowed_providers;  ///< provider names or kinds
  std::vector<std::string> allowed_services;
  bool allow_streaming = true;
  bool allow_tools = true;
  std::vector<int> allowed_hours_utc;                 ///< 0..23
  std::vector<std::string> allowed_source_addresses;  ///< CIDRs
  std::optional<std::int64_t> rpm_limit;
  std::optional<std::int64_t> tpm_limit;
  std::optional<std::int64_t> max_requests_per_day;
  std::optional<std::int64_t> max_tokens_per_day;
  std::optional<std::int64_t> max_concurrent_requests;
  std::optional<core::Money> daily_budget;
  std::optional<core::Money> weekly_budget;
  std::optional<core::Money> monthly_budget;
  std::optional<core::Money> total_budget;
  std::optional<core::Money> max_cost_per_request;
  Permission allow_unpriced_models;  ///< although a budget holds, what they cost being unknown
  std::optional<std::int64_t> max_input_tokens_per_request;
  std::optional<std::int64_t> max_output_tokens_per_request;
  std::optional<std::int64_t> default_output_tokens;  ///< assumed when a request names no maximum; 4096
  bool require_max_tokens = false;
  std::optional<std::int64_t> unused_key_auto_disable_after_days;
  std::optional<std::int64_t> max_request_body_bytes;
  std::optional<std::int64_t> max_response_body_bytes;
  std::optional<std::int64_t> max_stream_duration_seconds;
  std::optional<std::int64_t> max_sse_event_bytes;
  std::optional<std::int64_t> max_tool_call_count;    ///< tools declared in one request
  std::optional<std::int64_t> max_tool_schema_bytes;  ///< bytes of the `tools` value
  std::int64_t policy_version = 1;
  /// Only in merged policies, never stored: further lists that must allow as well. Some intersections have no
  /// spelling as one list, for example `gpt-4o` (at any provider) with `openai/*`, or a kind with a name.
  std::vector<std::vector<std::string>> also_allowed_models;
  std::vector<std::vector<std::string>> also_allowed_providers;
  friend bool operator==(const Policy&, const Policy&) = default;
};

/// Where a layer applies. The order is the order of merging; the key's own policy comes last.
enum class LayerKind : std::uint8_t { global, project, team, route, model, key };

struct PolicyLayer {
  std::string id;
  LayerKind kind = LayerKind::global;
  std::string scope_id;  ///< project, team or key id; route label or model, also with a trailing `*`; empty
                         ///< for global
  Policy policy;
  std::string managed_by;  ///< `file`, or empty
  core::SystemTime created_at{};
  core::SystemTime updated_at{};
};

std::string_view to_string(LayerKind kind) noexcept;
std::optional<LayerKind> parse_layer_kind(std::string_view text) noexcept;

/// `next` on top of `base`: deny = OR, lists intersect (an empty intersection denies), numbers take the
/// minimum, booleans AND (`require_max_tokens` ORs: it restricts when true; `allow_unpriced_models` is the
/// AND of those who say something), version takes the maximum.
Policy merge(const Policy& base, const Policy& next);

/// developer, production_worker, read_only_service, external_partner, temporary_debugging: each over a
/// neutral policy; nullopt for an unknown name.
std::optional<Policy> preset(std::string_view name);
std::vector<std::string_view> preset_names();

/// JSON as stored and as the API shows it: every field, unset numbers and permissions as null, US dollars
/// (`*_budget_usd`, `max_cost_per_request`) as exact decimal numbers. `from_json` takes any subset, dollars
/// also as strings, and reports every problem at once: `path: message` per line in the Error's message.
/// Errors: invalid_json, invalid_request.
std::string to_json(const Policy& policy);
core::Result<Policy> policy_from_json(std::string_view text);

/// What the policy rules look at. Filled by the pipeline from the request; unknown stays unset.
struct PolicyInput {
  std::string_view route;     ///< label
  std::string_view model;     ///< resolved model, bare
  std::string_view provider;  ///< provider name of the candidate
  std::string_view provider_kind;
  std::string_view service;
  bool stream = false;
  bool tools = false;
  std::size_t tool_count = 0;
  std::size_t tool_schema_bytes = 0;
  std::size_t request_body_bytes = 0;
  std::optional<std::int64_t> estimated_input_tokens;
  std::optional<std::int64_t> max_output_tokens;  ///< what the request asks for
  core::SystemTime now{};
};

/// Which rule refused. `reason` names it (`allowed_models`, `allow_streaming`, …) for the error body and the
/// simulator.
struct Denial {
  core::ErrorCode code = core::ErrorCode::policy_denied;
  std::string_view reason;
  std::string message;
};

/// Contract section 7's order: deny, route, provider, service, model, streaming, tools, then hours, sizes
/// (413), tokens. nullopt: allowed. What the input does not know is not judged, with one exception: a raw
/// provider call that has a body but names no model is refused when models are restricted, so a body we
/// cannot read is no way around the list. `allowed_source_addresses` is judged at authentication, not here.
std::optional<Denial> evaluate(const Policy& policy, const PolicyInput& input);
/// The part of `evaluate` that depends on the model and provider only: what /v1/models lists for a key.
bool may_call_model(const Policy& policy, std::string_view model, std::string_view provider,
                    std::string_view provider_kind);
/// `pattern` is exact or ends in `*`.
bool pattern_matches(std::string_view pattern, std::string_view text) noexcept;

}  // namespace relayna::domain
