#pragma once

#include "relayna/store/analytics.hpp"

#include "store/postgres/pool.hpp"

namespace relayna::store::postgres {

class Analytics final : public AnalyticsRepository {
 public:
  explicit Analytics(Pool& pool) : pool_(pool) {}
  core::Result<UsageTotals> summary(const UsageFilter& filter) override;
  core::Result<UsageSeries> series(const SeriesQuery& query) override;
  core::Result<UsageBreakdown> breakdown(const BreakdownQuery& query) override;
  core::Result<EventPage> events(const EventQuery& query) override;
  core::Result<std::vector<DailyUsage>> daily(const DailyUsageQuery& query) override;
  core::Result<domain::UsageEvent> event(const std::string& request_id) override;
  core::Result<std::vector<std::string>> values(UsageDimension dimension, const std::string& prefix,
                                                const UsageFilter& filter, std::size_t limit) override;
  core::Result<std::vector<domain::VirtualKey>> unused_keys(std::optional<core::SystemTime> from,
                                                            std::optional<core::SystemTime> to) override;
  core::Result<std::int64_t> purge_events(core::SystemTime before, std::size_t at_most) override;
  core::Result<std::int64_t> count_events(core::SystemTime before) override;

 private:
  /// Runs `work(UsageSnapshot&)`, which returns a core::Result.
  template <class F>
  auto in_snapshot(F work);
  Pool& pool_;
};

}  // namespace relayna::store::postgres
