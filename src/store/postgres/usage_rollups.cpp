#include "store/postgres/usage_rollups.hpp"

#include <fmt/format.h>

#include "store/daily_rollup.hpp"
#include "store/usage_plan.hpp"

namespace relayna::store::postgres {

namespace {

std::string add_to(const UsageRollup& rollup) {
  std::string key = "period";
  std::string values = period_of_event(kPostgresUsage, rollup.unit);
  std::string places = "1";
  int place = 1;
  for (const UsageField field : rollup.dimensions) {
    key += fmt::format(", {}", column_of(field).rollup);
    values += fmt::format(", {}", value_of_event(kPostgresUsage, field));
    places += fmt::format(", {}", ++place);
  }
  std::string columns = key;
  std::string sets;
  for (const UsageMeasure& measure : usage_measures()) {
    columns += fmt::format(", {}", measure.column);
    values += fmt::format(", least(sum({}), {})::bigint", measure.event, kMostPerDay);
    sets += fmt::format("{0}{1} = least({2}.{1} + excluded.{1}, {3})", sets.empty() ? "" : ", ",
                        measure.column, rollup.table, kMostPerDay);
  }
  const UsageField own = rollup.dimensions.front();
  std::string rest;
  if (own == UsageField::tag)
    rest = kPostgresUsage.join_tags;
  else if (only_named(own))
    rest = fmt::format("WHERE {} IS NOT NULL", column_of(own).event);
  return fmt::format(
      ", add_to_{0} AS (INSERT INTO {0} ({1}) SELECT {2} FROM inserted {3} GROUP BY {4} ORDER BY {4} "
      "ON CONFLICT ({5}) DO UPDATE SET {6})",
      rollup.table, columns, values, rest, places, key, sets);
}

}  // namespace

std::string add_to_rollups() {
  std::string parts;
  for (const UsageRollup& rollup : usage_rollups()) parts += add_to(rollup);
  return parts;
}

}  // namespace relayna::store::postgres
