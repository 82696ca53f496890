#include "control/alerts/deliveries.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "relayna/core/crypto.hpp"
#include "relayna/core/encoding.hpp"

namespace relayna::control {

namespace {

constexpr std::chrono::seconds kFirstWait{5};
constexpr std::chrono::seconds kLongestWait{3'600};
constexpr std::chrono::hours kGivesUpAfter{24};
constexpr std::size_t kMostError = 500;
constexpr std::string_view kSecretPrefix = "whsec_";

}  // namespace

bool wants(const domain::AlertWebhook& webhook, std::string_view event) noexcept {
  if (!webhook.enabled || event == kTestEvent) return false;
  return webhook.events.empty() || std::ranges::find(webhook.events, event) != webhook.events.end();
}

domain::AlertDelivery new_delivery(const domain::AlertWebhook& webhook, const Alert& alert, std::string id,
                                   core::SystemTime now) {
  domain::AlertDelivery delivery;
  const json::Document payload{{"id", id},
                               {"type", std::string(alert.event)},
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

core::Secret new_webhook_secret() {
  std::array<std::uint8_t, 32> bytes{};
  core::random_bytes(bytes);
  const std::string_view raw(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return core::Secret(std::string(kSecretPrefix) + core::to_base64(raw));
}

bool well_formed_webhook_secret(std::string_view text) {
  if (!text.starts_with(kSecretPrefix)) return false;
  const auto key = core::from_base64(text.substr(kSecretPrefix.size()));
  return key && key->size() >= 24 && key->size() <= 64;
}

Signature sign(const core::Secret& secret, std::string_view id, core::SystemTime at, std::string_view body) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
  core::Hmac hmac(core::from_base64(secret.reveal().substr(kSecretPrefix.size())).value_or(""));
  const auto digest = hmac(fmt::format("{}.{}.{}", id, seconds, body));
  const std::string_view raw(reinterpret_cast<const char*>(digest.data()), digest.size());
  return {std::to_string(seconds), "v1," + core::to_base64(raw)};
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

std::string_view state_of(const domain::AlertDelivery& delivery) noexcept {
  if (delivery.delivered_at) return "delivered";
  return delivery.next_attempt_at ? "pending" : "failed";
}

}  // namespace relayna::control
