#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/core/money.hpp"
#include "relayna/core/secret.hpp"
#include "relayna/core/time.hpp"

namespace relayna::domain {

/// What an upstream speaks. Names as in contract 12.1.
enum class ProviderKind : std::uint8_t {
  litellm,
  openai,
  azure_openai,
  anthropic,
  gemini,
  vertex,
  bedrock,
  cohere,
  internal_service,
  echo
};
std::string_view to_string(ProviderKind kind) noexcept;
/// Accepts `openai-compatible` as another spelling of `openai`.
std::optional<ProviderKind> parse_provider_kind(std::string_view text) noexcept;

/// How the credential is sent: `Authorization: Bearer`, or a header of its own, raw or with `Bearer `.
enum class CredentialHeaderMode : std::uint8_t { authorization_bearer, custom_header };
enum class CredentialValueFormat : std::uint8_t { raw, bearer };
struct CredentialHeader {
  CredentialHeaderMode mode = CredentialHeaderMode::authorization_bearer;
  std::string name;  ///< custom_header only
  CredentialValueFormat format = CredentialValueFormat::raw;
  friend bool operator==(const CredentialHeader&, const CredentialHeader&) = default;
};
/// Null when `name` may carry a credential, else why not (R:control 5.6: Host, Authorization, x-relayna-*,
/// …).
std::optional<std::string> credential_header_problem(std::string_view name);

/// Null when a provider may be called so, else why not: the name is a segment of paths.
std::optional<std::string> provider_name_problem(std::string_view name);

struct Provider {
  std::string id;
  std::string name;  ///< `/providers/{name}/*`
  ProviderKind kind = ProviderKind::openai;
  std::string base_url;  ///< its path is kept
  bool enabled = true;
  core::Secret credential;  ///< decrypted; empty for none
  CredentialHeader header;
  std::string fallback;  ///< name of the provider tried when this one fails before its first byte; `litellm`
                         ///< for direct providers; empty: none
  std::int64_t connect_timeout_ms = 5'000;
  std::int64_t first_byte_timeout_ms = 120'000;
  std::int64_t idle_timeout_ms = 120'000;
  std::string managed_by;  ///< `file`, `env`, or empty
  core::SystemTime created_at{};
  core::SystemTime updated_at{};
};

/// A further credential of a provider, beside its own. One that is over its caps, or that the provider
/// answered 429 to a moment ago, is passed over while another is not.
struct ProviderCredential {
  std::string id;
  std::string provider_id;
  std::string name;  ///< unique within the provider
  bool enabled = true;
  core::Secret secret;                                  ///< decrypted
  std::int64_t weight = 1;                              ///< share of the requests, 1..1000
  std::optional<std::int64_t> requests_per_minute;      ///< of one replica
  std::optional<std::int64_t> max_concurrent_requests;  ///< of one replica
  core::SystemTime created_at{};
  core::SystemTime updated_at{};
};

/// A LiteLLM credential of one key or project: wins over the provider's own.
struct CredentialMapping {
  std::string id;
  enum class Scope : std::uint8_t { key, project } scope = Scope::key;
  std::string target_id;
  bool enabled = true;
  core::Secret credential;
};

/// A further place a model is served.
struct ModelTarget {
  std::string provider;
  std::string upstream_model;  ///< empty: the model's name
  std::int64_t priority = 1;   ///< 0..100; lower ones are tried first, the model's own provider has 0
  std::int64_t weight = 1;     ///< 1..1000: share among targets of one priority
  std::vector<std::string> operations;  ///< route labels it can serve; empty: all
  bool enabled = true;
  friend bool operator==(const ModelTarget&, const ModelTarget&) = default;
};

/// A model name clients may use and where it leads.
struct Model {
  std::string name;                  ///< what the client writes
  std::string provider;              ///< provider name
  std::string upstream_model;        ///< what the provider is asked for; empty: the same name
  std::vector<ModelTarget> targets;  ///< beside `provider`
  bool enabled = true;
  std::string managed_by;
  core::SystemTime created_at{};
  core::SystemTime updated_at{};
};

/// The canonical routes, in the spelling of policies, metrics and settings.
enum class Route : std::uint8_t {
  chat_completions,
  completions,
  responses,
  embeddings,
  models,
  model,
  messages,
  count_tokens,
  provider_passthrough,
  health,
  unknown,
};
/// `/v1/chat/completions`, `/providers/*`, …: the label of metrics and usage, and the value policies list.
std::string_view route_label(Route route) noexcept;
/// Setting id: `chat-completions`, `messages-count-tokens`, …
std::string_view route_id(Route route) noexcept;
std::optional<Route> parse_route_label(std::string_view label) noexcept;
std::optional<Route> parse_route_id(std::string_view id) noexcept;

struct RouteSettings {
  Route route = Route::unknown;
  bool enabled = true;
  std::optional<std::int64_t> timeout_ms;  ///< total
  std::optional<std::int64_t> max_request_body_bytes;
  std::optional<std::int64_t> max_response_body_bytes;
  bool drain_on_disconnect = false;         ///< keep reading within a bound when the client has left
  std::optional<core::Money> request_cost;  ///< of a request whose cost nobody else knows; unset: unknown
};

/// One request's record as it reaches the database (R:data 9 and contract 8.5).
struct UsageEvent {
  std::string request_id;  ///< internal UUIDv7; the primary key, so a batch may be inserted twice
  std::string correlation_id;
  std::string key_id;  ///< empty: no key was identified
  std::string project_id;
  std::string team_id;
  std::string route;
  std::string model;
  std::string provider;
  std::string service_name;
  std::string end_user;
  std::string tags;        ///< `x-relayna-tags` as sent
  std::string error_code;  ///< empty on success
  int status_code = 0;
  bool stream = false;
  std::int64_t latency_ms = 0;
  std::optional<std::int64_t> time_to_first_token_ms;
  std::optional<std::int64_t> input_tokens;
  std::optional<std::int64_t> output_tokens;
  std::optional<std::int64_t> total_tokens;
  std::optional<std::int64_t> cache_read_tokens;
  std::optional<std::int64_t> cache_write_tokens;
  std::optional<std::int64_t> reasoning_tokens;
  std::optional<std::int64_t> cost_nanos;
  std::string cost_source;
  std::string usage_source;       ///< reported | estimated | interrupted; empty for refused requests
  std::string credential_source;  ///< provider | provider:<credential name> | key_mapping |
                                  ///< project_mapping | environment
  int upstream_attempts = 0;
  int fallback_count = 0;
  std::string http_method;
  std::string endpoint_path;
  std::string task_id;
  std::string run_id;
  std::string trace_id;
  core::SystemTime created_at{};  ///< when the request arrived
  /// When the counters admitted it: which day, week and month it belongs to. Unset: created_at.
  std::optional<core::SystemTime> accounted_at;
  std::optional<std::int64_t> audio_input_tokens;
  std::optional<std::int64_t> audio_output_tokens;
  /// Whether limits count it as a request: not what was refused, nor what was admitted and given back because
  /// it never reached an upstream. Its `total_tokens` and `cost_nanos` are what limits count.
  bool charged = true;
  /// How many refused requests this row stands for; 0 when it was admitted.
  int refused_count = 0;
};

}  // namespace relayna::domain
