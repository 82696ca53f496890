#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "relayna/core/ids.hpp"
#include "relayna/store/analytics.hpp"

#include "store/usage_rollups.hpp"

// The pieces that statements over usage are made of. Names of tables and columns come from the fixed lists of
// usage_rollups.hpp; what a caller gave is always a parameter.

namespace relayna::store {

using UsageValue = std::variant<core::Uuid, std::string, std::int64_t, core::SystemTime>;

/// Where the two databases differ. `{}` is what the expression is about.
struct UsageDialect {
  std::string_view id_parameter, text_parameter, number_parameter, time_parameter;
  std::string_view no_id;                 ///< what rollups hold for none
  std::string_view cut;                   ///< a name as rollups spell it
  std::string_view period;                ///< the number of created_at's period of `{}` seconds
  std::string_view sum;                   ///< saturating
  std::string_view folded;                ///< lower case of ASCII letters, ordered by bytes
  std::string_view by_bytes;              ///< a name, ordered by bytes
  std::string_view join_tags;             ///< a row per tag
  std::string_view tag;                   ///< its column
  std::string_view created_at;            ///< microseconds since 1970
  std::span<const UsageField> pinpoints;  ///< fields by which an index finds a few events
  std::span<const UsageField> ordered;  ///< fields by which an index finds events in the order of created_at
};
extern const UsageDialect kPostgresUsage;
extern const UsageDialect kSqliteUsage;

struct UsageStatement {
  explicit UsageStatement(const UsageDialect& its_dialect) : dialect(its_dialect) {}
  const UsageDialect& dialect;
  std::string text;
  std::vector<UsageValue> values;
  /// Adds a parameter; returns how it is written.
  std::string parameter(UsageValue value);
};

/// One of a filter's conditions.
struct UsageCondition {
  UsageField field;
  UsageValue value;
  /// Whether it picks those that name none.
  [[nodiscard]] bool asks_for_none() const noexcept;
};
/// invalid_request names the field whose value is no UUID or no text.
core::Result<std::vector<UsageCondition>> conditions_of(const UsageFilter& filter);

/// One call reads at most so many events, from one end of the period; what has an index of its own is not
/// bounded.
inline constexpr std::int64_t kScanRows = 200'000;

UsageField field_of(UsageDimension dimension) noexcept;

/// `table.column = …` on a rollup or on events.
std::string on_rollup(UsageStatement& statement, const UsageCondition& condition);
std::string on_events(UsageStatement& statement, const UsageCondition& condition);

/// An event's field as the rollups spell it.
std::string value_of_event(const UsageDialect& dialect, UsageField field);
std::string period_of_event(const UsageDialect& dialect, std::int64_t unit);

/// Joined with AND; `true` when there are none.
std::string all_of(const std::vector<std::string>& conditions);

/// The sums of UsageSummary over rows with the columns of a rollup, in the order `read_summary` expects.
std::string summary_list(const UsageDialect& dialect);
inline constexpr std::size_t kSummaryColumns = kUsageMeasures + 4;
UsageSummary summary_of(const std::array<std::int64_t, kSummaryColumns>& numbers) noexcept;
/// What a breakdown is ordered by, over the same rows.
std::string order_measure(const UsageDialect& dialect, BreakdownOrder order);

}  // namespace relayna::store
