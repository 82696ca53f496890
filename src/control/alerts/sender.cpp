#include "control/alerts/sender.hpp"

#include <memory>
#include <vector>

#include "relayna/catalog/build.hpp"
#include "relayna/telemetry/log.hpp"

namespace relayna::control {

namespace {

using domain::AlertDelivery;
using domain::AlertWebhook;

constexpr std::chrono::seconds kLook{1};

std::string reason(const core::Error& error) {
  std::string text(error.public_message());
  if (!error.detail.empty()) text += " - " + error.detail;
  return text;
}

std::string problem_of(int status) {
  if (status >= 200 && status < 300) return {};
  auto problem = "status " + std::to_string(status);
  if (status >= 300 && status < 400) problem += "; redirects are not followed, save the URL it leads to";
  return problem;
}

/// Writes down how an attempt went; the delivery as it is now, nullopt when it has gone with its webhook.
core::Result<std::optional<AlertDelivery>> record(store::Administration& store, const std::string& id,
                                                  const AlertSender::Outcome& outcome, core::SystemTime now,
                                                  double jitter) {
  std::optional<AlertDelivery> after;
  auto stored = store.change([&](store::Unit& unit) -> core::Result<void> {
    after.reset();
    auto found = unit.of<AlertDelivery>().find(id);
    if (!found) return std::unexpected(std::move(found.error()));
    if (!*found) return {};
    after = std::move(**found);
    note_attempt(*after, outcome.problem, now, jitter);
    return unit.of<AlertDelivery>().update(*after);
  });
  if (!stored) return std::unexpected(std::move(stored.error()));
  return after;
}

telemetry::Counter counter(telemetry::Metrics& metrics, const char* result) {
  return metrics.counter(
      "gateway_alert_deliveries_total",
      "Attempts to bring alerts to webhooks, by how they went: delivered, retried (later), "
      "given_up.",
      {{"result", result}});
}

}  // namespace

AlertSender::AlertSender(const Admin::Parts& parts)
    : network_(parts.network),
      store_(parts.store),
      keyring_(parts.keyring),
      agent_("relayna-gateway/" + parts.about.version),
      delivered_(counter(parts.metrics, "delivered")),
      retried_(counter(parts.metrics, "retried")),
      given_up_(counter(parts.metrics, "given_up")),
      sending_(parts.shard.executor()),
      wake_(parts.shard) {}

void AlertSender::hurry() {
  network_.shard.post([this] { wake_.notify(); });
}

runtime::Task<void> AlertSender::run(runtime::StopSource* stop) {
  while (!stop->stop_requested()) {
    const auto woken = co_await wake_.wait(core::Deadline::in(network_.shard.clock(), kLook), stop);
    if (woken == runtime::Waiter::Outcome::stopped) break;
    if (needed_ || woken == runtime::Waiter::Outcome::notified) co_await start_due(stop);
  }
  co_await sending_.wait_empty();
}

runtime::Task<void> AlertSender::start_due(runtime::StopSource* stop) {
  if (sending_.size() >= kMostAtOnce) co_return;
  auto* store = &store_.administration();
  auto due = co_await runtime::offload(
      network_.pool, [store, now = network_.shard.clock().wall(), most = kMostAtOnce - sending_.size()] {
        return store->take_due(now, kLease, most);
      });
  if (!due) co_return;  // the store is away: that is told elsewhere
  for (auto& delivery : *due) sending_.spawn(deliver(std::move(delivery), stop));
}

runtime::Task<void> AlertSender::deliver(AlertDelivery delivery, runtime::StopSource* stop) {
  auto* store = &store_.administration();
  auto webhook = co_await runtime::offload(
      network_.pool, [store, id = delivery.webhook_id] { return store->of<AlertWebhook>().get(id); });
  if (!webhook || !*webhook) co_return;  // its lease ends, or it has gone with the webhook
  Outcome outcome{.problem = "the webhook is switched off"};
  if ((*webhook)->enabled) outcome = co_await post(std::move(**webhook), delivery, stop);
  if (!outcome.problem.empty() && stop->stop_requested()) co_return;  // broken off by us; others try again
  const auto jitter = static_cast<double>(network_.shard.ids().random64() >> 11U) * 0x1p-53;
  const auto now = network_.shard.clock().wall();
  auto after = co_await runtime::offload(network_.pool, [store, id = delivery.id, outcome, now, jitter] {
    return record(*store, id, outcome, now, jitter);
  });
  if (after && *after) count(**after);
}

void AlertSender::count(const AlertDelivery& after) {
  if (after.delivered_at) return delivered_.add();
  if (after.next_attempt_at) return retried_.add();
  given_up_.add();
  telemetry::log("control")->warn(
      "alert {} was not delivered to webhook {} in {} attempts and is given up: {}", after.id,
      after.webhook_id, after.attempts, after.last_error);
}

runtime::Task<AlertSender::Outcome> AlertSender::post(AlertWebhook webhook, AlertDelivery delivery,
                                                      runtime::StopSource* stop) {
  const auto& clock = network_.shard.clock();
  const auto began = clock.now();
  auto to = net::BaseUrl::parse(webhook.url);
  if (!to) co_return Outcome{.problem = reason(to.error())};
  const auto* keyring = &keyring_;
  auto secret =
      co_await runtime::offload(network_.pool, [keyring, sealed = webhook.sealed_secret, id = webhook.id] {
        return keyring->open(sealed, catalog::webhook_context(id));
      });
  if (!secret) co_return Outcome{.problem = "its secret cannot be read: " + reason(secret.error())};
  auto outcome = co_await send(std::move(*to), std::move(*secret), delivery, stop);
  outcome.took = clock.now() - began;
  co_return outcome;
}

runtime::Task<AlertSender::Outcome> AlertSender::send(net::BaseUrl to, core::Secret secret,
                                                      const AlertDelivery& delivery,
                                                      runtime::StopSource* stop) {
  const auto signature = sign(secret, delivery.id, network_.shard.clock().wall(), delivery.payload);
  http::Fields fields;
  fields.add("Content-Type", "application/json");
  fields.add("User-Agent", agent_);
  fields.add("webhook-id", delivery.id);
  fields.add("webhook-timestamp", signature.timestamp);
  fields.add("webhook-signature", signature.signature);
  const std::string target = to.path.empty() ? "/" : to.path;
  const std::array<std::string_view, 1> body{delivery.payload};
  http::ClientRequest request;
  request.method = "POST";
  request.target = target;
  request.fields = &fields;
  request.body = body;
  request.has_body = true;
  http::ClientTimeouts timeouts;
  timeouts.first_byte = kPatience;
  timeouts.total = core::Deadline::in(network_.shard.clock(), kPatience);
  auto response = co_await network_.client.send(std::move(to.origin), request, timeouts, stop);
  if (!response) co_return Outcome{.problem = reason(response.error())};
  co_return Outcome{.status = response->head.status, .problem = problem_of(response->head.status)};
}

}  // namespace relayna::control
