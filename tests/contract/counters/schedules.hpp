#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "contract/counters/backend.hpp"

namespace relayna::test {

/// What one schedule is played on. `rescuer` is another replica, which finds what `counters` left behind when
/// it crashed; null: nothing crashes.
struct Stage {
  counters::Counters& counters;
  counters::Counters* rescuer;
  WallClock& clock;
  std::string name;  ///< of scopes and requests; no other schedule on the same counters has it
};

/// Plays the random operations of schedule `number` and compares every answer with the model. Returns what
/// differed first; empty: nothing. With `keep_log` all that led to it, too, which takes time.
runtime::Task<std::string> play_schedule(Stage stage, std::uint64_t number, bool keep_log = false);

}  // namespace relayna::test
