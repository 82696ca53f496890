#include <algorithm>

#include <fmt/format.h>

#include "pipeline/probe.hpp"
#include "pipeline/steps.hpp"

namespace relayna::pipeline {

namespace {

/// Embeddings have input only.
bool generates(const Exchange& x) {
  return x.match.metered != dialect::Operation::embeddings;
}

domain::TokenEstimate estimate(const Exchange& x) {
  if (!uses_tokens(x)) return {};
  const std::int64_t input =
      x.features.estimated_input_tokens.value_or(dialect::estimate_tokens(x.body.size()));
  if (!generates(x)) return {.input = input};
  return domain::estimate_usage(input, x.features.max_output_tokens, x.features.choices,
                                x.policy->default_output_tokens);
}

/// The most the request can cost at any of its candidates; nullopt when one of them has no price.
std::optional<core::Money> dearest(const Exchange& x) {
  core::Money most;
  for (const upstream::Candidate& candidate : x.candidates) {
    const domain::Price* price = price_of(x, *candidate.provider, candidate.model);
    const auto cost =
        price == nullptr ? std::nullopt : domain::estimate_cost(*price, x.estimate.input, x.estimate.output);
    if (!cost) return std::nullopt;
    most = std::max(most, *cost);
  }
  return most;
}

/// The rules that need a price: what one request may cost, and budgets, which nobody can keep without.
core::Result<void> check_cost(const Exchange& x, const std::optional<core::Money>& cost) {
  const auto& most = x.policy->max_cost_per_request;
  const bool budgeted =
      std::ranges::any_of(x.scopes, [](const domain::LimitedScope& s) { return s.hard.has_money(); });
  if (!cost) {
    if ((!most && !budgeted) || x.policy->allow_unpriced_models) return {};
    return std::unexpected(
        core::Error(core::ErrorCode::unpriced_model,
                    x.candidates.front().model.empty()
                        ? std::string("What this call costs is not known, and this API key has a budget.")
                        : fmt::format("The model {} has no price, and this API key has a budget.",
                                      x.candidates.front().model))
            .with_reason("allow_unpriced_models"));
  }
  if (!most || *cost <= *most) return {};
  return std::unexpected(
      core::Error(
          core::ErrorCode::policy_denied,
          fmt::format("The request may cost up to {} USD; policy allows {}. (rule: max_cost_per_request)",
                      cost->str(), most->str()))
          .with_reason("max_cost_per_request"));
}

/// The error, and what is known of the limits kept for its answer.
core::Error not_admitted(Exchange& x, ledger::NotAdmitted why) {
  x.refused_by = std::move(why.standings);
  return std::move(why);
}

}  // namespace

bool uses_tokens(const Exchange& x) noexcept {
  using dialect::Operation;
  const Operation metered = x.match.metered;
  return metered != Operation::count_tokens && metered != Operation::models && metered != Operation::other;
}

bool is_unreadable(const Exchange& x) noexcept {
  const std::string_view method = x.request.head.method;
  return x.match.metered == dialect::Operation::other && method != "GET" && method != "HEAD";
}

const domain::Price* price_of(const Exchange& x, const domain::Provider& provider, std::string_view model) {
  return x.prices().find(x.snapshot, provider, model, x.began);
}

core::Result<void> find_limits(Exchange& x) {
  x.scopes = domain::for_end_user(x.governed->scopes, x.end_user());
  if (auto refused = x.parts().ledger.remembered_refusal(x.scopes))
    return std::unexpected(not_admitted(x, std::move(*refused)));
  return {};
}

runtime::Task<core::Result<void>> admit(Exchange& x) {
  x.estimate = estimate(x);
  std::optional<core::Money> cost = core::Money();
  if (uses_tokens(x)) cost = dearest(x);
  if (is_unreadable(x)) cost.reset();
  if (auto allowed = check_cost(x, cost); !allowed) co_return allowed;
  ledger::Demand demand{
      .scopes = std::move(x.scopes),
      .amounts = {.tokens = x.estimate.total(), .cost_nanos = cost.value_or(core::Money()).nanos()}};
  domain::UsageEvent draft = x.event();
  draft.provider = x.candidates.front().provider->name;
  draft.model = x.candidates.front().model;
  if (!cost) draft.cost_source = domain::to_string(domain::CostSource::unpriced);
  auto reservation = co_await x.parts().ledger.admit(std::move(demand), std::move(draft));
  if (!reservation) co_return std::unexpected(not_admitted(x, std::move(reservation.error())));
  x.reservation = std::move(*reservation);
  co_return core::Result<void>{};
}

}  // namespace relayna::pipeline
