#include <algorithm>

#include "control/api/schemas.hpp"
#include "control/usage/dimensions.hpp"
#include "control/usage/report_rows.hpp"
#include "control/usage/usage.hpp"
#include "control/usage/usage_filter.hpp"

namespace relayna::control {

namespace {

using json::Document;
using store::BreakdownOrder;
using store::UsageSummary;

constexpr PeriodRule kPeriod{};
constexpr std::int64_t kMostGroups = 500;

struct Order {
  std::string_view name;
  BreakdownOrder order;
};
constexpr Order kOrders[] = {
    {"requests", BreakdownOrder::requests}, {"cost", BreakdownOrder::cost},
    {"tokens", BreakdownOrder::tokens},     {"failures", BreakdownOrder::failures},
    {"latency", BreakdownOrder::latency},   {"fallbacks", BreakdownOrder::fallbacks},
    {"name", BreakdownOrder::name},
};

std::vector<std::string> order_names() {
  std::vector<std::string> names;
  for (const Order& known : kOrders) names.emplace_back(known.name);
  return names;
}

/// As `sort` may spell them: figures are in descending order anyway, which a `-` may say.
std::vector<std::string> sort_values() {
  auto values = order_names();
  for (const Order& known : kOrders) {
    if (known.order != BreakdownOrder::name) values.push_back('-' + std::string(known.name));
  }
  return values;
}

/// One of `sort_values`, which check_query has seen to.
const Order& take_order(const Query& query) {
  auto given = query.take("sort").value_or("requests");
  if (given.starts_with('-')) given.erase(0, 1);
  return *std::ranges::find(kOrders, given, &Order::name);
}

/// Requests with several tags are in several groups, so what is beside the groups cannot be told.
bool adds_up(store::UsageDimension dimension) {
  return dimension != store::UsageDimension::tag;
}

/// What the groups leave out; nothing when they do not add up to the whole, or part of it is gone. Asked
/// after the groups: what arrives in between counts here.
core::Result<std::optional<UsageSummary>> beside(store::AnalyticsRepository& analytics,
                                                 const store::BreakdownQuery& query,
                                                 const store::UsageBreakdown& breakdown) {
  if (!adds_up(query.by) || query.offset > 0) return std::optional<UsageSummary>();
  store::UsageFilter filter = query.filter;
  filter.from = breakdown.covered.from;
  filter.to = breakdown.covered.to;
  const auto totals = analytics.summary(filter);
  if (!totals) return std::unexpected(totals.error());
  if (!totals->covered.complete) return std::optional<UsageSummary>();
  UsageSummary groups;
  for (const auto& group : breakdown.groups) add_to(groups, group.summary);
  return without(totals->summary, groups);
}

core::Result<Answer> break_down(store::Store& store, Call& call, const Dimension& by) {
  const Order& order = take_order(call.query);
  const auto limit = call.query.take_number("limit", 1, kMostGroups, 20, call.problems);
  const auto offset = call.query.take_number("cursor", 0, std::int64_t{1} << 40, 0, call.problems);
  store::BreakdownQuery query{.filter = read_usage_filter(call, kPeriod),
                              .by = by.dimension,
                              .order = order.order,
                              .limit = static_cast<std::size_t>(limit),
                              .offset = static_cast<std::size_t>(offset)};
  if (!call.problems.empty()) return std::unexpected(call.problems.error());
  const auto breakdown = store.analytics().breakdown(query);
  if (!breakdown) return std::unexpected(breakdown.error());
  const auto other = beside(store.analytics(), query, *breakdown);
  if (!other) return std::unexpected(other.error());
  Names labels(store.administration());
  auto data = show_groups(breakdown->groups, by.dimension, labels);
  if (!data) return std::unexpected(std::move(data.error()));

  Answer answer;
  answer.body = show_period(query.filter);
  answer.body["by"] = std::string(by.name);
  answer.body["sort"] = std::string(order.name);
  answer.body["covered"] = show(breakdown->covered);
  answer.body["data"] = std::move(*data);
  answer.body["other"] = *other ? summary_shape().show(**other, {}) : Document();
  answer.body["next_cursor"] = breakdown->more ? Document(std::to_string(offset + limit)) : Document();
  return answer;
}

Document schema() {
  const Document moment{{"type", "string"}, {"format", "date-time"}};
  const Document text{{"type", {"string", "null"}}};
  Document other = nullable(reference(summary_shape().name()));
  other["description"] =
      "All that the groups of a first page leave out, for end users and tasks with the requests that name "
      "none; "
      "null: on later pages, for tags (a request may have several), and where a part of it was purged.";
  return object_schema({{"from", moment},
                        {"to", moment},
                        {"by", dimension_schema()},
                        {"sort", {{"type", "string"}, {"enum", order_names()}}},
                        {"covered", coverage_schema()},
                        {"data", array_of(group_schema())},
                        {"other", std::move(other)},
                        {"next_cursor", text}});
}

}  // namespace

void add_usage_breakdowns(Api& api, const Resources& with) {
  api.add_schema("UsageBreakdown", schema());
  for (const Dimension& by : dimensions()) {
    const std::string path(by.path);
    auto made = usage_reading("/admin/usage/" + path, "usage." + path, "Usage " + path);
    std::ranges::replace(made.summary, '-', ' ');
    made.query = {{"sort",
                   {{"type", "string"}, {"enum", sort_values()}, {"default", "requests"}},
                   "The most of this first, with or without `-`; `name` from the least; latency in total."},
                  {"limit",
                   {{"type", "integer"}, {"minimum", 1}, {"maximum", kMostGroups}, {"default", 20}},
                   "How many groups."},
                  {"cursor", {{"type", "string"}}, "`next_cursor` of the page before."}};
    for (auto& parameter : usage_filter_parameters(kPeriod)) made.query.push_back(std::move(parameter));
    made.response = reference("UsageBreakdown");
    made.run =
        Operation::Blocking([&store = with.store, &by](Call& call) { return break_down(store, call, by); });
    api.add(std::move(made));
  }
}

}  // namespace relayna::control
