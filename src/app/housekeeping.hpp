#pragma once

#include <array>
#include <string>

#include "relayna/domain/retention.hpp"
#include "relayna/store/history.hpp"
#include "relayna/telemetry/metrics.hpp"

namespace relayna::app {

/// What is done about what is old: history beyond its retention is purged, as are sessions, kept answers and
/// deliveries that are over; keys nobody used are disabled. One replica at a time does it, and another goes
/// on when that one is gone. The references outlive it.
class Housekeeping {
 public:
  /// `configured` holds as long as no operator saved a retention.
  Housekeeping(store::Store& store, telemetry::Metrics& metrics, const core::Clock& clock,
               domain::Retention configured, std::string replica);

  /// A small piece of the work, and whether more is waiting. Blocks: an offload thread, one at a time.
  core::Result<bool> step();

 private:
  core::Result<domain::Retention> retention();
  core::Result<bool> purge(store::History history, std::optional<core::SystemTime> before);
  core::Result<bool> disable_idle_keys();
  void tell_what_was_purged();

  store::Store& store_;
  const core::Clock& clock_;
  const domain::Retention configured_;
  const std::string replica_;
  core::SystemTime next_look_for_idle_keys_{};
  std::array<telemetry::Counter, store::kHistories.size()> purged_rows_;
  telemetry::Counter idle_keys_;
  std::array<std::int64_t, store::kHistories.size()> purged_{};  ///< not yet told in the log
};

}  // namespace relayna::app
