#pragma once

#include <functional>

#include "relayna/store/analytics.hpp"

#include "store/usage_reports.hpp"

namespace relayna::store {

/// The questions that one snapshot answers, for both databases.
class SnapshotAnalytics : public AnalyticsRepository {
 public:
  core::Result<UsageTotals> summary(const UsageFilter& filter) final;
  core::Result<UsageSeries> series(const SeriesQuery& query) final;
  core::Result<UsageBreakdown> breakdown(const BreakdownQuery& query) final;
  core::Result<EventPage> events(const EventQuery& query) final;
  core::Result<std::vector<DailyUsage>> daily(const DailyUsageQuery& query) final;
  core::Result<std::vector<std::string>> values(UsageDimension dimension, const std::string& prefix,
                                                const UsageFilter& filter, std::size_t limit) final;

 private:
  /// Calls `work` with a snapshot, with another one when the connection turned out to be dead. Its error, or
  /// the database's.
  virtual core::Result<void> in_snapshot(const std::function<core::Result<void>(UsageSnapshot&)>& work) = 0;
  template <class F>
  auto answer(F ask);
};

}  // namespace relayna::store
