#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "relayna/core/time.hpp"
#include "relayna/domain/catalog_objects.hpp"

namespace relayna::ledger {

/// Keeps the events of refused requests few when a caller does not wait (contract 8.5): the first of its kind
/// is an event at once, those that follow within the interval are one event with their count. Of one kind are
/// requests of the same key, error code, route, model and end user. One shard.
class RefusedBursts {
 public:
  explicit RefusedBursts(core::Duration interval) : interval_(interval) {}

  /// `refused` when it is to be recorded now; nullopt when it has been added to a burst.
  std::optional<domain::UsageEvent> add(domain::UsageEvent refused, core::TimePoint now);
  /// The bursts whose interval is over, to be recorded.
  std::vector<domain::UsageEvent> due(core::TimePoint now);
  /// All bursts, however young: the process is about to end.
  std::vector<domain::UsageEvent> rest();
  [[nodiscard]] std::size_t size() const noexcept { return bursts_.size(); }

  /// Kinds that are told apart. Beyond it, route, model and end user are not: callers choose these names, and
  /// could make as many events of them as requests.
  static constexpr std::size_t kMostKinds = 1'000;

 private:
  struct Burst {
    core::TimePoint until{};
    std::optional<domain::UsageEvent> folded;
  };
  core::Duration interval_;
  std::unordered_map<std::string, Burst> bursts_;
  std::string scratch_;
};

}  // namespace relayna::ledger
