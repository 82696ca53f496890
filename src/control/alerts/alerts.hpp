#pragma once

#include "control/alerts/sender.hpp"
#include "control/resources/resources.hpp"

// What operators do with alerts, one file each.

namespace relayna::control {

/// `/admin/alerts/webhooks`, whose tests `sender` sends. All outlive the API.
void add_alert_webhooks(Api& api, const Resources& with, AlertSender& sender);
/// `/admin/alerts/deliveries`.
void add_alert_deliveries(Api& api, const Resources& with, AlertSender& sender);
/// `/admin/alerts/settings`.
void add_alert_settings(Api& api, const Resources& with);

}  // namespace relayna::control
