#include <fmt/format.h>

#include "pipeline/policy_cache.hpp"
#include "pipeline/steps.hpp"

namespace relayna::pipeline {

namespace {

/// `/providers/openai/*`: what a policy's allowed_routes may name besides the label of all passthrough calls.
std::string passthrough_label(const Exchange& x) {
  return fmt::format("/providers/{}/*", x.match.argument);
}

domain::PolicyInput policy_input(const Exchange& x, std::string_view route) {
  domain::PolicyInput input;
  input.route = route;
  input.stream = x.features.stream;
  input.tools = x.features.tool_count > 0;
  input.tool_count = x.features.tool_count;
  input.tool_schema_bytes = x.features.tool_schema_bytes;
  input.request_body_bytes = x.body.size();
  input.estimated_input_tokens = x.features.estimated_input_tokens;
  input.max_output_tokens = x.features.max_output_tokens;
  input.now = x.parts().shard.clock().wall();
  return input;
}

core::Error denied(const domain::Denial& denial) {
  return core::Error(denial.code, fmt::format("{} (rule: {})", denial.message, denial.reason))
      .with_reason(std::string(denial.reason));
}

/// What layers above the key say of the key itself: where it may be used from, and when it counts as
/// abandoned. Its own policy was asked in step 2.
core::Result<void> check_layers(Exchange& x) {
  if (x.snapshot->layers.empty()) return {};
  if (auto usable = identity::check_usable(*x.key, x.began, x.policy.get()); !usable) return usable;
  const auto& sources = x.policy->allowed_source_addresses;
  if (sources.empty() ||
      identity::source_allowed(sources, identity::parse_sources(sources), x.request.peer.address))
    return {};
  return std::unexpected(
      core::Error(core::ErrorCode::policy_denied, "This key may not be used from this address.")
          .with_reason("allowed_source_addresses"));
}

/// Chance for weighted choices: the random part of the request's id.
std::uint64_t draw_of(const Exchange& x) noexcept {
  return std::hash<std::string_view>()(x.id_view());
}

/// Of several places that serve the model, those in front that policy forbids; the refusal when none is left
/// but a fallback, which stands in for failures only.
std::optional<core::Error> drop_denied(Exchange& x) {
  auto first = x.candidates.begin();
  std::optional<core::Error> refusal;
  for (; first != x.candidates.end() && (first == x.candidates.begin() || !first->fallback); ++first) {
    auto error = check_candidate(x, *first);
    if (!error) {
      x.candidates.erase(x.candidates.begin(), first);
      return std::nullopt;
    }
    if (!refusal) refusal = std::move(error);
  }
  return refusal;
}

}  // namespace

core::Result<void> resolve_model(Exchange& x) {
  core::Result<std::vector<upstream::Candidate>> candidates =
      x.match.route == domain::Route::provider_passthrough
          ? upstream::resolve_passthrough(*x.snapshot, x.match.argument, x.features.model)
          : upstream::resolve(*x.snapshot, {x.match.operation, x.features.model,
                                            x.request.head.fields.get("x-relayna-provider"),
                                            domain::route_label(x.match.route), draw_of(x)});
  if (!candidates) return std::unexpected(candidates.error());
  x.candidates = std::move(*candidates);
  return {};
}

core::Result<void> apply_policy(Exchange& x, PolicyCache& policies) {
  const std::string_view model =
      x.candidates.empty() ? std::string_view{} : std::string_view(x.candidates.front().model);
  const std::string_view route = domain::route_label(x.match.route);
  x.governed = policies.get(*x.snapshot, x.key, x.team_id, route, model);
  x.policy = {x.governed, &x.governed->policy};
  if (auto allowed = check_layers(x); !allowed) return allowed;
  if (x.candidates.empty()) {  // a list: its own rules are the route's; models are filtered one by one
    domain::PolicyInput input = policy_input(x, route);
    if (auto denial = domain::evaluate(*x.policy, input)) return std::unexpected(denied(*denial));
  } else if (auto error = drop_denied(x)) {
    return std::unexpected(std::move(*error));
  }
  // Only a request that was let in keeps an idle key alive.
  x.parts().keys.mark_used(x.key);
  return x.candidates.empty() ? core::Result<void>() : find_limits(x);
}

std::optional<core::Error> check_candidate(Exchange& x, const upstream::Candidate& candidate) {
  const bool raw = x.match.route == domain::Route::provider_passthrough;
  const std::string label = raw ? passthrough_label(x) : std::string();
  domain::PolicyInput input =
      policy_input(x, raw ? std::string_view(label) : domain::route_label(x.match.route));
  input.model = candidate.model;
  input.provider = candidate.provider->name;
  input.provider_kind = domain::to_string(candidate.provider->kind);
  if (auto denial = domain::evaluate(*x.policy, input)) return denied(*denial);
  return std::nullopt;
}

void set_deadline(Exchange& x) {
  if (x.route_settings.timeout_ms) {
    x.total = core::Deadline(x.request.received + std::chrono::milliseconds(*x.route_settings.timeout_ms));
  }
  if (x.features.stream && x.policy->max_stream_duration_seconds) {
    const auto limit = core::Deadline::in(x.parts().shard.clock(),
                                          std::chrono::seconds(*x.policy->max_stream_duration_seconds));
    x.policy_limits_total = limit.at() < x.total.at();
    x.total = x.total.sooner(limit);
  }
}

}  // namespace relayna::pipeline
