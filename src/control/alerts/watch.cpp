#include "control/alerts/watch.hpp"

#include <algorithm>

#include "relayna/ledger/balance_query.hpp"
#include "relayna/telemetry/log.hpp"

#include "control/alerts/budgets.hpp"
#include "control/alerts/settings.hpp"
#include "control/api/operation.hpp"

namespace relayna::control {

namespace {

using domain::AlertDelivery;
using domain::AlertWebhook;
using domain::VirtualKey;

constexpr std::chrono::seconds kBetweenKeys{60};  // unless one changed
constexpr std::chrono::seconds kBetweenRotationLooks{20};
/// After an outage of the database every replica looks lost until it has said again that it lives.
constexpr std::chrono::seconds kUntilHeartbeats{30};
constexpr std::size_t kMostKnown = 100'000;
constexpr std::size_t kPage = 500;

/// Every row a query finds, page by page.
template <class R>
core::Result<std::vector<R>> all(store::Administration& store, store::ListQuery query) {
  std::vector<R> rows;
  query.limit = kPage;
  do {
    auto page = store.of<R>().list(query);
    if (!page) return std::unexpected(std::move(page.error()));
    std::ranges::move(page->rows, std::back_inserter(rows));
    query.after = std::move(page->next);
  } while (!query.after.empty());
  return rows;
}

core::Result<std::vector<AlertWebhook>> webhooks_in_use(store::Administration& store) {
  store::ListQuery query;
  query.where = {{.column = "enabled", .value = "true"}};
  return all<AlertWebhook>(store, std::move(query));
}

core::Result<std::vector<VirtualKey>> keys_that_expire(store::Administration& store, core::SystemTime from,
                                                       core::SystemTime to) {
  using Test = store::Filter::Test;
  store::ListQuery query;
  query.where = {{.column = "revoked_at", .test = Test::is_null, .value = {}},
                 {.column = "expires_at", .test = Test::at_least, .value = core::to_rfc3339(from)},
                 {.column = "expires_at", .test = Test::below, .value = core::to_rfc3339(to)}};
  return all<VirtualKey>(store, std::move(query));
}

}  // namespace

AlertWatch::AlertWatch(const Admin::Parts& parts, AlertSender& sender)
    : shard_(parts.shard),
      pool_(parts.network.pool),
      store_(parts.store),
      keyring_(parts.keyring),
      metrics_(parts.metrics),
      health_(parts.health),
      shards_(parts.shards),
      budgets_(parts.budgets),
      replica_(parts.about.replica),
      sender_(sender),
      spool_(replica_),
      providers_(replica_) {}

void AlertWatch::changed(std::string_view kind) {
  if (kind.empty() || kind == "keys") keys_changed_ = true;
}

runtime::Task<void> AlertWatch::run(runtime::StopSource* stop) {
  do {
    const auto now = shard_.clock().wall();
    look_around(now);
    auto needed = co_await runtime::offload(pool_, [this, now] { return look_into_store(now); });
    if (needed) sender_.set_needed(*needed);
    if (!needed && needed.error().code != core::ErrorCode::store_unavailable)
      telemetry::log("control")->warn("alerts: {}", needed.error().describe());
  } while (co_await shard_.sleep(kLook, stop));
}

void AlertWatch::keep(std::optional<Alert> alert) {
  if (!alert) return;
  if (kept_.size() >= kMostKept) kept_.pop_front();
  kept_.push_back(std::move(*alert));
}

void AlertWatch::look_around(core::SystemTime now) {
  for (const auto& check : health_.checks()) {
    auto& watch = stores_.try_emplace(check.name, replica_, check.name).first->second;
    keep(watch.look(check.ok(), now));
    if (check.name == "database" && !check.ok()) database_missed_ = now;
  }
  std::uint64_t waiting = 0;
  std::vector<std::vector<upstream::ProviderStanding>> providers;
  for (auto& report : shards_.all()) {
    if (!report) continue;
    waiting += report->usage.waiting;
    providers.push_back(std::move(report->providers));
  }
  keep(spool_.look(waiting, now));
  for (const auto& provider : upstream::merged(providers)) keep(providers_.look(provider, now));
}

core::Result<bool> AlertWatch::look_into_store(core::SystemTime now) {
  auto& store = store_.administration();
  auto webhooks = webhooks_in_use(store);
  if (!webhooks) return std::unexpected(std::move(webhooks.error()));
  if (webhooks->empty()) {
    kept_.clear();
    return false;
  }
  auto thresholds = load_thresholds(store);
  if (!thresholds) return std::unexpected(std::move(thresholds.error()));
  if (auto looked = add_rotation(now); !looked) return std::unexpected(std::move(looked.error()));
  std::vector<Alert> alerts(kept_.begin(), kept_.end());
  const auto replicas = health_.replicas();
  if (replicas.at > database_missed_ + kUntilHeartbeats)
    std::ranges::move(replica_alerts(replicas.seen, replicas.at), std::back_inserter(alerts));
  if (auto looked = add_budgets(alerts, *thresholds, now); !looked)
    return std::unexpected(std::move(looked.error()));
  if (auto looked = add_keys(alerts, *thresholds, now); !looked)
    return std::unexpected(std::move(looked.error()));
  if (auto stored = enqueue(alerts, *webhooks, now); !stored)
    return std::unexpected(std::move(stored.error()));
  kept_.clear();
  return true;
}

core::Result<void> AlertWatch::add_budgets(std::vector<Alert>& alerts, const AlertThresholds& thresholds,
                                           core::SystemTime now) {
  const auto near = budgets_.near();
  const std::size_t most = std::min(near.size(), kMostBudgets);
  for (std::size_t i = 0; i < most; ++i) {
    const auto& budget = near[(next_budget_ + i) % near.size()];
    auto balance = store_.usage().balance(ledger::balance_query(budget.scope, now));
    if (!balance) return std::unexpected(std::move(balance.error()));
    const auto states = budget_states(budget.counter, budget.scope, *balance);
    if (std::ranges::none_of(
            states, [](const BudgetState& state) { return reaches(state, ledger::BudgetWatch::kNear); }))
      budgets_.forget(budget.counter);
    std::ranges::move(budget_alerts(states, thresholds, now), std::back_inserter(alerts));
  }
  next_budget_ += most;
  return {};
}

core::Result<void> AlertWatch::add_keys(std::vector<Alert>& alerts, const AlertThresholds& thresholds,
                                        core::SystemTime now) {
  if (!keys_changed_.exchange(false) && now - keys_looked_ < kBetweenKeys) return {};
  const auto ahead =
      std::chrono::days(thresholds.key_expiry_days.empty() ? 0 : thresholds.key_expiry_days.back());
  auto keys = keys_that_expire(store_.administration(), now - kStillNews, now + ahead + kBetweenKeys);
  if (!keys) {
    keys_changed_ = true;
    return std::unexpected(std::move(keys.error()));
  }
  keys_looked_ = now;
  std::ranges::move(key_alerts(*keys, thresholds, now), std::back_inserter(alerts));
  return {};
}

core::Result<void> AlertWatch::add_rotation(core::SystemTime now) {
  if (now - rotation_looked_ < kBetweenRotationLooks) return {};
  identity::KeyRotation rotation(store_.administration(), keyring_, shard_.clock());
  auto running = rotation.running();
  if (!running) return std::unexpected(std::move(running.error()));
  if (*running || rotation_.running()) {
    auto progress = rotation.progress();  // reads every stored credential
    if (!progress) return std::unexpected(std::move(progress.error()));
    keep(rotation_.look(*progress, now));
  }
  rotation_looked_ = now;
  return {};
}

core::Result<void> AlertWatch::enqueue(const std::vector<Alert>& alerts,
                                       const std::vector<AlertWebhook>& webhooks, core::SystemTime now) {
  for (const auto& alert : alerts) {
    for (const auto& webhook : webhooks) {
      if (!wants(webhook, alert.event)) continue;
      if (auto stored = enqueue(alert, webhook, now); !stored) return stored;
    }
  }
  return {};
}

core::Result<void> AlertWatch::enqueue(const Alert& alert, const AlertWebhook& webhook,
                                       core::SystemTime now) {
  const auto name = webhook.id + ' ' + alert.occasion;
  if (known_.contains(name)) return {};
  const auto delivery = new_delivery(webhook, alert, Call::new_id(), now);
  // A unit each: one that another replica stored first ends its unit.
  auto stored = store_.administration().change(
      [&](store::Unit& unit) { return unit.of<AlertDelivery>().insert(delivery); });
  const bool told_before = !stored && stored.error().code == core::ErrorCode::conflict;
  const bool webhook_gone = !stored && stored.error().code == core::ErrorCode::invalid_request;
  if (!stored && !told_before && !webhook_gone) return stored;
  if (known_.size() >= kMostKnown) known_.clear();
  known_.insert(name);
  if (stored) {
    metrics_
        .counter("gateway_alerts_total", "Alerts stored for webhooks by this replica.",
                 {{"event", std::string(alert.event)}})
        .add();
  }
  return {};
}

}  // namespace relayna::control
