#include <algorithm>

#include <fmt/format.h>

#include "store/usage_reports.hpp"

// Usage by day and key, read in the order of the rollup's primary key, of which the columns below are the
// beginning: a page begins where the one before ended, however many there are.

namespace relayna::store {

namespace {

using enum UsageField;

constexpr std::int64_t kDay = 24 * 3'600;
constexpr std::size_t kMostRows = 10'000;
constexpr UsageField kNames[] = {key, project, team, model, provider, service};

const UsageRollup& rollup_by_day_and_key() {
  return *std::ranges::find_if(usage_rollups(), [](const UsageRollup& rollup) {
    return rollup.unit == kDay && rollup.dimensions.size() >= std::size(kNames) &&
           std::ranges::equal(rollup.dimensions.first(std::size(kNames)), kNames);
  });
}

std::int64_t day_of(core::SystemTime time) noexcept {
  return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count();
}

UsageValue value_of(UsageField field, const std::string& name) {
  if (column_of(field).kind != UsageFieldKind::id) return name;
  return core::Uuid::parse(name).value_or(core::Uuid{});
}

const std::string& name_of(const DailyUsage& row, UsageField field) {
  switch (field) {
    case key:
      return row.key_id;
    case project:
      return row.project_id;
    case team:
      return row.team_id;
    case model:
      return row.model;
    case provider:
      return row.provider;
    default:
      return row.service;
  }
}

}  // namespace

core::Result<std::vector<DailyUsage>> usage_days(UsageSnapshot& snapshot, const DailyUsageQuery& query) {
  UsageFilter filter;
  filter.key_id = query.key_id;
  filter.project_id = query.project_id;
  filter.team_id = query.team_id;
  filter.model = query.model;
  filter.provider = query.provider;
  filter.service = query.service;
  auto conditions = conditions_of(filter);
  if (!conditions) return std::unexpected(std::move(conditions.error()));
  UsageStatement statement(snapshot.dialect());
  std::vector<std::string> where{
      fmt::format("period >= {}", statement.parameter(day_of(query.after ? query.after->day : query.from))),
      fmt::format("period < {}", statement.parameter(day_of(query.to)))};
  for (const UsageCondition& condition : *conditions) where.push_back(on_rollup(statement, condition));

  std::string columns = "period";
  for (const UsageField field : kNames) columns += fmt::format(", {}", column_of(field).rollup);
  if (query.after) {
    std::string place = statement.parameter(day_of(query.after->day));
    for (const UsageField field : kNames)
      place += ", " + statement.parameter(value_of(field, name_of(*query.after, field)));
    where.push_back(fmt::format("({}) > ({})", columns, place));
  }
  statement.text = fmt::format(
      "SELECT {0}, {1} FROM {2} WHERE {3} GROUP BY {0} ORDER BY {0} LIMIT {4}", columns,
      summary_list(snapshot.dialect()), rollup_by_day_and_key().table, all_of(where),
      statement.parameter(static_cast<std::int64_t>(std::clamp<std::size_t>(query.limit, 1, kMostRows))));
  return snapshot.days(statement);
}

}  // namespace relayna::store
