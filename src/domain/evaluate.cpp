#include <algorithm>
#include <chrono>
#include <string>

#include "relayna/domain/catalog_objects.hpp"
#include "relayna/domain/policy.hpp"

namespace relayna::domain {
namespace {

using Lists = std::vector<std::vector<std::string>>;

Denial denied(std::string_view reason, std::string message) {
  return {core::ErrorCode::policy_denied, reason, std::move(message)};
}

// The route's label, or the one of a single provider's calls, `/providers/openai/*`.
bool is_passthrough(std::string_view route) {
  return route.starts_with("/providers/");
}

// `model` bare or as `provider/model`, without building the latter.
bool model_pattern_matches(std::string_view pattern, std::string_view model, std::string_view provider) {
  if (pattern_matches(pattern, model)) return true;
  if (provider.empty()) return false;
  const std::string_view prefix = pattern.substr(0, std::min(pattern.size(), provider.size()));
  if (pattern.size() > provider.size() && prefix == provider && pattern[provider.size()] == '/') {
    return pattern_matches(pattern.substr(provider.size() + 1), model);
  }
  // A wildcard before the slash: `open*` covers every model of openai.
  return pattern.ends_with('*') && provider.starts_with(pattern.substr(0, pattern.size() - 1));
}

bool model_in(const std::vector<std::string>& list, std::string_view model, std::string_view provider) {
  return list.empty() || std::ranges::any_of(list, [&](const std::string& pattern) {
           return model_pattern_matches(pattern, model, provider);
         });
}

bool provider_in(const std::vector<std::string>& list, std::string_view provider, std::string_view kind) {
  return list.empty() || std::ranges::any_of(list, [&](const std::string& entry) {
           if (entry == provider || entry == kind) return true;
           const auto named = parse_provider_kind(entry);
           return named && to_string(*named) == kind;
         });
}

bool model_allowed(const Policy& policy, std::string_view model, std::string_view provider) {
  return model_in(policy.allowed_models, model, provider) &&
         std::ranges::all_of(policy.also_allowed_models,
                             [&](const auto& list) { return model_in(list, model, provider); });
}

bool provider_allowed(const Policy& policy, std::string_view provider, std::string_view kind) {
  if (provider.empty() && kind.empty()) return true;
  return provider_in(policy.allowed_providers, provider, kind) &&
         std::ranges::all_of(policy.also_allowed_providers,
                             [&](const auto& list) { return provider_in(list, provider, kind); });
}

bool route_allowed(const Policy& policy, const PolicyInput& input) {
  if (policy.allowed_routes.empty()) return true;
  std::string named;  // `/providers/openai/*`, which a policy may list instead of all providers
  if (input.route == route_label(Route::provider_passthrough) && !input.provider.empty()) {
    named = "/providers/" + std::string(input.provider) + "/*";
  }
  return std::ranges::any_of(policy.allowed_routes, [&](const std::string& pattern) {
    return pattern_matches(pattern, input.route) || (!named.empty() && pattern_matches(pattern, named));
  });
}

std::optional<Denial> check_reach(const Policy& policy, const PolicyInput& input) {
  if (policy.deny) return denied("deny", "Requests are denied by policy.");
  if (!route_allowed(policy, input)) {
    return denied("allowed_routes", "The route " + std::string(input.route) + " is not allowed by policy.");
  }
  if (!provider_allowed(policy, input.provider, input.provider_kind)) {
    return denied("allowed_providers",
                  "The provider " + std::string(input.provider) + " is not allowed by policy.");
  }
  if (!input.service.empty() && !policy.allowed_services.empty() &&
      std::ranges::find(policy.allowed_services, input.service) == policy.allowed_services.end()) {
    return denied("allowed_services",
                  "The service " + std::string(input.service) + " is not allowed by policy.");
  }
  if (!input.model.empty()) {
    if (model_allowed(policy, input.model, input.provider)) return std::nullopt;
    return denied("allowed_models", "The model " + std::string(input.model) + " is not allowed by policy.");
  }
  const bool restricted = !policy.allowed_models.empty() || !policy.also_allowed_models.empty();
  if (restricted && is_passthrough(input.route) && input.request_body_bytes > 0) {
    return denied("allowed_models", "Models are restricted by policy and the request names none.");
  }
  return std::nullopt;
}

std::optional<Denial> check_features(const Policy& policy, const PolicyInput& input) {
  if (input.stream && !policy.allow_streaming) {
    return denied("allow_streaming", "Streaming is not allowed by policy.");
  }
  if (!input.tools && input.tool_count == 0) return std::nullopt;
  if (!policy.allow_tools) return denied("allow_tools", "Tools are not allowed by policy.");
  if (policy.max_tool_call_count && std::cmp_greater(input.tool_count, *policy.max_tool_call_count)) {
    return denied("max_tool_call_count", "The request declares " + std::to_string(input.tool_count) +
                                             " tools; policy allows " +
                                             std::to_string(*policy.max_tool_call_count) + ".");
  }
  if (policy.max_tool_schema_bytes &&
      std::cmp_greater(input.tool_schema_bytes, *policy.max_tool_schema_bytes)) {
    return denied("max_tool_schema_bytes",
                  "The request's tools take " + std::to_string(input.tool_schema_bytes) +
                      " bytes; policy allows " + std::to_string(*policy.max_tool_schema_bytes) + ".");
  }
  return std::nullopt;
}

std::optional<Denial> check_hour_and_size(const Policy& policy, const PolicyInput& input) {
  if (!policy.allowed_hours_utc.empty()) {
    const auto day = std::chrono::floor<std::chrono::days>(input.now);
    const auto hour = static_cast<int>(std::chrono::floor<std::chrono::hours>(input.now - day).count());
    if (std::ranges::find(policy.allowed_hours_utc, hour) == policy.allowed_hours_utc.end()) {
      return denied("allowed_hours_utc",
                    "Requests are not allowed by policy at this hour (" + std::to_string(hour) + " UTC).");
    }
  }
  if (policy.max_request_body_bytes &&
      std::cmp_greater(input.request_body_bytes, *policy.max_request_body_bytes)) {
    return Denial{core::ErrorCode::request_body_too_large, "max_request_body_bytes",
                  "The request body has " + std::to_string(input.request_body_bytes) +
                      " bytes; policy allows " + std::to_string(*policy.max_request_body_bytes) + "."};
  }
  return std::nullopt;
}

// Whether an answer has an output that `max_tokens` bounds. Raw provider calls that name a model count: what
// they do is not known, and an unbounded answer is what the rule is there to prevent.
bool generates(const PolicyInput& input) {
  if (is_passthrough(input.route)) return !input.model.empty();
  const auto route = parse_route_label(input.route);
  if (!route) return false;
  switch (*route) {
    case Route::chat_completions:
    case Route::completions:
    case Route::responses:
    case Route::messages:
      return true;
    default:
      return false;
  }
}

std::optional<Denial> check_tokens(const Policy& policy, const PolicyInput& input) {
  const auto over = [](const std::optional<std::int64_t>& value, const std::optional<std::int64_t>& limit) {
    return value && limit && *value > *limit;
  };
  if (over(input.estimated_input_tokens, policy.max_input_tokens_per_request)) {
    return denied("max_input_tokens_per_request",
                  "The request has about " + std::to_string(*input.estimated_input_tokens) +
                      " input tokens; policy allows " + std::to_string(*policy.max_input_tokens_per_request) +
                      ".");
  }
  if (over(input.max_output_tokens, policy.max_output_tokens_per_request)) {
    return denied("max_output_tokens_per_request",
                  "The request asks for up to " + std::to_string(*input.max_output_tokens) +
                      " output tokens; policy allows " +
                      std::to_string(*policy.max_output_tokens_per_request) + ".");
  }
  if (policy.require_max_tokens && !input.max_output_tokens && generates(input)) {
    return denied("require_max_tokens", "Policy requires a maximum of output tokens in the request.");
  }
  return std::nullopt;
}

}  // namespace

bool may_call_model(const Policy& policy, std::string_view model, std::string_view provider,
                    std::string_view provider_kind) {
  return !policy.deny && provider_allowed(policy, provider, provider_kind) &&
         model_allowed(policy, model, provider);
}

std::optional<Denial> evaluate(const Policy& policy, const PolicyInput& input) {
  if (auto denial = check_reach(policy, input)) return denial;
  if (auto denial = check_features(policy, input)) return denial;
  if (auto denial = check_hour_and_size(policy, input)) return denial;
  return check_tokens(policy, input);
}

}  // namespace relayna::domain
