#include "control/api/schemas.hpp"
#include "control/usage/dimensions.hpp"
#include "control/usage/report_rows.hpp"
#include "control/usage/usage.hpp"
#include "control/usage/usage_filter.hpp"

namespace relayna::control {

namespace {

using json::Document;
using std::chrono::hours;

constexpr hours kDay{24};
constexpr PeriodRule kByHour{.usual = kDay, .most = 31 * kDay};
constexpr PeriodRule kByDay{.usual = 30 * kDay, .most = 3 * 366 * kDay};
constexpr std::int64_t kMostNames = 50;
constexpr std::string_view kIntervals[] = {"hour", "day"};

core::Result<Answer> answer_series(store::Store& store, Call& call) {
  const auto interval = call.query.take_choice("interval", kIntervals, call.problems).value_or("day");
  const bool hourly = interval == "hour";
  const Dimension* split = take_dimension(call, "split");
  const auto top = call.query.take_number("top", 1, kMostNames, 10, call.problems);
  const auto filter = read_usage_filter(call, hourly ? kByHour : kByDay);
  if (!call.problems.empty()) return std::unexpected(call.problems.error());
  auto series =
      store.analytics().series({.filter = filter,
                                .interval = hourly ? store::UsageInterval::hour : store::UsageInterval::day,
                                .split = split != nullptr ? std::optional(split->dimension) : std::nullopt,
                                .most_names = static_cast<std::size_t>(top)});
  if (!series) return std::unexpected(std::move(series.error()));
  const hours bucket = hourly ? hours(1) : kDay;
  if (split == nullptr) series->points = without_gaps(std::move(series->points), series->covered, bucket);
  Names names(store.administration());
  auto data = show_points(series->points, split, bucket, names);
  if (!data) return std::unexpected(std::move(data.error()));

  Answer answer;
  answer.body = show_period(filter);
  answer.body["interval"] = interval;
  answer.body["time_zone"] = "UTC";
  answer.body["covered"] = show(series->covered);
  answer.body["data"] = std::move(*data);
  return answer;
}

Document schema() {
  const Document moment{{"type", "string"}, {"format", "date-time"}};
  return object_schema({{"from", moment},
                        {"to", moment},
                        {"interval", {{"type", "string"}, {"enum", {"hour", "day"}}}},
                        {"time_zone", {{"type", "string"}, {"const", "UTC"}}},
                        {"covered", coverage_schema()},
                        {"data", array_of(point_schema())}});
}

}  // namespace

void add_usage_series(Api& api, const Resources& with) {
  auto made = usage_reading("/admin/usage/timeseries", "usage.timeseries", "Usage by hour or day");
  made.about =
      "Hours and days are UTC, as budgets are; the first and the last may be cut by `from` and `to`. Without "
      "`split` every hour or day of the period has a point; with it, a name has points where it was used.";
  made.query = {{"interval",
                 {{"type", "string"}, {"enum", {"hour", "day"}}, {"default", "day"}},
                 "Hours: at most 31 days of them."},
                {"split", dimension_schema(), "A series for each name of this."},
                {"top",
                 {{"type", "integer"}, {"minimum", 1}, {"maximum", kMostNames}, {"default", 10}},
                 "With `split`: the names with the most requests; the others are left out."}};
  for (auto& parameter : usage_filter_parameters(kByDay)) made.query.push_back(std::move(parameter));
  made.response = schema();
  made.run = Operation::Blocking([&store = with.store](Call& call) { return answer_series(store, call); });
  api.add(std::move(made));
}

}  // namespace relayna::control
