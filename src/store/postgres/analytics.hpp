#pragma once

#include "store/postgres/pool.hpp"
#include "store/snapshot_analytics.hpp"

namespace relayna::store::postgres {

class Analytics final : public SnapshotAnalytics {
 public:
  explicit Analytics(Pool& pool) : pool_(pool) {}
  core::Result<domain::UsageEvent> event(const std::string& request_id) override;
  core::Result<std::vector<domain::VirtualKey>> unused_keys(std::optional<core::SystemTime> from,
                                                            std::optional<core::SystemTime> to) override;
  core::Result<std::int64_t> purge_events(core::SystemTime before, std::size_t at_most) override;
  core::Result<std::int64_t> count_events(core::SystemTime before) override;

 private:
  core::Result<void> in_snapshot(const std::function<core::Result<void>(UsageSnapshot&)>& work) override;
  Pool& pool_;
};

}  // namespace relayna::store::postgres
