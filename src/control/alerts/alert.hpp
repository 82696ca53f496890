#pragma once

#include <array>
#include <string>
#include <string_view>

#include "relayna/json/document.hpp"

namespace relayna::control {

/// Something operators want to be told of, once.
struct Alert {
  std::string_view event;  ///< one of `kAlertEvents`
  /// What makes it this one and no other: replicas that notice the same write the same, and it is told once.
  std::string occasion;
  json::Document data;  ///< ids, names, figures; no secret
};

struct AlertEvent {
  std::string_view name;
  std::string_view meaning;
};

inline constexpr std::array<AlertEvent, 10> kAlertEvents{{
    {"budget.threshold", "80 % or 100 % of a money limit are used in its period."},
    {"budget.exceeded", "A money limit that refuses is used up: requests are refused until its period ends."},
    {"key.expiring", "A virtual key expires within 7 days, then within one."},
    {"key.expired", "A virtual key has expired."},
    {"breaker.open", "A provider failed ten times in a row on one replica."},
    {"spool.growing", "Usage events wait for the store and become more."},
    {"store.unavailable", "The database or Redis has not answered one replica for 30 seconds."},
    {"store.recovered", "It answers again."},
    {"replica.lost", "A replica has gone without saying so."},
    {"test", "Sent by POST /admin/alerts/webhooks/{id}/test only."},
}};

}  // namespace relayna::control
