#include <fmt/format.h>

#include "pipeline/decide.hpp"
#include "pipeline/trace.hpp"

namespace relayna::pipeline {

namespace {

/// What policies call the request's route.
std::string_view policy_route(const Inquiry& x) {
  return x.is_raw() ? std::string_view(x.raw_route) : domain::route_label(x.match.route);
}

core::Error denied(const domain::Denial& denial) {
  return core::Error(denial.code, fmt::format("{} (rule: {})", denial.message, denial.reason))
      .with_reason(std::string(denial.reason));
}

std::optional<core::Error> check(const Inquiry& x, const upstream::Candidate* candidate) {
  if (auto denial = domain::evaluate(*x.policy, policy_input(x, candidate))) return denied(*denial);
  return std::nullopt;
}

/// Of several places that serve the model, those in front that policy forbids; the refusal when none is left
/// but a fallback, which stands in for failures only.
std::optional<core::Error> drop_denied(Inquiry& x) {
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

/// The layers that hold for this key on this route with this model, merged.
void find_policy(Inquiry& x, PolicyCache& policies) {
  const std::string_view model =
      x.candidates.empty() ? std::string_view{} : std::string_view(x.candidates.front().model);
  x.governed = policies.get(*x.snapshot, x.key, x.team_id, domain::route_label(x.match.route), model);
  x.policy = {x.governed, &x.governed->policy};
}

/// What layers above the key say of the key itself: when it counts as abandoned, and where it may be used
/// from. Its own policy was asked in step 2.
core::Result<void> check_layers(const Inquiry& x) {
  if (x.snapshot->layers.empty()) return {};
  auto usable = noted(x.trace, kIdleRule, identity::check_usable(*x.key, x.began, x.policy.get()),
                      x.policy->unused_key_auto_disable_after_days.has_value());
  if (!usable) return usable;
  const auto& sources = x.policy->allowed_source_addresses;
  core::Result<void> allowed;
  if (!sources.empty() && !identity::source_allowed(sources, identity::parse_sources(sources), x.source)) {
    allowed = std::unexpected(
        core::Error(core::ErrorCode::policy_denied, "This key may not be used from this address.")
            .with_reason("allowed_source_addresses"));
  }
  return noted(x.trace, kLayerSourceRule, std::move(allowed), !sources.empty());
}

core::Result<void> check_rules(Inquiry& x) {
  auto refusal = x.candidates.empty() ? check(x, nullptr) : drop_denied(x);
  if (x.trace != nullptr) {
    const upstream::Candidate* judged = x.candidates.empty() ? nullptr : &x.candidates.front();
    x.trace->note(domain::judge(*x.policy, policy_input(x, judged)));
  }
  if (refusal) return std::unexpected(std::move(*refusal));
  return {};
}

}  // namespace

domain::PolicyInput policy_input(const Inquiry& x, const upstream::Candidate* candidate) {
  domain::PolicyInput input;
  input.route = policy_route(x);
  input.service = x.service;
  input.stream = x.features.stream;
  input.tools = x.features.tool_count > 0;
  input.tool_count = x.features.tool_count;
  input.tool_schema_bytes = x.features.tool_schema_bytes;
  input.request_body_bytes = x.body_bytes;
  input.estimated_input_tokens = x.features.estimated_input_tokens;
  input.max_output_tokens = x.features.max_output_tokens;
  input.now = x.began;
  if (candidate != nullptr) {
    input.model = candidate->model;
    input.provider = candidate->provider->name;
    input.provider_kind = domain::to_string(candidate->provider->kind);
  }
  return input;
}

core::Result<void> find_candidates(Inquiry& x) {
  if (x.is_raw()) x.raw_route = fmt::format("/providers/{}/*", x.match.argument);
  auto candidates =
      x.is_raw() ? upstream::resolve_passthrough(*x.snapshot, x.match.argument, x.features.model)
                 : upstream::resolve(*x.snapshot, {x.match.operation, x.features.model, x.wanted_provider,
                                                   domain::route_label(x.match.route), x.draw});
  if (!candidates) return noted(x.trace, kModelRule, std::unexpected(std::move(candidates.error())));
  x.candidates = std::move(*candidates);
  if (x.trace != nullptr) x.trace->candidates = x.candidates;
  return noted(x.trace, kModelRule, {});
}

core::Result<void> apply_policy(Inquiry& x, PolicyCache& policies) {
  find_policy(x, policies);
  if (auto allowed = check_layers(x); !allowed) return allowed;
  return check_rules(x);
}

core::Result<void> decide(Inquiry& x, PolicyCache& policies, PriceMemo& prices) {
  // Policy judges the model that the name resolves to, so that an alias cannot bypass it.
  if (!x.is_list()) {
    if (auto found = find_candidates(x); !found) return found;
  }
  if (auto allowed = apply_policy(x, policies); !allowed) return allowed;
  return x.is_list() ? core::Result<void>() : find_charge(x, prices);
}

std::optional<core::Error> check_candidate(const Inquiry& x, const upstream::Candidate& candidate) {
  return check(x, &candidate);
}

}  // namespace relayna::pipeline
