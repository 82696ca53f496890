#include "control/usage/focus.hpp"

#include <chrono>

#include <fmt/format.h>

#include "relayna/core/money.hpp"

namespace relayna::control {

namespace {

using json::Document;
using store::DailyUsage;
using store::UsageSummary;

bool measured_in_tokens(const DailyUsage& usage) noexcept {
  return usage.summary.total_tokens > 0;
}
std::int64_t admitted(const DailyUsage& usage) noexcept {
  return usage.summary.requests - usage.summary.refused;
}

Document text(const std::string& value) {
  return value.empty() ? Document() : Document(value);
}
Document moment(core::SystemTime time) {
  return core::to_rfc3339(time);
}

Document cost(const Charge& charge) {
  // Decimals would be read back as doubles by half of the world: as text they stay what they are.
  return core::Money::nanos(charge.usage.summary.cost_nanos).str();
}
Document quantity(const Charge& charge) {
  return measured_in_tokens(charge.usage) ? charge.usage.summary.total_tokens : admitted(charge.usage);
}
Document unit(const Charge& charge) {
  return measured_in_tokens(charge.usage) ? "Tokens" : "Requests";
}
Document provider(const Charge& charge) {
  return charge.usage.provider.empty() ? "unknown" : charge.usage.provider;
}
Document sku(const Charge& charge) {
  const auto& usage = charge.usage;
  const std::string& item = usage.model.empty() ? usage.service : usage.model;
  return fmt::format("{}/{}", usage.provider, item);
}

std::chrono::year_month month_of(core::SystemTime day) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(day));
  return date.year() / date.month();
}
Document start_of(std::chrono::year_month month) {
  return moment(std::chrono::sys_days(month / 1));
}

Document description(const Charge& charge) {
  const auto& usage = charge.usage;
  return fmt::format("{} by {}: {} tokens in {} requests", usage.model.empty() ? usage.service : usage.model,
                     usage.provider, usage.summary.total_tokens, admitted(usage));
}

Document tags(const Charge& charge) {
  Document pairs = Document::object();
  if (!charge.usage.team_id.empty()) pairs["relayna/team_id"] = charge.usage.team_id;
  if (!charge.team_name.empty()) pairs["relayna/team"] = charge.team_name;
  return json::dump(pairs);
}

Document priced(const Charge& charge) {
  const auto& sums = charge.usage.summary;
  if (sums.unpriced == 0) return "yes";
  return sums.cost_nanos > 0 ? "partly" : "no";
}

template <std::int64_t UsageSummary::* Member>
Document sum(const Charge& charge) {
  return charge.usage.summary.*Member;
}
struct Column : FocusColumn {
  Document (*cell)(const Charge&);
};
constexpr std::string_view kCostAbout =
    "What the gateway's prices make of it, exact; without what has no price.";
constexpr Column kColumns[] = {
    {{"BilledCost", kCostAbout}, cost},
    {{"EffectiveCost", "The same."}, cost},
    {{"ListCost", "The same."}, cost},
    {{"ContractedCost", "The same."}, cost},
    {{"BillingCurrency", "USD"}, [](const Charge&) -> Document { return "USD"; }},
    {{"BillingAccountId", "The installation: its GATEWAY_ENVIRONMENT."},
     [](const Charge& charge) { return text(charge.account); }},
    {{"BillingAccountName", ""},
     [](const Charge& charge) -> Document { return "Relayna Gateway " + charge.account; }},
    {{"BillingPeriodStart", "The month, UTC."},
     [](const Charge& charge) { return start_of(month_of(charge.usage.day)); }},
    {{"BillingPeriodEnd", ""},
     [](const Charge& charge) { return start_of(month_of(charge.usage.day) + std::chrono::months(1)); }},
    {{"ChargePeriodStart", "The day, UTC."}, [](const Charge& charge) { return moment(charge.usage.day); }},
    {{"ChargePeriodEnd", ""},
     [](const Charge& charge) { return moment(charge.usage.day + std::chrono::days(1)); }},
    {{"ChargeCategory", "Usage"}, [](const Charge&) -> Document { return "Usage"; }},
    {{"ChargeClass", "Empty: no correction of an earlier period."}, [](const Charge&) { return Document(); }},
    {{"ChargeDescription", ""}, description},
    {{"ChargeFrequency", "Usage-Based"}, [](const Charge&) -> Document { return "Usage-Based"; }},
    {{"ConsumedQuantity", "Tokens; requests where none were counted."}, quantity},
    {{"ConsumedUnit", "Tokens or Requests"}, unit},
    {{"PricingCategory", "Standard"}, [](const Charge&) -> Document { return "Standard"; }},
    {{"PricingQuantity", "As ConsumedQuantity."}, quantity},
    {{"PricingUnit", "As ConsumedUnit."}, unit},
    {{"ProviderName", "The provider, as it is called here."}, provider},
    {{"PublisherName", "The same."}, provider},
    {{"InvoiceIssuerName", "The same."}, provider},
    {{"ServiceCategory", ""}, [](const Charge&) -> Document { return "AI and Machine Learning"; }},
    {{"ServiceSubcategory", "Generative AI, or Other for services."},
     [](const Charge& charge) -> Document {
       return charge.usage.service.empty() ? "Generative AI" : "Other (AI and Machine Learning)";
     }},
    {{"ServiceName", "The service; else the provider."},
     [](const Charge& charge) {
       return charge.usage.service.empty() ? provider(charge) : Document(charge.usage.service);
     }},
    {{"SkuId", "provider/model, or provider/service."}, sku},
    {{"SkuPriceId", "The same."}, sku},
    {{"SkuMeter", "As ConsumedUnit."}, unit},
    {{"SubAccountId", "The project; empty: an individual key."},
     [](const Charge& charge) { return text(charge.usage.project_id); }},
    {{"SubAccountName", "What the project is called now."},
     [](const Charge& charge) { return text(charge.project_name); }},
    {{"SubAccountType", "Project"},
     [](const Charge& charge) { return charge.usage.project_id.empty() ? Document() : Document("Project"); }},
    {{"ResourceId", "The virtual key."}, [](const Charge& charge) { return text(charge.usage.key_id); }},
    {{"ResourceName", "What the key is called now."},
     [](const Charge& charge) { return text(charge.key_name); }},
    {{"ResourceType", "Virtual Key"},
     [](const Charge& charge) { return charge.usage.key_id.empty() ? Document() : Document("Virtual Key"); }},
    {{"Tags", "JSON: the team."}, tags},
    {{"x_Priced", "yes; partly or no when requests are without a price, so that the cost is too low."},
     priced},
    {{"x_UnpricedRequests", "How many those are."}, sum<&UsageSummary::unpriced>},
    {{"x_Requests", "Admitted ones."},
     [](const Charge& charge) -> Document { return admitted(charge.usage); }},
    {{"x_InputTokens", ""}, sum<&UsageSummary::input_tokens>},
    {{"x_OutputTokens", ""}, sum<&UsageSummary::output_tokens>},
    {{"x_CacheReadTokens", ""}, sum<&UsageSummary::cache_read_tokens>},
    {{"x_CacheWriteTokens", ""}, sum<&UsageSummary::cache_write_tokens>},
    {{"x_ReasoningTokens", ""}, sum<&UsageSummary::reasoning_tokens>},
};

}  // namespace

bool is_charge(const DailyUsage& usage) noexcept {
  const auto& sums = usage.summary;
  return sums.cost_nanos > 0 || sums.total_tokens > 0 || (!usage.service.empty() && admitted(usage) > 0);
}

std::vector<FocusColumn> focus_columns() {
  return {std::begin(kColumns), std::end(kColumns)};
}

void write_focus_header(CsvWriter& csv) {
  for (const Column& column : kColumns) csv.text(column.name);
  csv.end_row();
}

void write_focus_row(CsvWriter& csv, const Charge& charge) {
  for (const Column& column : kColumns) csv.value(column.cell(charge));
  csv.end_row();
}

}  // namespace relayna::control
