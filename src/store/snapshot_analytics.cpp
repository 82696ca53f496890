#include "store/snapshot_analytics.hpp"

#include <type_traits>
#include <utility>

namespace relayna::store {

template <class F>
auto SnapshotAnalytics::answer(F ask) {
  using Answer = std::invoke_result_t<F, UsageSnapshot&>;
  Answer answer;
  const auto done = in_snapshot([&](UsageSnapshot& snapshot) -> core::Result<void> {
    answer = ask(snapshot);
    if (!answer) return std::unexpected(answer.error());
    return {};
  });
  if (!done) return Answer(std::unexpected(done.error()));
  return answer;
}

core::Result<UsageTotals> SnapshotAnalytics::summary(const UsageFilter& filter) {
  return answer([&](UsageSnapshot& snapshot) { return UsageReports(snapshot).summary(filter); });
}

core::Result<UsageSeries> SnapshotAnalytics::series(const SeriesQuery& query) {
  return answer([&](UsageSnapshot& snapshot) { return UsageReports(snapshot).series(query); });
}

core::Result<UsageBreakdown> SnapshotAnalytics::breakdown(const BreakdownQuery& query) {
  return answer([&](UsageSnapshot& snapshot) { return UsageReports(snapshot).breakdown(query); });
}

core::Result<EventPage> SnapshotAnalytics::events(const EventQuery& query) {
  return answer([&](UsageSnapshot& snapshot) { return event_page(snapshot, query); });
}

core::Result<std::vector<DailyUsage>> SnapshotAnalytics::daily(const DailyUsageQuery& query) {
  return answer([&](UsageSnapshot& snapshot) { return usage_days(snapshot, query); });
}

core::Result<std::vector<std::string>> SnapshotAnalytics::values(UsageDimension dimension,
                                                                 const std::string& prefix,
                                                                 const UsageFilter& filter,
                                                                 std::size_t limit) {
  return answer([&](UsageSnapshot& snapshot) {
    return UsageReports(snapshot).values(dimension, prefix, filter, limit);
  });
}

}  // namespace relayna::store
