#pragma once

#include <string>

#include "relayna/control/admin.hpp"
#include "relayna/runtime/task_group.hpp"
#include "relayna/runtime/waiter.hpp"

#include "control/alerts/deliveries.hpp"

namespace relayna::control {

/// Brings deliveries to webhooks. Each is taken by one replica at a time; one that dies in between leaves it
/// to the others, so receivers may get it twice and tell by `webhook-id`. The control shard's.
class AlertSender {
 public:
  static constexpr std::chrono::seconds kPatience{10};  ///< with a receiver
  /// How long a delivery is its taker's: more than an attempt and its record take.
  static constexpr std::chrono::seconds kLease{30};
  static constexpr std::size_t kMostAtOnce = 16;

  /// All of `parts` outlives it.
  explicit AlertSender(const Admin::Parts& parts);

  runtime::Task<void> run(runtime::StopSource* stop);
  /// Whether there are webhooks; without, nothing is looked for.
  void set_needed(bool needed) noexcept { needed_ = needed; }
  /// A delivery is due that was not a moment ago. Any thread.
  void hurry();

  struct Outcome {
    int status = 0;       ///< of the receiver's answer; 0: there was none
    std::string problem;  ///< empty: it was taken
    core::Duration took{};
  };
  /// One attempt, of which no record is made.
  runtime::Task<Outcome> post(domain::AlertWebhook webhook, domain::AlertDelivery delivery,
                              runtime::StopSource* stop);

 private:
  runtime::Task<void> start_due(runtime::StopSource* stop);
  runtime::Task<void> deliver(domain::AlertDelivery delivery, runtime::StopSource* stop);
  runtime::Task<Outcome> send(net::BaseUrl to, core::Secret secret, const domain::AlertDelivery& delivery,
                              runtime::StopSource* stop);
  void count(const domain::AlertDelivery& after);

  const Admin::Network& network_;
  store::Store& store_;
  const identity::Keyring& keyring_;
  std::string agent_;
  telemetry::Counter delivered_, retried_, given_up_;
  runtime::TaskGroup sending_;
  runtime::Waiter wake_;
  bool needed_ = false;
};

}  // namespace relayna::control
