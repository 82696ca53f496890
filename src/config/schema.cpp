#include "relayna/config/schema.hpp"

#include <array>

#include "config/schema_fields.hpp"
#include "config/schema_limits.hpp"

namespace relayna::config::schema {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;

constexpr std::array<std::string_view, 11> kProviderKinds{
    "litellm", "openai", "openai-compatible", "azure-openai", "anthropic", "gemini", "vertex",
    "bedrock", "cohere", "internal-service",  "echo"};
constexpr std::array<std::string_view, 2> kHeaderModes{"authorization_bearer", "custom_header"};
constexpr std::array<std::string_view, 2> kHeaderFormats{"raw", "bearer"};
constexpr std::array<std::string_view, 6> kLayerKinds{"global", "project", "team", "route", "model", "key"};
constexpr std::array<std::string_view, 5> kPresets{"developer", "production_worker", "read_only_service",
                                                   "external_partner", "temporary_debugging"};

constexpr std::array kPolicy{
    Field{.key = "deny",
          .shape = Shape::boolean,
          .help = "Refuses everything.",
          .example = "true",
          .default_text = "false"},
    list("allowed_routes", "Routes by label; a trailing `*` covers what follows.", "[/v1/chat/completions]"),
    list("allowed_models", "Models, with or without `provider/`; a trailing `*` covers what follows.",
         "[gpt-4o, claude-*]"),
    list("allowed_providers", "Provider names or kinds.", "[openai]"),
    list("allowed_services", "Service names.", "[translation]"),
    list("allowed_source_addresses", "Client addresses and CIDR ranges.", "[10.0.0.0/8]"),
    Field{.key = "allow_streaming",
          .shape = Shape::boolean,
          .help = "Whether answers may be streamed.",
          .example = "false",
          .default_text = "true"},
    Field{.key = "allow_tools",
          .shape = Shape::boolean,
          .help = "Whether requests may declare tools.",
          .example = "false",
          .default_text = "true"},
    Field{.key = "require_max_tokens",
          .shape = Shape::boolean,
          .help = "Refuses requests that name no maximum of output tokens.",
          .example = "true",
          .default_text = "false"},
    Field{.key = "allowed_hours_utc",
          .shape = Shape::integer_list,
          .help = "Hours of the day, UTC.",
          .example = "[8, 9, 10]",
          .min = 0,
          .max = 23},
    number("max_input_tokens_per_request", "Estimated input tokens.", "8000"),
    number("max_output_tokens_per_request", "Output tokens a request may ask for.", "4096"),
    number("default_output_tokens",
           "Output tokens assumed of a request that names no maximum (4096 when unset).", "2048"),
    number("max_request_body_bytes", "Bytes of a request body.", "1048576"),
    number("max_response_body_bytes", "Bytes of an answer.", "4194304"),
    number("max_stream_duration_seconds", "How long a stream may last.", "600"),
    number("max_sse_event_bytes", "Bytes of one event of a stream.", "65536"),
    number("max_tool_call_count", "Tools declared in one request.", "16"),
    number("max_tool_schema_bytes", "Bytes of the declared tools.", "65536"),
    number("unused_key_auto_disable_after_days", "A key nobody used for so long is disabled.", "30"),
    number("rpm_limit", "Requests per minute.", "60"),
    number("tpm_limit", "Tokens per minute.", "30000"),
    number("max_requests_per_day", "Requests per day.", "10000"),
    number("max_tokens_per_day", "Tokens per day.", "1000000"),
    number("max_concurrent_requests", "Requests at the same time.", "8"),
    dollars("daily_budget_usd", "US dollars per day."),
    dollars("weekly_budget_usd", "US dollars per week, from Monday."),
    dollars("monthly_budget_usd", "US dollars per month."),
    dollars("total_budget_usd", "US dollars in all."),
    dollars("max_cost_per_request", "US dollars one request may cost at most."),
    Field{.key = "allow_unpriced_models",
          .shape = Shape::boolean,
          .help = "Whether models whose price is unknown may be used although a budget holds. Unset has no "
                  "opinion; "
                  "nobody's yes means no.",
          .example = "true"},
    Field{.key = "policy_version",
          .shape = Shape::integer,
          .help = "A number of your own, shown with the policy.",
          .example = "2",
          .default_text = "1",
          .min = 1},
};

constexpr std::array kCredentialHeader{
    Field{.key = "mode",
          .shape = Shape::choice,
          .help = "`Authorization: Bearer`, or a header of its own.",
          .example = "custom_header",
          .required = true,
          .choices = kHeaderModes},
    Field{.key = "name", .help = "The header's name; with `custom_header` only.", .example = "api-key"},
    Field{.key = "format",
          .shape = Shape::choice,
          .help = "The value as it is, or after `Bearer `; with `custom_header` only.",
          .example = "bearer",
          .default_text = "raw",
          .choices = kHeaderFormats},
};
constexpr Field timeout(std::string_view key, std::string_view help, std::string_view default_text) {
  return {.key = key,
          .shape = Shape::duration,
          .help = help,
          .example = "10s",
          .default_text = default_text,
          .min = 1,
          .max = kHourMs};
}
constexpr std::array kTimeouts{
    timeout("connect", "Until connected, TLS included.", "5s"),
    timeout("first_byte", "From the request's end to the answer's first byte.", "120s"),
    timeout("idle", "Between two pieces of an answer.", "120s"),
};
constexpr std::array kProviders{
    Field{.key = "name",
          .help = "Unique; `/providers/{name}/*` leads to it.",
          .example = "openai",
          .required = true},
    Field{.key = "kind",
          .shape = Shape::choice,
          .help = "What it speaks.",
          .example = "openai",
          .required = true,
          .choices = kProviderKinds},
    Field{.key = "base_url",
          .shape = Shape::base_url,
          .help = "Where it is; a path in it is kept. Required but for `echo`.",
          .example = "https://api.openai.com"},
    Field{.key = "credential",
          .shape = Shape::secret,
          .help = "What it is sent as proof.",
          .example = "env.OPENAI_API_KEY"},
    Field{.key = "api_key",
          .shape = Shape::secret,
          .help = "Another name of `credential`.",
          .example = "env.OPENAI_API_KEY"},
    Field{.key = "credential_header",
          .shape = Shape::object,
          .help = "How the credential is sent, when not as the kind's API wants it.",
          .fields = kCredentialHeader},
    Field{.key = "fallback",
          .help = "The provider tried when this one fails before its first byte.",
          .example = "litellm"},
    Field{.key = "timeouts", .shape = Shape::object, .help = "How long to wait for it.", .fields = kTimeouts},
    enabled("Whether it is used."),
};
constexpr std::array kModels{
    Field{.key = "name", .help = "What clients ask for. Unique.", .example = "fast", .required = true},
    Field{.key = "provider", .help = "The provider it leads to.", .example = "openai", .required = true},
    Field{.key = "upstream_model",
          .help = "What the provider is asked for; the same name when unset.",
          .example = "gpt-4o-mini"},
    enabled("Whether it may be asked for."),
};
constexpr std::array kRoutes{
    Field{.key = "route",
          .help = "The route's label or id.",
          .example = "/v1/chat/completions or chat-completions",
          .required = true},
    enabled("When false the route answers 403 `disabled_route`."),
    Field{.key = "timeout",
          .shape = Shape::duration,
          .help = "For the whole request.",
          .example = "10m",
          .min = 1,
          .max = 24 * kHourMs},
    Field{.key = "max_request_body_bytes",
          .shape = Shape::integer,
          .help = "Below the global cap.",
          .example = "1048576",
          .min = 1},
    Field{.key = "max_response_body_bytes",
          .shape = Shape::integer,
          .help = "Bytes of an answer.",
          .example = "4194304",
          .min = 1},
    Field{.key = "drain_on_disconnect",
          .shape = Shape::boolean,
          .help = "Keep reading an answer for its usage when the client has left.",
          .example = "true",
          .default_text = "false"},
    Field{.key = "request_usd",
          .shape = Shape::dollars,
          .help = "What a request costs when neither the upstream nor the price list says.",
          .example = "0.04"},
};
constexpr std::array kProjects{
    Field{.key = "name", .help = "Unique.", .example = "search", .required = true},
    Field{.key = "team",
          .help = "The team it belongs to; a team exists by being named.",
          .example = "platform"},
};
constexpr std::array kKeys{
    Field{.key = "name", .help = "Unique.", .example = "search-backend", .required = true},
    Field{.key = "project", .help = "The project it belongs to.", .example = "search"},
    Field{.key = "secret",
          .shape = Shape::secret,
          .help = "`rk_live_` and 64 hexadecimal digits. A changed value replaces the old one. Unset: the "
                  "key must exist already.",
          .example = "env.SEARCH_KEY"},
    Field{.key = "overlap",
          .shape = Shape::duration,
          .help = "How long the old secret still works after a change.",
          .example = "24h",
          .default_text = "0s",
          .max = kHourMs * 24 * 365},
    Field{.key = "preset",
          .shape = Shape::choice,
          .help = "What the policy starts from.",
          .example = "developer",
          .choices = kPresets},
    Field{.key = "policy",
          .shape = Shape::object,
          .help = "What the key may do, over the preset.",
          .fields = kPolicy},
    Field{.key = "expires_at",
          .shape = Shape::time,
          .help = "When it stops working.",
          .example = "2030-01-31T00:00:00Z"},
    Field{.key = "rotation_due_at",
          .shape = Shape::time,
          .help = "When its secret should be changed; a reminder.",
          .example = "2030-01-31T00:00:00Z"},
    Field{.key = "disabled",
          .shape = Shape::boolean,
          .help = "Whether it is refused.",
          .example = "true",
          .default_text = "false"},
};
constexpr std::array kLayerScope{
    Field{.key = "kind",
          .shape = Shape::choice,
          .help = "What the layer applies to.",
          .example = "project",
          .required = true,
          .choices = kLayerKinds},
    Field{.key = "scope",
          .help = "The project's, team's or key's name, the route's label, or the model; none for `global`.",
          .example = "search"},
};
/// A layer is its scope and the fields of a policy, side by side.
constexpr auto kLayers = joined(kLayerScope, kPolicy);

constexpr Field process(std::string_view key, std::string_view help) {
  return {.key = key, .shape = Shape::process, .help = help};
}
constexpr Field later(std::string_view key) {
  return {.key = key, .shape = Shape::later, .help = "Not supported by this version."};
}
constexpr std::array kSections{
    process("server", "Process settings."),
    Field{.key = "providers", .shape = Shape::objects, .help = "Upstreams.", .fields = kProviders},
    Field{.key = "models",
          .shape = Shape::objects,
          .help = "Model names clients may use and where they lead.",
          .fields = kModels},
    Field{.key = "routes",
          .shape = Shape::objects,
          .help = "Settings of the canonical routes; also as a mapping from the route to the rest.",
          .fields = kRoutes,
          .keyed_by = "route"},
    later("services"),
    Field{.key = "projects", .shape = Shape::objects, .help = "What keys belong to.", .fields = kProjects},
    Field{.key = "keys", .shape = Shape::objects, .help = "Virtual keys.", .fields = kKeys},
    Field{.key = "policies",
          .shape = Shape::objects,
          .help = "Policy layers, merged in the order global, project, team, route, model, key, and the "
                  "key's own policy last.",
          .fields = kLayers},
    later("guardrails"),
    Field{.key = "limits",
          .shape = Shape::objects,
          .help = "What all requests of a scope may use together. Each needs at least one number.",
          .fields = kLimits},
    Field{.key = "pricing",
          .shape = Shape::objects,
          .help = "Prices that go before the built-in list (prices.md).",
          .fields = kPricing},
    process("logging", "Process settings."),
    process("telemetry", "Process settings."),
    process("identity", "Process settings."),
};

}  // namespace

std::span<const Field> sections() {
  return kSections;
}
std::span<const Field> policy_fields() {
  return kPolicy;
}

const Field* find(std::span<const Field> fields, std::string_view key) noexcept {
  for (const Field& field : fields) {
    if (field.key == key) return &field;
  }
  return nullptr;
}

}  // namespace relayna::config::schema
