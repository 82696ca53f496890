#include "relayna/telemetry/log.hpp"

#include "ledger/ledger_state.hpp"

// What keeps the books right beside the requests: leases, counters that were emptied, replicas that are gone.

namespace relayna::ledger {

namespace {

constexpr core::Duration kTick = std::chrono::milliseconds(250);
constexpr int kRenewalsPerLease = 3;
/// After the counters were emptied, for every replica to notice (a tick), to announce what it holds and to
/// store what has ended: what is in neither would not be counted, and could be spent again.
constexpr core::Duration kSettleDown = std::chrono::milliseconds(500);
constexpr int kLastTries = 8;  // at shutdown, while the counters are away
constexpr std::size_t kAccountAtOnce = 256;

}  // namespace

Ledger::State::Probe::Probe(telemetry::Metrics& m, std::size_t shard)
    : admitted(m.counter("gateway_admissions_total", "Requests that asked for limits, by outcome.",
                         {{"outcome", "admitted"}})),
      refused(m.counter("gateway_admissions_total", "Requests that asked for limits, by outcome.",
                        {{"outcome", "refused"}})),
      failed(m.counter("gateway_admissions_total", "Requests that asked for limits, by outcome.",
                       {{"outcome", "unavailable"}})),
      local(m.counter("gateway_admissions_local_total",
                      "Requests admitted by in-process limits while the shared counters were away.")),
      extended(m.counter("gateway_reservation_extensions_total",
                         "Reservations that streams outgrew and had extended.")),
      taken_over(m.counter("gateway_reservations_recovered_total",
                           "Requests of replicas that are gone, recorded as interrupted.")),
      accounted(m.counter("gateway_counter_corrections_total",
                          "Requests told to counters that had been emptied or away.")),
      open(m.gauge("gateway_reservations_open", "Requests that hold a reservation.",
                   {{"shard", std::to_string(shard)}})),
      unsettled(m.gauge("gateway_settlements_waiting", "Settlements the counters have not taken yet.",
                        {{"shard", std::to_string(shard)}})),
      uncertain(m.gauge("gateway_settlements_open",
                        "Settled requests whose event is not known to be durable yet.",
                        {{"shard", std::to_string(shard)}})),
      admit_seconds(
          m.histogram("gateway_admit_seconds", "Time the counters took to admit or refuse.",
                      {.00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1})),
      estimate_error(m.histogram("gateway_token_estimate_ratio", "Tokens used, divided by those reserved.",
                                 {.01, .05, .1, .25, .5, .75, .9, 1, 1.1, 1.5, 2, 5})) {}

runtime::Task<void> Ledger::State::upkeep(runtime::StopSource* stop) {
  const core::Duration renew_interval = settings.lease / kRenewalsPerLease;
  core::TimePoint renewed{};
  core::TimePoint looked{};
  int tries_left = kLastTries;
  while (true) {
    const auto now = parts.shard.clock().now();
    if (now - renewed >= renew_interval && co_await parts.counters.renew(settings.lease)) renewed = now;
    co_await follow_epoch();
    co_await retry_settlements();
    co_await account();
    if (now - looked >= renew_interval) {
      looked = now;
      co_await take_over_from_the_dead();
    }
    publish_gauges();
    if (!stop->stop_requested()) {
      co_await parts.shard.sleep(kTick, stop);
    } else {
      // Everything is settled and delivered before the process ends, as far as the counters can be reached.
      const bool idle = unsettled.empty() && !settlements.has_ready() && tasks.size() == 0;
      if (idle || tries_left-- == 0) break;
      co_await parts.shard.sleep(kTick);
    }
  }
  record(bursts.rest());
  co_await tasks.wait_empty();
}

void Ledger::State::saw_epoch(const std::string& present) {
  if (present == epoch) return;
  const bool emptied = !epoch.empty();
  epoch = present;
  if (!emptied) return;
  seeds_from = parts.shard.clock().now() + kSettleDown;
  parts.usage.hurry();
  if (!announcing) tasks.spawn(follow_epoch());
}

/// Asks for the epoch where it matters, and announces what lived before the counters were emptied.
runtime::Task<void> Ledger::State::follow_epoch() {
  if (announcing || (open.empty() && settlements.open() == 0)) co_return;
  announcing = true;
  const auto done = std::unique_ptr<bool, void (*)(bool*)>(&announcing, [](bool* flag) { *flag = false; });
  auto present = co_await parts.counters.epoch();
  if (!present) co_return;
  saw_epoch(*present);
  std::vector<std::string> strangers;
  for (const auto& [id, held] : open) {
    if (!held->intent.scopes.empty() && !held->local && held->intent.epoch != epoch) strangers.push_back(id);
  }
  for (std::string& id : strangers) co_await announce(std::move(id));
}

runtime::Task<void> Ledger::State::announce(std::string request_id) {
  const auto it = open.find(request_id);
  if (it == open.end() || it->second->intent.epoch == epoch) co_return;
  counters::AdmitRequest request = request_for(*it->second);
  request.announce = true;
  request.at = it->second->intent.admitted_at;
  auto admission = co_await parts.counters.admit(request);
  if (!admission) co_return;
  if (const auto still = open.find(request_id); still != open.end()) {
    still->second->intent.epoch = admission->epoch;
  } else {
    co_await withdraw(std::move(request_id));
  }
}

/// A request that ended while it was being announced: the counters had nothing to settle then, and have now.
runtime::Task<void> Ledger::State::withdraw(std::string request_id) {
  if (const auto used = settlements.used(request_id)) {
    co_await tell_counters(
        {.request_id = std::move(request_id), .used = *used, .replica = {}, .local = false});
  } else {
    (void)co_await parts.counters.release(std::move(request_id));  // accounted for meanwhile
  }
}

runtime::Task<void> Ledger::State::retry_settlements() {
  for (std::size_t left = unsettled.size(); left > 0; --left) {
    Unsettled request = std::move(unsettled.front());
    unsettled.pop_front();
    if (co_await try_to_settle(request)) continue;
    unsettled.push_front(std::move(request));
    co_return;
  }
}

runtime::Task<void> Ledger::State::delivered(std::vector<StoredEvent> events) {
  for (StoredEvent& stored : events) {
    SettledEvent& settled = stored.settled;
    if (settled.scopes.empty()) continue;
    const std::string& id = settled.event.request_id;
    if (settlements.delivered(id, stored.stamp, stored.handed_over)) continue;
    // An earlier process of this replica settled it, or died before: its reservation may still be held.
    settlements.began({.request_id = id,
                       .scopes = std::move(settled.scopes),
                       .amounts = settled.amounts,
                       .at = settled.admitted_at},
                      settled.epoch);
    co_await tell_counters({.request_id = id, .used = settled.amounts, .replica = {}, .local = false});
    settlements.delivered(id, stored.stamp, stored.handed_over);
  }
  if (settlements.has_ready()) {
    co_await follow_epoch();
    co_await account();
  }
}

runtime::Task<void> Ledger::State::account() {
  if (!settlements.has_ready() || epoch.empty()) co_return;
  std::vector<counters::Delivered> due = settlements.due(epoch);
  while (!due.empty()) {
    const std::size_t count = std::min(due.size(), kAccountAtOnce);
    std::vector<counters::Delivered> some(due.end() - static_cast<std::ptrdiff_t>(count), due.end());
    if (!co_await parts.counters.account(std::move(some))) {
      settlements.give_back(std::move(due));
      co_return;
    }
    due.resize(due.size() - count);
    probe.accounted.add(static_cast<double>(count));
  }
}

runtime::Task<void> Ledger::State::take_over_from_the_dead() {
  auto dead = co_await parts.counters.dead_replicas(settings.grace);
  if (!dead) co_return;
  for (const std::string& replica : *dead) {
    auto orphans = co_await parts.counters.orphans(replica);
    if (!orphans) co_return;
    telemetry::log("ledger")->warn("replica {} is gone; {} of its requests are recorded as interrupted",
                                   replica, orphans->size());
    for (counters::Orphan& orphan : *orphans) {
      auto draft = from_memo(orphan.memo);
      if (!draft) draft = domain::UsageEvent{};
      draft->request_id = orphan.request_id;
      SettledEvent settled = interrupted({.event = std::move(*draft),
                                          .scopes = orphan.scopes,
                                          .reserved = orphan.reserved,
                                          .admitted_at = orphan.at,
                                          .epoch = epoch});
      settlements.began({.request_id = orphan.request_id,
                         .scopes = orphan.scopes,
                         .amounts = orphan.reserved,
                         .at = orphan.at},
                        epoch);
      // The store keeps whichever event came first, should that replica's own still arrive.
      parts.usage.record(std::move(settled));
      co_await tell_counters(
          {.request_id = orphan.request_id, .used = orphan.reserved, .replica = replica, .local = false});
      probe.taken_over.add();
    }
  }
}

void Ledger::State::publish_gauges() {
  probe.open.set(static_cast<double>(open.size()));
  probe.unsettled.set(static_cast<double>(unsettled.size()));
  probe.uncertain.set(static_cast<double>(settlements.open()));
}

}  // namespace relayna::ledger
