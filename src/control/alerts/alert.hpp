#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

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

/// When operators want to be told; saved as the setting `alerts`.
struct AlertThresholds {
  std::vector<int> budget_percents{80, 100};
  std::vector<int> key_expiry_days{1, 7};  ///< ascending
};

inline constexpr std::string_view kTestEvent = "test";
inline constexpr std::array<AlertEvent, 12> kAlertEvents{{
    {"budget.threshold",
     "A share of a money limit is used in its period: 80 % and 100 %, unless set otherwise."},
    {"budget.exceeded", "A money limit that refuses is used up: requests are refused until its period ends."},
    {"key.expiring", "A virtual key expires within 7 days, then within one, unless set otherwise."},
    {"key.expired", "A virtual key has expired."},
    {"provider.failing", "A provider failed ten times in a row on one replica."},
    {"spool.growing", "Usage events wait for the store and become more."},
    {"store.unavailable",
     "The database or Redis has not answered one replica for 30 seconds. Of the database one is told "
     "when it answers again."},
    {"store.recovered", "It answers again."},
    {"replica.lost", "A replica has gone without saying so."},
    {"data_key.rotated", "A rotation of the data key has ended: nothing is left under the old one."},
    {"data_key.stuck",
     "A rotation of the data key does not end: a credential cannot be read, or it takes over an hour."},
    {kTestEvent, "Sent by POST /admin/alerts/webhooks/{id}/test only."},
}};

}  // namespace relayna::control
