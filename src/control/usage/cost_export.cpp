#include <fmt/format.h>

#include "control/api/schemas.hpp"
#include "control/usage/export_body.hpp"
#include "control/usage/focus.hpp"
#include "control/usage/names.hpp"
#include "control/usage/usage.hpp"

namespace relayna::control {

namespace {

using json::Document;
using std::chrono::days;
using store::UsageDimension;

constexpr std::size_t kRowsPerSlice = 1'000;
constexpr days kUsual{30};
constexpr days kMost{366 * 5};

struct Condition {
  std::string_view name;
  std::optional<std::string> store::DailyUsageQuery::* member;
  bool id;
};
constexpr Condition kConditions[] = {
    {"key_id", &store::DailyUsageQuery::key_id, true},
    {"project_id", &store::DailyUsageQuery::project_id, true},
    {"team_id", &store::DailyUsageQuery::team_id, true},
    {"model", &store::DailyUsageQuery::model, false},
    {"provider", &store::DailyUsageQuery::provider, false},
    {"service", &store::DailyUsageQuery::service, false},
};

/// Sums are kept by day.
std::optional<core::SystemTime> take_day(Call& call, std::string_view name) {
  const auto given = call.query.take_moment(name, call.problems);
  if (given && *given != std::chrono::floor<days>(*given))
    call.problems.add(std::string(name), "must be the beginning of a day in UTC, such as 2026-11-20");
  return given;
}

store::DailyUsageQuery read_query(Call& call) {
  store::DailyUsageQuery query;
  const auto from = take_day(call, "from");
  const auto to = take_day(call, "to");
  query.to = to.value_or(std::chrono::ceil<days>(call.now));
  query.from = from.value_or(query.to - kUsual);
  query.limit = kRowsPerSlice;
  if (call.problems.empty() && query.from >= query.to) call.problems.add("from", "must be before to");
  if (query.to - query.from > kMost)
    call.problems.add("from", fmt::format("must be at most {} days before to", kMost.count()));
  for (const Condition& condition : kConditions) {
    auto given = call.query.take(condition.name);
    if (!given) continue;
    if (*given == "null") given->clear();
    if (condition.id && !given->empty() && !core::Uuid::parse(*given))
      call.problems.add(std::string(condition.name), "must be a UUID, or null");
    query.*condition.member = std::move(*given);
  }
  return query;
}

core::Result<Charge> charge_of(const store::DailyUsage& usage, Names& names, const std::string& account) {
  Charge charge{.usage = usage, .key_name = {}, .project_name = {}, .team_name = {}, .account = account};
  struct Named {
    UsageDimension dimension;
    const std::string& id;
    std::string& name;
  };
  for (const Named& one : {Named{UsageDimension::key, usage.key_id, charge.key_name},
                           Named{UsageDimension::project, usage.project_id, charge.project_name},
                           Named{UsageDimension::team, usage.team_id, charge.team_name}}) {
    auto name = names.of(one.dimension, one.id);
    if (!name) return std::unexpected(std::move(name.error()));
    one.name = std::move(*name);
  }
  return charge;
}

/// Pages of charges, the oldest day first.
Slices slices(const Resources& with, store::DailyUsageQuery query) {
  auto names = std::make_shared<Names>(with.store.administration());
  return [&store = with.store, account = with.about.environment, names = std::move(names),
          query = std::move(query)]() mutable -> core::Result<Slice> {
    auto rows = store.analytics().daily(query);
    if (!rows) return std::unexpected(std::move(rows.error()));
    CsvWriter csv;
    if (!query.after) write_focus_header(csv);
    Slice slice;
    for (const auto& row : *rows) {
      if (!is_charge(row)) continue;
      const auto charge = charge_of(row, *names, account);
      if (!charge) return std::unexpected(charge.error());
      write_focus_row(csv, *charge);
      ++slice.rows;
    }
    slice.text = csv.take();
    slice.last = rows->size() < query.limit;
    if (!rows->empty()) query.after = std::move(rows->back());
    return slice;
  };
}

runtime::Task<core::Result<http::Response>> run_export(const Resources& with, std::shared_ptr<Call> call) {
  auto query = read_query(*call);
  if (!call->problems.empty()) co_return std::unexpected(call->problems.error());
  Export about{.what = "usage.export-costs",
               .file = "relayna-costs-focus.csv",
               .content_type = "text/csv; charset=utf-8; header=present",
               .asked = {{"from", core::to_rfc3339(query.from)}, {"to", core::to_rfc3339(query.to)}}};
  co_return co_await answer_export(with, std::move(call), std::move(about), slices(with, std::move(query)));
}

Document schema() {
  std::string columns = "A header, then a row per day, key, model and provider, or service. Columns:";
  for (const auto& column : focus_columns())
    columns += fmt::format("\n- `{}`{}{}", column.name, column.about.empty() ? "" : ": ", column.about);
  return {{"type", "string"}, {"description", std::move(columns)}};
}

}  // namespace

void add_cost_export(Api& api, const Resources& with) {
  auto made =
      usage_reading("/admin/usage/export.focus.csv", "usage.export-focus", "Export costs for FinOps tools");
  made.scope = "usage:export";
  made.about =
      "Costs by day in columns of FOCUS 1.2. They are what the gateway's own prices say, not an invoice; "
      "today's "
      "are those so far. Sums that retention never purges, so any past period can be exported.";
  made.query = {{"from",
                 {{"type", "string"}, {"format", "date"}},
                 fmt::format("This day or later, UTC; by default {} days before `to`, at most {}.",
                             kUsual.count(), kMost.count())},
                {"to", {{"type", "string"}, {"format", "date"}}, "Before this day; by default tomorrow."}};
  for (const Condition& condition : kConditions)
    made.query.push_back({std::string(condition.name), {{"type", "string"}}, "Only these; `null`: none."});
  made.response = schema();
  made.response_type = "text/csv";
  made.run = Operation::Async([&with](std::shared_ptr<Call> call, runtime::StopSource*) {
    return run_export(with, std::move(call));
  });
  api.add(std::move(made));
}

}  // namespace relayna::control
