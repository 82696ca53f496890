#include <algorithm>

#include "control/api/schemas.hpp"
#include "control/resources/key_shape.hpp"
#include "control/usage/report_rows.hpp"
#include "control/usage/usage.hpp"
#include "control/usage/usage_filter.hpp"

namespace relayna::control {

namespace {

using json::Document;
using std::chrono::hours;
using store::UsageDimension;

constexpr PeriodRule kPeriod{.most = hours(24 * 31)};
constexpr std::int64_t kMostGroups = 100;
constexpr std::size_t kMostUnused = 100;

/// What a first look breaks usage down by.
constexpr std::pair<std::string_view, UsageDimension> kParts[] = {
    {"projects", UsageDimension::project},   {"keys", UsageDimension::key},
    {"services", UsageDimension::service},   {"endpoints", UsageDimension::endpoint},
    {"providers", UsageDimension::provider}, {"models", UsageDimension::model},
    {"tasks", UsageDimension::task},
};

core::Result<Document> show_breakdowns(store::AnalyticsRepository& analytics,
                                       const store::UsageFilter& filter, std::size_t limit, Names& names) {
  Document all = Document::object();
  for (const auto& [part, dimension] : kParts) {
    const auto breakdown = analytics.breakdown(
        {.filter = filter, .by = dimension, .order = store::BreakdownOrder::cost, .limit = limit});
    if (!breakdown) return std::unexpected(breakdown.error());
    auto groups = show_groups(breakdown->groups, dimension, names);
    if (!groups) return groups;
    all[std::string(part)] = std::move(*groups);
  }
  return all;
}

/// Both go by the hour up to two days, and by the day beyond.
core::Result<Document> show_series(store::AnalyticsRepository& analytics, const store::UsageFilter& filter,
                                   const Dimension* split, Names& names) {
  const bool hourly = *filter.to - *filter.from <= hours(48);
  const hours bucket = hourly ? hours(1) : hours(24);
  auto series =
      analytics.series({.filter = filter,
                        .interval = hourly ? store::UsageInterval::hour : store::UsageInterval::day,
                        .split = split != nullptr ? std::optional(split->dimension) : std::nullopt});
  if (!series) return std::unexpected(std::move(series.error()));
  if (split == nullptr) series->points = without_gaps(std::move(series->points), series->covered, bucket);
  return show_points(series->points, split, bucket, names);
}

core::Result<Document> show_unused(store::AnalyticsRepository& analytics, const store::UsageFilter& filter,
                                   core::SystemTime now) {
  auto keys = analytics.unused_keys(filter.from, filter.to);
  if (!keys) return std::unexpected(std::move(keys.error()));
  Document shown = Document::array();
  for (std::size_t i = 0; i < std::min(kMostUnused, keys->size()); ++i)
    shown.push_back(key_shape().show((*keys)[i], now));
  return shown;
}

core::Result<Answer> answer_dashboard(store::Store& store, Call& call) {
  const auto limit = call.query.take_number("limit", 1, kMostGroups, 10, call.problems);
  const auto filter = read_usage_filter(call, kPeriod);
  if (!call.problems.empty()) return std::unexpected(call.problems.error());
  auto& analytics = store.analytics();
  Names names(store.administration());
  const Dimension& service = *std::ranges::find(dimensions(), UsageDimension::service, &Dimension::dimension);
  const auto totals = analytics.summary(filter);
  if (!totals) return std::unexpected(totals.error());
  auto breakdowns = show_breakdowns(analytics, filter, static_cast<std::size_t>(limit), names);
  if (!breakdowns) return std::unexpected(std::move(breakdowns.error()));
  auto series = show_series(analytics, filter, nullptr, names);
  if (!series) return std::unexpected(std::move(series.error()));
  auto services = show_series(analytics, filter, &service, names);
  if (!services) return std::unexpected(std::move(services.error()));
  auto unused = show_unused(analytics, filter, call.now);
  if (!unused) return std::unexpected(std::move(unused.error()));

  Answer answer;
  answer.body = show_period(filter);
  answer.body["covered"] = show(totals->covered);
  answer.body["summary"] = summary_shape().show(totals->summary, {});
  answer.body["breakdowns"] = std::move(*breakdowns);
  answer.body["timeseries"] = std::move(*series);
  answer.body["service_timeseries"] = std::move(*services);
  answer.body["unused_keys"] = std::move(*unused);
  return answer;
}

Document schema() {
  const Document moment{{"type", "string"}, {"format", "date-time"}};
  Document parts = Document::object();
  for (const auto& [part, dimension] : kParts) parts[std::string(part)] = array_of(group_schema());
  return object_schema({{"from", moment},
                        {"to", moment},
                        {"covered", coverage_schema()},
                        {"summary", reference(summary_shape().name())},
                        {"breakdowns", object_schema(std::move(parts))},
                        {"timeseries", array_of(point_schema())},
                        {"service_timeseries", array_of(point_schema())},
                        {"unused_keys", array_of(reference(key_shape().name()))}});
}

}  // namespace

void add_usage_dashboard(Api& api, const Resources& with) {
  auto made =
      usage_reading("/admin/usage/dashboard", "usage.dashboard", "A first look at usage, in one answer");
  made.about =
      "Totals, what cost the most of each kind, series (by the hour up to two days, by the day beyond) and "
      "up to "
      "100 keys that were not used. The reports of their own say more.";
  made.query = {{"limit",
                 {{"type", "integer"}, {"minimum", 1}, {"maximum", kMostGroups}, {"default", 10}},
                 "How many of each kind."}};
  for (auto& parameter : usage_filter_parameters(kPeriod)) made.query.push_back(std::move(parameter));
  made.response = schema();
  made.run = Operation::Blocking([&store = with.store](Call& call) { return answer_dashboard(store, call); });
  api.add(std::move(made));
}

}  // namespace relayna::control
