#include "pipeline/metering.hpp"

#include <algorithm>

#include "pipeline/steps.hpp"

namespace relayna::pipeline {

namespace {

/// Whether an upstream may have worked for this request: it answered well, or it was still at it when the
/// client left or the stream broke.
bool was_served(const Exchange& x) {
  if (x.answered_by_upstream) return x.status < 400;
  return x.attempts.made > 0 && x.client_gone;
}

/// The provider did not say, or not to the end: what it said of the prompt, else the estimate, and of the
/// answer what has passed.
dialect::Usage estimated_usage(const Exchange& x) {
  dialect::Usage usage = x.usage;
  usage.input = usage.input.value_or(x.estimate.input);
  const std::int64_t passed = x.stream || !x.answered_by_upstream ? x.streamed_tokens : x.estimate.output;
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

}  // namespace

counters::Amounts meter(const Exchange& x, domain::UsageEvent& event) {
  event.cost_source.clear();  // the draft's
  if (!was_served(x)) return {};
  if (is_unreadable(x)) event.cost_source = domain::to_string(domain::CostSource::unpriced);
  if (!uses_tokens(x)) return {};
  const bool reported = x.usage.reported() && x.usage_is_final;
  const dialect::Usage usage = reported ? x.usage : estimated_usage(x);
  const domain::TokenBuckets buckets = dialect::token_buckets(usage);
  const std::int64_t total = total_of(usage, buckets);
  write_tokens(usage, total, event);
  event.usage_source = reported ? "reported" : "estimated";

  const domain::Provider* provider = x.snapshot->provider(x.provider);
  const domain::Price* price =
      provider == nullptr ? nullptr : x.prices().find(x.snapshot, *provider, x.model, x.began);
  const domain::Charge charge = domain::charge(usage.reported_cost, price, buckets, std::nullopt);
  event.cost_source = to_string(charge.source);
  if (charge.cost) event.cost_nanos = charge.cost->nanos();
  return {.tokens = total, .cost_nanos = charge.cost.value_or(core::Money()).nanos()};
}

}  // namespace relayna::pipeline
