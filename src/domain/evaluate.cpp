#include <algorithm>
#include <array>
#include <chrono>
#include <string>

#include "relayna/domain/catalog_objects.hpp"
#include "relayna/domain/policy.hpp"
#include "relayna/domain/policy_trace.hpp"

namespace relayna::domain {
namespace {

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

bool limits_models(const Policy& policy) {
  return !policy.allowed_models.empty() || !policy.also_allowed_models.empty();
}

bool limits_providers(const Policy& policy) {
  return !policy.allowed_providers.empty() || !policy.also_allowed_providers.empty();
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
  std::string named;  // `/providers/openai/*`, which a policy may list instead of all providers
  if (input.route == route_label(Route::provider_passthrough) && !input.provider.empty()) {
    named = "/providers/" + std::string(input.provider) + "/*";
  }
  return std::ranges::any_of(policy.allowed_routes, [&](const std::string& pattern) {
    return pattern_matches(pattern, input.route) || (!named.empty() && pattern_matches(pattern, named));
  });
}

bool names_no_model(const PolicyInput& input) {
  return input.model.empty() && is_passthrough(input.route) && input.request_body_bytes > 0;
}

bool declares_tools(const PolicyInput& input) {
  return input.tools || input.tool_count > 0;
}

int hour_of(core::SystemTime now) {
  const auto day = std::chrono::floor<std::chrono::days>(now);
  return static_cast<int>(std::chrono::floor<std::chrono::hours>(now - day).count());
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

/// One rule: the field of the policy it enforces, and what it makes of a request.
struct Rule {
  std::string_view field;
  bool (*applies)(const Policy&, const PolicyInput&);  ///< the policy limits this, and the request has some
  bool (*passes)(const Policy&, const PolicyInput&);   ///< asked when it applies
  std::string (*refusal)(const Policy&, const PolicyInput&);
  core::ErrorCode code = core::ErrorCode::policy_denied;
};

/// In the order of contract section 7.
constexpr std::array kRules{
    Rule{"deny", [](const Policy&, const PolicyInput&) { return true; },
         [](const Policy& policy, const PolicyInput&) { return !policy.deny; },
         [](const Policy&, const PolicyInput&) { return std::string("Requests are denied by policy."); }},
    Rule{"allowed_routes",
         [](const Policy& policy, const PolicyInput&) { return !policy.allowed_routes.empty(); },
         route_allowed,
         [](const Policy&, const PolicyInput& input) {
           return "The route " + std::string(input.route) + " is not allowed by policy.";
         }},
    Rule{"allowed_providers",
         [](const Policy& policy, const PolicyInput& input) {
           return !(input.provider.empty() && input.provider_kind.empty()) && limits_providers(policy);
         },
         [](const Policy& policy, const PolicyInput& input) {
           return provider_allowed(policy, input.provider, input.provider_kind);
         },
         [](const Policy&, const PolicyInput& input) {
           return "The provider " + std::string(input.provider) + " is not allowed by policy.";
         }},
    Rule{"allowed_services",
         [](const Policy& policy, const PolicyInput& input) {
           return !input.service.empty() && !policy.allowed_services.empty();
         },
         [](const Policy& policy, const PolicyInput& input) {
           return std::ranges::find(policy.allowed_services, input.service) != policy.allowed_services.end();
         },
         [](const Policy&, const PolicyInput& input) {
           return "The service " + std::string(input.service) + " is not allowed by policy.";
         }},
    Rule{"allowed_models",
         [](const Policy& policy, const PolicyInput& input) {
           return limits_models(policy) && (!input.model.empty() || names_no_model(input));
         },
         [](const Policy& policy, const PolicyInput& input) {
           return !input.model.empty() && model_allowed(policy, input.model, input.provider);
         },
         [](const Policy&, const PolicyInput& input) {
           return input.model.empty()
                      ? std::string("Models are restricted by policy and the request names none.")
                      : "The model " + std::string(input.model) + " is not allowed by policy.";
         }},
    Rule{
        "allow_streaming", [](const Policy&, const PolicyInput& input) { return input.stream; },
        [](const Policy& policy, const PolicyInput&) { return policy.allow_streaming; },
        [](const Policy&, const PolicyInput&) { return std::string("Streaming is not allowed by policy."); }},
    Rule{"allow_tools", [](const Policy&, const PolicyInput& input) { return declares_tools(input); },
         [](const Policy& policy, const PolicyInput&) { return policy.allow_tools; },
         [](const Policy&, const PolicyInput&) { return std::string("Tools are not allowed by policy."); }},
    Rule{"max_tool_call_count",
         [](const Policy& policy, const PolicyInput& input) {
           return policy.max_tool_call_count && declares_tools(input);
         },
         [](const Policy& policy, const PolicyInput& input) {
           return !std::cmp_greater(input.tool_count, *policy.max_tool_call_count);
         },
         [](const Policy& policy, const PolicyInput& input) {
           return "The request declares " + std::to_string(input.tool_count) + " tools; policy allows " +
                  std::to_string(*policy.max_tool_call_count) + ".";
         }},
    Rule{"max_tool_schema_bytes",
         [](const Policy& policy, const PolicyInput& input) {
           return policy.max_tool_schema_bytes && declares_tools(input);
         },
         [](const Policy& policy, const PolicyInput& input) {
           return !std::cmp_greater(input.tool_schema_bytes, *policy.max_tool_schema_bytes);
         },
         [](const Policy& policy, const PolicyInput& input) {
           return "The request's tools take " + std::to_string(input.tool_schema_bytes) +
                  " bytes; policy allows " + std::to_string(*policy.max_tool_schema_bytes) + ".";
         }},
    Rule{"allowed_hours_utc",
         [](const Policy& policy, const PolicyInput&) { return !policy.allowed_hours_utc.empty(); },
         [](const Policy& policy, const PolicyInput& input) {
           return std::ranges::find(policy.allowed_hours_utc, hour_of(input.now)) !=
                  policy.allowed_hours_utc.end();
         },
         [](const Policy&, const PolicyInput& input) {
           return "Requests are not allowed by policy at this hour (" + std::to_string(hour_of(input.now)) +
                  " UTC).";
         }},
    Rule{"max_request_body_bytes",
         [](const Policy& policy, const PolicyInput&) { return policy.max_request_body_bytes.has_value(); },
         [](const Policy& policy, const PolicyInput& input) {
           return !std::cmp_greater(input.request_body_bytes, *policy.max_request_body_bytes);
         },
         [](const Policy& policy, const PolicyInput& input) {
           return "The request body has " + std::to_string(input.request_body_bytes) +
                  " bytes; policy allows " + std::to_string(*policy.max_request_body_bytes) + ".";
         },
         core::ErrorCode::request_body_too_large},
    Rule{"max_input_tokens_per_request",
         [](const Policy& policy, const PolicyInput& input) {
           return policy.max_input_tokens_per_request && input.estimated_input_tokens;
         },
         [](const Policy& policy, const PolicyInput& input) {
           return *input.estimated_input_tokens <= *policy.max_input_tokens_per_request;
         },
         [](const Policy& policy, const PolicyInput& input) {
           return "The request has about " + std::to_string(*input.estimated_input_tokens) +
                  " input tokens; policy allows " + std::to_string(*policy.max_input_tokens_per_request) +
                  ".";
         }},
    Rule{"max_output_tokens_per_request",
         [](const Policy& policy, const PolicyInput& input) {
           return policy.max_output_tokens_per_request && input.max_output_tokens;
         },
         [](const Policy& policy, const PolicyInput& input) {
           return *input.max_output_tokens <= *policy.max_output_tokens_per_request;
         },
         [](const Policy& policy, const PolicyInput& input) {
           return "The request asks for up to " + std::to_string(*input.max_output_tokens) +
                  " output tokens; policy allows " + std::to_string(*policy.max_output_tokens_per_request) +
                  ".";
         }},
    Rule{"require_max_tokens",
         [](const Policy& policy, const PolicyInput& input) {
           return policy.require_max_tokens && generates(input);
         },
         [](const Policy&, const PolicyInput& input) { return input.max_output_tokens.has_value(); },
         [](const Policy&, const PolicyInput&) {
           return std::string("Policy requires a maximum of output tokens in the request.");
         }},
};

}  // namespace

bool may_call_model(const Policy& policy, std::string_view model, std::string_view provider,
                    std::string_view provider_kind) {
  return !policy.deny && provider_allowed(policy, provider, provider_kind) &&
         model_allowed(policy, model, provider);
}

std::optional<Denial> evaluate(const Policy& policy, const PolicyInput& input) {
#pragma clang loop unroll(full)  // then every rule is compiled in place
  for (const Rule& rule : kRules) {
    if (rule.applies(policy, input) && !rule.passes(policy, input))
      return Denial{rule.code, rule.field, rule.refusal(policy, input)};
  }
  return std::nullopt;
}

std::vector<RuleVerdict> judge(const Policy& policy, const PolicyInput& input) {
  std::vector<RuleVerdict> all;
  for (const Rule& rule : kRules) {
    auto& told = all.emplace_back(rule.field);
    if (!rule.applies(policy, input)) continue;
    told.verdict = rule.passes(policy, input) ? Verdict::passed : Verdict::refused;
    if (told.verdict == Verdict::refused) told.message = rule.refusal(policy, input);
  }
  return all;
}

std::vector<std::string_view> policy_rules() {
  std::vector<std::string_view> names;
  for (const Rule& rule : kRules) names.push_back(rule.field);
  return names;
}

}  // namespace relayna::domain
