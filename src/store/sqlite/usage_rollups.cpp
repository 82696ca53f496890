#include "store/sqlite/usage_rollups.hpp"

#include <fmt/format.h>

#include "relayna/core/ids.hpp"

#include "store/daily_rollup.hpp"
#include "store/sql.hpp"

namespace relayna::store::sqlite {

namespace {

/// ?1 … the key's columns, then the measures.
std::string add_statement(const UsageRollup& rollup) {
  std::string key = "period";
  for (const UsageField field : rollup.dimensions) key += fmt::format(", {}", column_of(field).rollup);
  std::string columns = key;
  std::string sets;
  for (const UsageMeasure& measure : usage_measures()) {
    columns += fmt::format(", {}", measure.column);
    sets += fmt::format("{0}{1} = min({1} + excluded.{1}, {2})", sets.empty() ? "" : ", ", measure.column,
                        kMostPerDay);
  }
  return fmt::format("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT ({}) DO UPDATE SET {}", rollup.table,
                     columns, sql::parameters(sql::kSqlite, 1 + rollup.dimensions.size() + kUsageMeasures),
                     key, sets);
}

void bind_field(Statement& add, int parameter, const UsageSums::Row& row, UsageField field) {
  switch (column_of(field).kind) {
    case UsageFieldKind::id: {
      const core::Uuid id = core::Uuid::parse(text_of(*row.event, field)).value_or(core::Uuid{});
      return add.bind_copied_blob(parameter,
                                  {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
    }
    case UsageFieldKind::number:
      return add.bind(parameter, row.event->status_code);
    case UsageFieldKind::name:
      return field == UsageField::tag
                 ? add.bind_text(parameter, row.tag)
                 : add.bind_copied_text(parameter, daily_name(text_of(*row.event, field)));
  }
}

}  // namespace

void add_to_rollup(Connection& connection, const UsageSums& sums) {
  static const std::vector<std::string> statements = [] {
    std::vector<std::string> all;
    for (const UsageRollup& rollup : usage_rollups()) all.push_back(add_statement(rollup));
    return all;
  }();
  const auto index = static_cast<std::size_t>(&sums.rollup() - usage_rollups().data());
  Statement add = connection.statement(statements.at(index));
  for (const UsageSums::Row* row : sums.rows()) {
    int parameter = 0;
    add.bind(++parameter, row->period);
    for (const UsageField field : sums.rollup().dimensions) bind_field(add, ++parameter, *row, field);
    for (const std::int64_t measure : row->measures) add.bind(++parameter, measure);
    add.run();
    add.again();
  }
}

}  // namespace relayna::store::sqlite
