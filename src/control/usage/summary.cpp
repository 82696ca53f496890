#include <cmath>

#include "control/api/schemas.hpp"
#include "control/usage/summary_shape.hpp"
#include "control/usage/usage.hpp"
#include "control/usage/usage_filter.hpp"

namespace relayna::control {

namespace {

using json::Document;
using store::UsageFilter;
using store::UsageSummary;

constexpr PeriodRule kPeriod{};

/// The same filter over the period right before.
UsageFilter before(UsageFilter filter) {
  const auto length = *filter.to - *filter.from;
  filter.to = filter.from;
  filter.from = *filter.from - length;
  return filter;
}

Document show_totals(const UsageFilter& filter, const store::UsageTotals& totals) {
  Document shown = show_period(filter);
  shown["covered"] = show(totals.covered);
  shown["summary"] = summary_shape().show(totals.summary, {});
  return shown;
}

/// By how much of the earlier value the later one differs; null when there is nothing to compare with.
Document change(std::int64_t now, std::int64_t then) {
  if (then == 0) return nullptr;
  const double ratio = (static_cast<double>(now) - static_cast<double>(then)) / static_cast<double>(then);
  return std::round(ratio * 10'000) / 10'000;
}

struct Compared {
  std::string_view name;
  std::int64_t UsageSummary::* member;
};
constexpr Compared kCompared[] = {
    {"request_count", &UsageSummary::requests},    {"failure_count", &UsageSummary::failures},
    {"input_tokens", &UsageSummary::input_tokens}, {"output_tokens", &UsageSummary::output_tokens},
    {"total_tokens", &UsageSummary::total_tokens}, {"cost_nanos", &UsageSummary::cost_nanos},
};

/// A condition that the path sets; not_found.
using Preset = std::function<core::Result<void>(const Call&, UsageFilter&)>;

core::Result<Answer> summarise(store::AnalyticsRepository& analytics, Call& call, const Preset& preset) {
  auto filter = read_usage_filter(call, kPeriod);
  if (!call.problems.empty()) return std::unexpected(call.problems.error());
  if (auto there = preset(call, filter); !there) return std::unexpected(std::move(there.error()));
  const auto totals = analytics.summary(filter);
  if (!totals) return std::unexpected(totals.error());
  const auto previous = analytics.summary(before(filter));
  if (!previous) return std::unexpected(previous.error());

  Answer answer;
  answer.body = show_totals(filter, *totals);
  answer.body["previous"] = show_totals(before(filter), *previous);
  Document changes = Document::object();
  for (const Compared& one : kCompared)
    changes[std::string(one.name)] = change(totals->summary.*one.member, previous->summary.*one.member);
  answer.body["change"] = std::move(changes);
  return answer;
}

Document schema() {
  const Document moment{{"type", "string"}, {"format", "date-time"}};
  const Document totals{{"from", moment},
                        {"to", moment},
                        {"covered", coverage_schema()},
                        {"summary", reference(summary_shape().name())}};
  Document changes = Document::object();
  for (const Compared& one : kCompared) changes[std::string(one.name)] = {{"type", {"number", "null"}}};
  Document whole = totals;
  whole["previous"] = object_schema(totals);
  whole["previous"]["description"] = "The period of the same length right before.";
  whole["change"] = object_schema(std::move(changes));
  whole["change"]["description"] = "0.25: a quarter more than before; null: there was nothing before.";
  return object_schema(std::move(whole));
}

/// `own`: the parameter that the path takes the place of.
void add_summary(Api& api, const Resources& with, Operation made, std::string_view own, Preset preset) {
  for (auto& parameter : usage_filter_parameters(kPeriod)) {
    if (parameter.name != own) made.query.push_back(std::move(parameter));
  }
  made.response = schema();
  made.run = Operation::Blocking([&store = with.store, preset = std::move(preset)](Call& call) {
    return summarise(store.analytics(), call, preset);
  });
  api.add(std::move(made));
}

/// Of the row that `{id}` names.
template <class R>
void add_summary_of(Api& api, const Resources& with, const std::string& one,
                    std::optional<std::string> UsageFilter::* member) {
  const auto path = "/admin/" + one + "s/{id}/usage";
  auto made = usage_reading(path, one + "s.usage", "What one " + one + " used");
  made.about = "As `/admin/usage/summary`.";
  made.errors = {core::ErrorCode::not_found};
  add_summary(api, with, std::move(made), one + "_id",
              [&rows = with.store.administration().of<R>(), member](
                  const Call& call, UsageFilter& filter) -> core::Result<void> {
                const auto row = rows.get(call.at("id"));
                if (!row) return std::unexpected(row.error());
                if (!*row) return core::fail(core::ErrorCode::not_found);
                filter.*member = call.at("id");
                return {};
              });
}

}  // namespace

void add_usage_summary(Api& api, const Resources& with) {
  auto whole = usage_reading("/admin/usage/summary", "usage.summary", "What was used and what it cost");
  whole.about = "Totals of a period, compared with the period of the same length right before it.";
  add_summary(api, with, std::move(whole), "",
              [](const Call&, UsageFilter&) { return core::Result<void>(); });
  add_summary_of<domain::VirtualKey>(api, with, "key", &UsageFilter::key_id);
  add_summary_of<domain::Project>(api, with, "project", &UsageFilter::project_id);

  auto task = usage_reading("/admin/tasks/{task_id}/usage", "tasks.usage", "What one task used");
  task.about = "As `/admin/usage/summary`. All zero when nothing is known of the task.";
  add_summary(api, with, std::move(task), "task_id", [](const Call& call, UsageFilter& filter) {
    filter.task_id = call.at("task_id");
    return core::Result<void>();
  });
}

}  // namespace relayna::control
