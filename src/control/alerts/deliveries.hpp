#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "relayna/core/secret.hpp"
#include "relayna/core/time.hpp"
#include "relayna/domain/operator.hpp"

#include "control/alerts/alert.hpp"

// How one alert reaches one webhook, as far as that is no matter of sockets.

namespace relayna::control {

/// Whether a webhook wants an event. `test` is wanted by the one it is meant for only.
bool wants(const domain::AlertWebhook& webhook, std::string_view event) noexcept;

/// A delivery that is due now. `id` is also the body's, so that receivers can tell repetitions.
domain::AlertDelivery new_delivery(const domain::AlertWebhook& webhook, const Alert& alert, std::string id,
                                   core::SystemTime now);

/// `t=<unix seconds>,v1=<hex of HMAC-SHA256 over "<t>.<body>">`
std::string sign(const core::Secret& secret, core::SystemTime at, std::string_view body);

/// After an attempt: `problem` is empty when the receiver took it (2xx). Otherwise the next attempt follows
/// after 5 s, doubling up to an hour, each shortened by up to a quarter (`jitter`, 0 to 1), until 24 hours
/// after the alert.
void note_attempt(domain::AlertDelivery& delivery, const std::string& problem, core::SystemTime now,
                  double jitter);

/// delivered | pending | failed
std::string_view status_of(const domain::AlertDelivery& delivery) noexcept;

}  // namespace relayna::control
