#include "app/housekeeping.hpp"

#include "relayna/identity/idle_keys.hpp"
#include "relayna/store/lease.hpp"
#include "relayna/telemetry/log.hpp"

namespace relayna::app {

namespace {

using std::chrono::hours;
using store::History;

/// Rows deleted in one transaction: few enough that nobody waits for it.
constexpr std::size_t kRows = 500;
constexpr std::size_t kKeys = 50;
/// How long a replica that is gone keeps the others from going on.
constexpr std::chrono::seconds kLease{60};
/// Requests with idle keys are refused at once; that the key is disabled may show later.
constexpr std::chrono::minutes kIdleKeysInterval{10};
/// How long an answer is kept for `Idempotency-Key`, and a delivery that has ended for operators to see.
constexpr hours kAnswersKept{24};
constexpr hours kDeliveriesKept{30 * 24};

std::size_t index_of(History history) {
  return static_cast<std::size_t>(history);
}

std::optional<core::SystemTime> purged_before(History history, const domain::Retention& retention,
                                              core::SystemTime now) {
  switch (history) {
    case History::usage_events:
      return domain::kept_since(retention.usage_days, now);
    case History::audit_events:
      return domain::kept_since(retention.audit_days, now);
    case History::sessions:
      return now;
    case History::idempotent_answers:
      return now - kAnswersKept;
    case History::alert_deliveries:
      return now - kDeliveriesKept;
  }
  return std::nullopt;
}

}  // namespace

Housekeeping::Housekeeping(store::Store& store, telemetry::Metrics& metrics, const core::Clock& clock,
                           domain::Retention configured, std::string replica)
    : store_(store), clock_(clock), configured_(configured), replica_(std::move(replica)) {
  for (const auto history : store::kHistories) {
    purged_rows_[index_of(history)] = metrics.counter(
        "gateway_purged_rows_total", "Rows this replica deleted because they were old, by kind.",
        {{"kind", std::string(to_string(history))}});
  }
  idle_keys_ = metrics.counter("gateway_idle_keys_disabled_total",
                               "Virtual keys this replica disabled because nobody used them.");
}

core::Result<bool> Housekeeping::step() {
  const auto now = clock_.wall();
  auto mine = store::take_lease(store_.secrets(), "housekeeping", replica_, now, kLease);
  if (!mine) return std::unexpected(std::move(mine.error()));
  if (!*mine) return false;
  auto keep = retention();
  if (!keep) return std::unexpected(std::move(keep.error()));
  bool more = false;
  for (const auto history : store::kHistories) {
    auto left = purge(history, purged_before(history, *keep, now));
    if (!left) return std::unexpected(std::move(left.error()));
    more = *left || more;
  }
  auto left = disable_idle_keys();
  if (!left) return std::unexpected(std::move(left.error()));
  more = *left || more;
  if (!more) tell_what_was_purged();
  return more;
}

/// What cannot be read deletes nothing.
core::Result<domain::Retention> Housekeeping::retention() {
  auto saved = store_.administration().of<domain::Setting>().get(std::string(domain::kRetentionSetting));
  if (!saved) return std::unexpected(std::move(saved.error()));
  if (!*saved) return configured_;
  return domain::parse_retention((*saved)->value, configured_);
}

core::Result<bool> Housekeeping::purge(History history, std::optional<core::SystemTime> before) {
  if (!before) return false;
  auto gone = store::purge(store_, history, *before, kRows);
  if (!gone) return std::unexpected(std::move(gone.error()));
  purged_rows_[index_of(history)].add(static_cast<double>(*gone));
  purged_[index_of(history)] += *gone;
  return *gone == static_cast<std::int64_t>(kRows);
}

core::Result<bool> Housekeeping::disable_idle_keys() {
  const auto now = clock_.wall();
  if (now < next_look_for_idle_keys_) return false;
  auto disabled = identity::disable_idle_keys(store_, now, kKeys);
  if (!disabled) return std::unexpected(std::move(disabled.error()));
  for (const auto& id : *disabled)
    telemetry::log("app")->info("key {} was not used for as long as its policy allows; it is disabled", id);
  idle_keys_.add(static_cast<double>(disabled->size()));
  const bool more = disabled->size() == kKeys;
  if (!more) next_look_for_idle_keys_ = now + kIdleKeysInterval;
  return more;
}

void Housekeeping::tell_what_was_purged() {
  for (const auto history : store::kHistories) {
    auto& count = purged_[index_of(history)];
    if (count > 0) telemetry::log("app")->info("purged {} {}", count, to_string(history));
    count = 0;
  }
}

}  // namespace relayna::app
