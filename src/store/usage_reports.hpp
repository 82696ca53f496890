#pragma once

#include <string>
#include <vector>

#include "store/usage_plan.hpp"

// How analytics answers, for both databases; what differs between them is a snapshot to read from.

namespace relayna::store {

/// A row of a statement that begins `SELECT bucket, name, number…`.
struct UsageGroupRow {
  std::int64_t bucket = 0;
  std::string name;  ///< ids as text, none as ""
  std::array<std::int64_t, kSummaryColumns> numbers{};
};

/// The day with this number.
inline core::SystemTime start_of_day(std::int64_t day) noexcept {
  return core::SystemTime(std::chrono::days(day));
}

/// One consistent view of the database. Throws what its database throws.
class UsageSnapshot {
 public:
  virtual ~UsageSnapshot() = default;
  [[nodiscard]] virtual const UsageDialect& dialect() const noexcept = 0;
  virtual std::vector<UsageGroupRow> groups(const UsageStatement& statement) = 0;
  /// Of a statement that selects a day, the names of DailyUsage in their order, and `summary_list`.
  virtual std::vector<DailyUsage> days(const UsageStatement& statement) = 0;
  /// Of a statement that selects `event_columns()` from usage_events.
  virtual core::Result<std::vector<domain::UsageEvent>> events(const UsageStatement& statement) = 0;
  [[nodiscard]] virtual const std::string& event_columns() const = 0;
};

/// One question each; the snapshot must outlive it.
class UsageReports {
 public:
  explicit UsageReports(UsageSnapshot& snapshot) : snapshot_(snapshot), dialect_(snapshot.dialect()) {}
  core::Result<UsageTotals> summary(const UsageFilter& filter);
  core::Result<UsageSeries> series(const SeriesQuery& query);
  core::Result<UsageBreakdown> breakdown(const BreakdownQuery& query);
  core::Result<std::vector<std::string>> values(UsageDimension dimension, const std::string& prefix,
                                                const UsageFilter& filter, std::size_t limit);
  /// Ids of the keys with requests in the period.
  core::Result<std::vector<std::string>> used_keys(const UsagePeriod& period);

 private:
  struct Question;
  core::Result<Question> ask(const UsageFilter& filter, std::optional<UsageField> grouped, std::int64_t unit);
  void bound_scan(Question& question);
  /// The rows of the rollup and of the events, with the columns of a rollup besides bucket and name.
  std::string rows(UsageStatement& statement, const Question& question, std::int64_t bucket_unit);
  std::string rollup_rows(UsageStatement& statement, const Question& question, const UsageSumsRange& range,
                          std::int64_t bucket_unit);
  std::string event_rows(UsageStatement& statement, const Question& question, const UsageEnd& end,
                         std::int64_t bucket_unit);
  std::vector<UsageGroupRow> ranked(const Question& question, BreakdownOrder order, std::size_t limit,
                                    std::size_t offset);
  UsageSnapshot& snapshot_;
  const UsageDialect& dialect_;
};

/// Takes the keys whose ids are in `used` out of `keys`.
void leave_unused(std::vector<domain::VirtualKey>& keys, const std::vector<std::string>& used);

/// What events were purged and which is the newest.
UsageHistory history_of(UsageSnapshot& snapshot);

/// Where reading so many events from one end of a period leads: the event behind them, or nothing when the
/// period holds no more. Only conditions that an index keeps in order are looked at.
std::optional<EventCursor> scan_end(UsageSnapshot& snapshot, std::span<const UsageCondition> conditions,
                                    const UsagePeriod& period, bool ascending,
                                    const std::optional<EventCursor>& after);
/// Whether an index leads to the few events that are meant, so that no bound is needed.
bool pinpointed(const UsageDialect& dialect, std::span<const UsageCondition> conditions) noexcept;

/// `created_at >= … AND created_at < …`, added to `conditions`.
void within(UsageStatement& statement, const UsagePeriod& period, std::vector<std::string>& conditions);

/// A page of usage by day and key.
core::Result<std::vector<DailyUsage>> usage_days(UsageSnapshot& snapshot, const DailyUsageQuery& query);

/// A page of single requests.
core::Result<EventPage> event_page(UsageSnapshot& snapshot, const EventQuery& query);

}  // namespace relayna::store
