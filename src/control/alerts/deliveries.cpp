#include "control/alerts/deliveries.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "relayna/core/crypto.hpp"
#include "relayna/core/encoding.hpp"

namespace relayna::control {

namespace {

constexpr std::chrono::seconds kFirstWait{5};
constexpr std::chrono::seconds kLongestWait{3'600};
constexpr std::chrono::hours kGivesUpAfter{24};
constexpr std::size_t kMostError = 500;

}  // namespace

bool wants(const domain::AlertWebhook& webhook, std::string_view event) noexcept {
  if (!webhook.enabled || event == "test") return false;
  return webhook.events.empty() || std::ranges::find(webhook.events, event) != webhook.events.end();
}

domain::AlertDelivery new_delivery(const domain::AlertWebhook& webhook, const Alert& alert, std::string id,
                                   core::SystemTime now) {
  domain::AlertDelivery delivery;
  const json::Document payload{{"id", id},
                               {"event", std::string(alert.event)},
                               {"created_at", core::to_rfc3339(now)},
                               {"data", alert.data}};
  delivery.id = std::move(id);
  delivery.webhook_id = webhook.id;
  delivery.event = alert.event;
  delivery.occasion = alert.occasion;
  delivery.payload = json::dump(payload);
  delivery.next_attempt_at = now;
  delivery.created_at = now;
  return delivery;
}

std::string sign(const core::Secret& secret, core::SystemTime at, std::string_view body) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
  core::Hmac hmac(secret.reveal());
  return fmt::format("t={},v1={}", seconds, core::to_hex(hmac(fmt::format("{}.{}", seconds, body))));
}

void note_attempt(domain::AlertDelivery& delivery, const std::string& problem, core::SystemTime now,
                  double jitter) {
  ++delivery.attempts;
  delivery.last_error = problem.substr(0, kMostError);
  if (problem.empty()) {
    delivery.delivered_at = now;
    delivery.next_attempt_at.reset();
    return;
  }
  const auto doublings = std::min<std::int64_t>(delivery.attempts - 1, 20);
  const std::chrono::milliseconds wait =
      std::min<std::chrono::milliseconds>(kFirstWait * (std::int64_t{1} << doublings), kLongestWait);
  const auto less =
      std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(wait.count()) / 4 * jitter));
  delivery.next_attempt_at = now + wait - less;
  if (*delivery.next_attempt_at > delivery.created_at + kGivesUpAfter) delivery.next_attempt_at.reset();
}

std::string_view status_of(const domain::AlertDelivery& delivery) noexcept {
  if (delivery.delivered_at) return "delivered";
  return delivery.next_attempt_at ? "pending" : "failed";
}

}  // namespace relayna::control
