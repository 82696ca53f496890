#pragma once

#include "store/snapshot_analytics.hpp"
#include "store/sqlite/database.hpp"

namespace relayna::store::sqlite {

class Analytics final : public SnapshotAnalytics {
 public:
  explicit Analytics(Database& database) : database_(database) {}
  core::Result<domain::UsageEvent> event(const std::string& request_id) override;
  core::Result<std::vector<domain::VirtualKey>> unused_keys(std::optional<core::SystemTime> from,
                                                            std::optional<core::SystemTime> to) override;
  core::Result<std::int64_t> purge_events(core::SystemTime before, std::size_t at_most) override;
  core::Result<std::int64_t> count_events(core::SystemTime before) override;

 private:
  core::Result<void> in_snapshot(const std::function<core::Result<void>(UsageSnapshot&)>& work) override;
  Database& database_;
};

}  // namespace relayna::store::sqlite
