#include <algorithm>

#include <fmt/format.h>

#include "pipeline/decide.hpp"
#include "pipeline/trace.hpp"

namespace relayna::pipeline {

namespace {

/// Embeddings have input only.
bool generates(const Inquiry& x) {
  return x.match.metered != dialect::Operation::embeddings;
}

bool counts_tokens(const domain::LimitSet& limits) noexcept {
  return limits.has(domain::LimitKind::tokens_per_minute) || limits.has(domain::LimitKind::tokens_per_day);
}

/// A call nobody can read is taken for one answer of the assumed length, where tokens are limited at all:
/// what it uses is not known, but it is not nothing.
domain::TokenEstimate estimate_unreadable(const Inquiry& x) {
  const bool limited = std::ranges::any_of(x.scopes, [](const domain::LimitedScope& scope) {
    return counts_tokens(scope.hard) || counts_tokens(scope.soft);
  });
  if (!limited) return {};
  return domain::estimate_usage(x.features.estimated_input_tokens.value_or(0), std::nullopt, 1,
                                x.policy->default_output_tokens);
}

domain::TokenEstimate estimate(const Inquiry& x) {
  if (is_unreadable(x)) return estimate_unreadable(x);
  if (!uses_tokens(x)) return {};
  const std::int64_t input =
      x.features.estimated_input_tokens.value_or(dialect::estimate_tokens(x.body_bytes));
  if (!generates(x)) return {.input = input};
  return domain::estimate_usage(input, x.features.max_output_tokens, x.features.choices,
                                x.policy->default_output_tokens);
}

/// The most the request can cost at any of its candidates; what the route says when one of them has no price.
std::optional<core::Money> dearest(const Inquiry& x, PriceMemo& prices) {
  core::Money most;
  for (const upstream::Candidate& candidate : x.candidates) {
    const domain::Price* price = prices.find(x.snapshot, *candidate.provider, candidate.model, x.began);
    const auto cost =
        price == nullptr ? std::nullopt : domain::estimate_cost(*price, x.estimate.input, x.estimate.output);
    if (!cost) return x.route_settings.request_cost;
    most = std::max(most, *cost);
  }
  return most;
}

std::optional<core::Money> most_cost(const Inquiry& x, PriceMemo& prices) {
  if (x.assumed_cost) return x.assumed_cost;
  if (is_unreadable(x)) return x.route_settings.request_cost;
  return uses_tokens(x) ? dearest(x, prices) : core::Money();
}

/// What one request may cost, and budgets, nobody can keep without a price.
core::Result<void> check_price(const Inquiry& x) {
  const bool budgeted =
      std::ranges::any_of(x.scopes, [](const domain::LimitedScope& s) { return s.hard.has_money(); });
  const bool needed = x.policy->max_cost_per_request || budgeted;
  core::Result<void> known;
  if (needed && !x.most_cost && !x.policy->allow_unpriced_models) {
    const std::string& model = x.candidates.front().model;
    known = std::unexpected(
        core::Error(
            core::ErrorCode::unpriced_model,
            model.empty()
                ? std::string("What this call costs is not known, and this API key has a budget.")
                : fmt::format("The model {} has no price, and this API key has a budget. An operator can set "
                              "one (`prices`), or what a request on this route costs.",
                              model))
            .with_reason("allow_unpriced_models"));
  }
  return noted(x.trace, kPriceRule, std::move(known), needed);
}

core::Result<void> check_cost(const Inquiry& x) {
  const auto& most = x.policy->max_cost_per_request;
  core::Result<void> allowed;
  if (most && x.most_cost && *x.most_cost > *most) {
    allowed = std::unexpected(
        core::Error(
            core::ErrorCode::policy_denied,
            fmt::format("The request may cost up to {} USD; policy allows {}. (rule: max_cost_per_request)",
                        x.most_cost->str(), most->str()))
            .with_reason("max_cost_per_request"));
  }
  return noted(x.trace, kCostRule, std::move(allowed), most && x.most_cost);
}

}  // namespace

bool uses_tokens(const Inquiry& x) noexcept {
  using dialect::Operation;
  const Operation metered = x.match.metered;
  return metered != Operation::count_tokens && metered != Operation::models && metered != Operation::other;
}

bool is_unreadable(const Inquiry& x) noexcept {
  return x.match.metered == dialect::Operation::other && x.method == "POST";
}

core::Result<void> find_charge(Inquiry& x, PriceMemo& prices) {
  x.scopes = x.governed->scopes.for_end_user(x.end_user());
  x.estimate = estimate(x);
  x.most_cost = most_cost(x, prices);
  if (auto known = check_price(x); !known) return known;
  return check_cost(x);
}

}  // namespace relayna::pipeline
