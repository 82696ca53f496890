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

/// What a webhook's deliveries are signed with, in the form of Standard Webhooks: `whsec_` and base64 of 24
/// to 64 bytes. A new one.
core::Secret new_webhook_secret();
/// Whether it has that form.
bool well_formed_webhook_secret(std::string_view text);

/// The fields `webhook-timestamp` and `webhook-signature` of Standard Webhooks: `v1,` and the base64 of
/// HMAC-SHA256 over `<id>.<unix seconds>.<body>`. `secret` is well-formed.
struct Signature {
  std::string timestamp;
  std::string signature;
};
Signature sign(const core::Secret& secret, std::string_view id, core::SystemTime at, std::string_view body);

/// After an attempt: `problem` is empty when the receiver took it (2xx). Otherwise the next attempt follows
/// after 5 s, doubling up to an hour, each shortened by up to a quarter (`jitter`, 0 to 1), until 24 hours
/// after the alert.
void note_attempt(domain::AlertDelivery& delivery, const std::string& problem, core::SystemTime now,
                  double jitter);

/// delivered | pending | failed
std::string_view state_of(const domain::AlertDelivery& delivery) noexcept;

}  // namespace relayna::control
