#include "control/usage/summary_shape.hpp"

#include <algorithm>
#include <cmath>

#include "relayna/core/money.hpp"

#include "control/api/schemas.hpp"

namespace relayna::control {

namespace {

using json::Document;
using store::UsageSummary;

/// A sum, under the name operators know it by.
struct Sum {
  std::string_view name;
  std::int64_t UsageSummary::* member;
  std::string_view about;
};
constexpr Sum kSums[] = {
    {"request_count", &UsageSummary::requests, "Successes and failures."},
    {"failure_count", &UsageSummary::failures,
     "Status 400 and above, or an answer that broke; refused ones included."},
    {"refused_count", &UsageSummary::refused, "By the gateway, before any upstream was asked."},
    {"policy_denial_count", &UsageSummary::policy_denials, "Status 403."},
    {"rate_limit_denial_count", &UsageSummary::rate_limit_denials, "Status 429."},
    {"budget_denial_count", &UsageSummary::budget_denials, "Status 402."},
    {"input_tokens", &UsageSummary::input_tokens, ""},
    {"output_tokens", &UsageSummary::output_tokens, ""},
    {"total_tokens", &UsageSummary::total_tokens, ""},
    {"cache_read_tokens", &UsageSummary::cache_read_tokens, ""},
    {"cache_write_tokens", &UsageSummary::cache_write_tokens, ""},
    {"reasoning_tokens", &UsageSummary::reasoning_tokens, ""},
    {"audio_input_tokens", &UsageSummary::audio_input_tokens, ""},
    {"audio_output_tokens", &UsageSummary::audio_output_tokens, ""},
    {"cost_nanos", &UsageSummary::cost_nanos, "Billionths of a US dollar, of the requests with a price."},
    {"unpriced_count", &UsageSummary::unpriced,
     "Requests that used tokens without a price: their cost is unknown."},
    {"total_latency_ms", &UsageSummary::latency_ms, "Of all but the refused ones."},
    {"first_token_count", &UsageSummary::first_tokens, "Requests whose first token was timed."},
    {"total_first_token_ms", &UsageSummary::first_token_ms, "The sum of those times."},
    {"fallback_count", &UsageSummary::fallbacks, "Requests that another upstream answered."},
};

/// A fraction with a thousandth's precision, which is all that anybody reads.
Document rounded(std::optional<double> value) {
  return value ? Document(std::round(*value * 1'000) / 1'000) : Document();
}

const Document kNumberOrNull{{"type", {"number", "null"}}};

}  // namespace

const Shape<UsageSummary>& summary_shape() {
  static const auto shape = [] {
    Shape<UsageSummary> summary("UsageSummary", "What some requests add up to.");
    for (const Sum& sum : kSums) {
      summary.field(std::string(sum.name), sum.member, number(0), Field::shown, std::string(sum.about));
    }
    summary.computed(
        "success_count", {{"type", "integer"}},
        [](const UsageSummary& row, core::SystemTime) { return Document(row.successes()); }, "");
    summary.computed(
        "cost_usd", {{"type", "string"}, {"pattern", "^[0-9]+(\\.[0-9]{1,9})?$"}},
        [](const UsageSummary& row, core::SystemTime) {
          return Document(core::Money::nanos(row.cost_nanos).str());
        },
        "`cost_nanos` in US dollars, an exact decimal.");
    summary.computed(
        "average_latency_ms", kNumberOrNull,
        [](const UsageSummary& row, core::SystemTime) { return rounded(row.average_latency_ms()); },
        "null: there is none to average.");
    summary.computed(
        "average_first_token_ms", kNumberOrNull,
        [](const UsageSummary& row, core::SystemTime) { return rounded(row.average_first_token_ms()); }, "");
    summary.computed(
        "fallback_rate", {{"type", "number"}},
        [](const UsageSummary& row, core::SystemTime) { return rounded(row.fallback_rate()); }, "0 to 1.");
    return summary;
  }();
  return shape;
}

UsageSummary without(const UsageSummary& all, const UsageSummary& part) noexcept {
  UsageSummary rest;
  for (const Sum& sum : kSums)
    rest.*sum.member = std::max<std::int64_t>(all.*sum.member - part.*sum.member, 0);
  return rest;
}

void add_to(UsageSummary& sum, const UsageSummary& part) noexcept {
  for (const Sum& one : kSums) {
    std::int64_t& total = sum.*one.member;
    if (__builtin_add_overflow(total, part.*one.member, &total))
      total = std::numeric_limits<std::int64_t>::max();
  }
}

Document show(const store::Coverage& covered) {
  const auto moment = [](const std::optional<core::SystemTime>& time) {
    return time ? Document(core::to_rfc3339(*time)) : Document();
  };
  return {{"from", moment(covered.from)}, {"to", moment(covered.to)}, {"complete", covered.complete}};
}

Document coverage_schema() {
  const Document moment{{"type", {"string", "null"}}, {"format", "date-time"}};
  Document schema = object_schema({{"from", moment}, {"to", moment}, {"complete", {{"type", "boolean"}}}});
  schema["description"] =
      "The part of the asked period that the answer is about. `complete` is false when that is less: sums do "
      "not know the combination of filters and the period holds more requests than one answer looks at, or "
      "they were purged.";
  return schema;
}

}  // namespace relayna::control
