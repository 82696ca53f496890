#include "pipeline/metering.hpp"

#include <algorithm>

#include "pipeline/steps.hpp"

namespace relayna::pipeline {

namespace {

/// The gateway stopped waiting for an answer.
bool gave_up(const Exchange& x) {
  return x.error_code == core::error_info(core::ErrorCode::upstream_timeout).name ||
         x.error_code == core::error_info(core::ErrorCode::shutting_down).name;
}

/// Whether an upstream may have worked for this request: it answered well, or it was still at it when
/// somebody ceased to wait.
bool was_served(const Exchange& x) {
  if (x.answered_by_upstream) return x.status < 400;
  return x.attempts.sent && (x.client_gone || gave_up(x));
}

bool has_budget(const Exchange& x) {
  return std::ranges::any_of(x.standings(), [](const auto& at) { return at.scope->hard.has_money(); });
}

/// The provider did not say, or not to the end: what it said of the prompt, else the estimate, and of the
/// answer what has passed. An answer that comes whole may have been ready when nobody waited any more.
dialect::Usage estimated_usage(const Exchange& x) {
  dialect::Usage usage = x.usage;
  usage.input = usage.input.value_or(x.estimate.input);
  const bool streams = x.answered_by_upstream ? x.stream : x.features.stream;
  const std::int64_t passed = streams ? x.streamed_tokens : x.estimate.output;
  usage.output = std::max(usage.output.value_or(0), passed);
  usage.total = *usage.input + *usage.output;
  return usage;
}

/// Gemini and others leave the total to the reader.
std::int64_t total_of(const dialect::Usage& usage, const domain::TokenBuckets& buckets) {
  return usage.total.value_or(buckets.input() + buckets.output());
}

void write_tokens(const dialect::Usage& usage, std::int64_t total, domain::UsageEvent& event) {
  event.input_tokens = usage.input;
  event.output_tokens = usage.output;
  event.total_tokens = total;
  event.cache_read_tokens = usage.cache_read;
  event.cache_write_tokens = usage.cache_write;
  event.reasoning_tokens = usage.reasoning;
  event.audio_input_tokens = usage.audio_input;
  event.audio_output_tokens = usage.audio_output;
}

const domain::Price* find_price(const Exchange& x, const dialect::Usage& usage) {
  const domain::Provider* provider = x.snapshot->provider(x.provider);
  if (provider == nullptr) return nullptr;
  const domain::Price* price = x.prices().find(x.snapshot, *provider, x.model, x.began);
  // Behind a name of somebody's own (a deployment, an alias) the answer says which model it was.
  if (price == nullptr && usage.model) price = x.prices().find(x.snapshot, *provider, *usage.model, x.began);
  return price;
}

/// The price may lack a rate for what turned up in the answer, such as audio. A budget keeps what it holds
/// for the request then: free of charge is the one thing it was not.
domain::Charge charge_of(const Exchange& x, const dialect::Usage& usage,
                         const domain::TokenBuckets& buckets) {
  domain::Charge charge =
      domain::charge(usage.reported_cost, find_price(x, usage), buckets, x.route_settings.request_cost);
  if (!charge.cost && x.most_cost && has_budget(x)) {
    charge = {.cost = core::Money::nanos(x.reservation.reserved().cost_nanos),
              .source = domain::CostSource::reserved};
  }
  return charge;
}

void write_cost(const domain::Charge& charge, domain::UsageEvent& event) {
  event.cost_source = to_string(charge.source);
  if (charge.cost) event.cost_nanos = charge.cost->nanos();
}

/// What its limits were charged beforehand is all there is to know of it.
counters::Amounts meter_unreadable(const Exchange& x, domain::UsageEvent& event) {
  const domain::Charge charge =
      domain::charge(x.usage.reported_cost, nullptr, {}, x.route_settings.request_cost);
  write_cost(charge, event);
  const std::int64_t total = x.estimate.total();
  if (total > 0) {
    event.input_tokens = x.estimate.input;
    event.output_tokens = x.estimate.output;
    event.total_tokens = total;
    event.usage_source = "estimated";
  }
  return {.tokens = total, .cost_nanos = event.cost_nanos.value_or(0)};
}

}  // namespace

counters::Amounts meter(const Exchange& x, domain::UsageEvent& event) {
  event.cost_source.clear();  // the draft's
  if (!was_served(x)) return {};
  if (is_unreadable(x)) return meter_unreadable(x, event);
  if (!uses_tokens(x)) return {};
  const bool reported = x.usage.reported() && x.usage_is_final;
  const dialect::Usage usage = reported ? x.usage : estimated_usage(x);
  const domain::TokenBuckets buckets = dialect::token_buckets(usage);
  const std::int64_t total = total_of(usage, buckets);
  write_tokens(usage, total, event);
  event.usage_source = reported ? "reported" : "estimated";

  const domain::Charge charge = charge_of(x, usage, buckets);
  write_cost(charge, event);
  return {.tokens = total, .cost_nanos = event.cost_nanos.value_or(0)};
}

}  // namespace relayna::pipeline
