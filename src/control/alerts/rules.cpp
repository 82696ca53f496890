#include "control/alerts/rules.hpp"

#include <utility>

#include <fmt/format.h>

#include "relayna/core/money.hpp"

namespace relayna::control {

namespace {

constexpr std::chrono::seconds kLostAfter{60};

/// Which day, week or month; `total` for what never ends.
std::string period_of(domain::LimitKind kind, core::SystemTime now) {
  const auto end = domain::period_end(kind, now);
  return end ? core::to_rfc3339(*end) : "total";
}

json::Document show(const BudgetState& budget, core::SystemTime now) {
  const auto end = domain::period_end(budget.kind, now);
  return {{"counter", budget.counter},
          {"limit", std::string(domain::to_string(budget.kind))},
          {"limit_usd", core::Money::nanos(budget.limit_nanos).str()},
          {"used_usd", core::Money::nanos(budget.used_nanos).str()},
          {"refuses", budget.hard},
          {"period_ends_at", end ? json::Document(core::to_rfc3339(*end)) : json::Document()}};
}

json::Document show(const domain::VirtualKey& key) {
  return {{"key_id", key.id},
          {"name", key.name},
          {"project_id", key.project_id.empty() ? json::Document() : json::Document(key.project_id)},
          {"expires_at", core::to_rfc3339(*key.expires_at)}};
}

}  // namespace

bool reaches(const BudgetState& budget, int percent) noexcept {
  const auto part = static_cast<__int128>(budget.limit_nanos) * percent;  // without overflow
  return static_cast<__int128>(budget.used_nanos) * 100 >= part;
}

std::vector<Alert> budget_alerts(std::span<const BudgetState> budgets, const AlertThresholds& thresholds,
                                 core::SystemTime now) {
  std::vector<Alert> alerts;
  for (const auto& budget : budgets) {
    const auto name = fmt::format("{}:{}:{}:{}", budget.counter, domain::to_string(budget.kind),
                                  period_of(budget.kind, now), budget.limit_nanos);
    for (const int percent : thresholds.budget_percents) {
      if (!reaches(budget, percent)) continue;
      auto data = show(budget, now);
      data["percent"] = percent;
      alerts.push_back(
          {"budget.threshold", fmt::format("budget.threshold:{}:{}", percent, name), std::move(data)});
    }
    if (budget.hard && reaches(budget, 100))
      alerts.push_back({"budget.exceeded", "budget.exceeded:" + name, show(budget, now)});
  }
  return alerts;
}

std::vector<Alert> key_alerts(std::span<const domain::VirtualKey> keys, const AlertThresholds& thresholds,
                              core::SystemTime now) {
  std::vector<Alert> alerts;
  for (const auto& key : keys) {
    if (key.disabled || key.revoked_at || !key.expires_at) continue;
    const auto left = *key.expires_at - now;
    const auto name = fmt::format("{}:{}", key.id, core::to_rfc3339(*key.expires_at));
    if (left <= std::chrono::seconds(0)) {
      if (-left <= kStillNews) alerts.push_back({"key.expired", "key.expired:" + name, show(key)});
      continue;
    }
    for (const int days : thresholds.key_expiry_days) {  // the nearest one is enough
      if (left > std::chrono::days(days)) continue;
      auto data = show(key);
      data["within_days"] = days;
      alerts.push_back({"key.expiring", fmt::format("key.expiring:{}:{}", days, name), std::move(data)});
      break;
    }
  }
  return alerts;
}

std::vector<Alert> replica_alerts(std::span<const store::Replica> replicas, core::SystemTime now) {
  std::vector<Alert> alerts;
  for (const auto& replica : replicas) {
    if (now - replica.seen_at < kLostAfter) continue;
    const auto seen = core::to_rfc3339(replica.seen_at);
    alerts.push_back({"replica.lost",
                      fmt::format("replica.lost:{}:{}", replica.id, seen),
                      {{"replica", replica.id},
                       {"host", replica.host},
                       {"version", replica.version},
                       {"last_seen_at", seen}}});
  }
  return alerts;
}

std::optional<Alert> StoreWatch::look(bool answers, core::SystemTime now) {
  if (answers && !away_since_) return std::nullopt;
  if (!away_since_) away_since_ = now;
  const auto since = core::to_rfc3339(*away_since_);
  const auto alert = [&](std::string_view event) {
    return Alert{event,
                 fmt::format("{}:{}:{}:{}", event, name_, replica_, since),
                 {{"store", name_}, {"replica", replica_}, {"away_since", since}}};
  };
  if (answers) {
    const bool was_told = std::exchange(told_, false);
    away_since_.reset();
    if (was_told) return alert("store.recovered");
  } else if (!told_ && now - *away_since_ >= kPatience) {
    told_ = true;
    return alert("store.unavailable");
  }
  return std::nullopt;
}

std::optional<Alert> SpoolWatch::look(std::uint64_t waiting, core::SystemTime now) {
  rises_ = waiting > last_ ? rises_ + 1 : 0;
  last_ = waiting;
  if (waiting < kMany / 2) told_ = false;
  if (told_ || waiting < kMany || rises_ < kRises) return std::nullopt;
  told_ = true;
  return Alert{"spool.growing",
               fmt::format("spool.growing:{}:{}", replica_, core::to_rfc3339(now)),
               {{"replica", replica_}, {"waiting", waiting}}};
}

std::optional<Alert> ProviderWatch::look(const upstream::ProviderStanding& provider, core::SystemTime now) {
  if (provider.failures_in_a_row < kFailures) {
    told_.erase(provider.name);
    return std::nullopt;
  }
  if (!told_.insert(provider.name).second) return std::nullopt;
  return Alert{"provider.failing",
               fmt::format("provider.failing:{}:{}:{}", replica_, provider.name, core::to_rfc3339(now)),
               {{"replica", replica_},
                {"provider", provider.name},
                {"failures_in_a_row", provider.failures_in_a_row},
                {"last_error", provider.last_error}}};
}

std::optional<Alert> RotationWatch::look(const identity::KeyRotation::Progress& rotation,
                                         core::SystemTime now) {
  const auto alert = [&](std::string_view event) {
    return Alert{event,
                 fmt::format("{}:{}", event, rotation.data_key_id),
                 {{"key_id", rotation.data_key_id},
                  {"total", rotation.total},
                  {"remaining", rotation.remaining},
                  {"unreadable", rotation.unreadable}}};
  };
  if (!rotation.running) {
    const bool ended = std::exchange(running_, false);
    return ended ? std::optional(alert("data_key.rotated")) : std::nullopt;
  }
  running_ = true;
  const bool late = rotation.begun_at && now - *rotation.begun_at > kPatience;
  if (!late && rotation.unreadable.empty()) return std::nullopt;
  return alert("data_key.stuck");
}

}  // namespace relayna::control
