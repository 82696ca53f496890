#include <utility>

#include <boost/asio/post.hpp>

#include "relayna/telemetry/log.hpp"

#include "ledger/ledger_state.hpp"

// How a reservation ends: its event goes to the spool at once, and the counters are told together with all
// others that end in the same turn of the loop.

namespace relayna::ledger {

void Ledger::State::settle(std::unique_ptr<Reservation::Held> held, counters::Amounts used) {
  Intent& intent = held->intent;
  open.erase(intent.event.request_id);
  intent.event.accounted_at = intent.admitted_at;
  if (intent.reserved.tokens > 0) {
    probe.estimate_error.observe(static_cast<double>(used.tokens) /
                                 static_cast<double>(intent.reserved.tokens));
  }
  if (!intent.scopes.empty()) {
    const std::string& id = intent.event.request_id;
    settlements.began({.request_id = id, .scopes = intent.scopes, .amounts = used, .at = intent.admitted_at},
                      intent.epoch);
    settle_soon({.request_id = id, .used = used, .replica = {}, .local = held->local});
  }
  parts.usage.record({.event = std::move(intent.event),
                      .scopes = std::move(intent.scopes),
                      .amounts = used,
                      .admitted_at = intent.admitted_at,
                      .epoch = std::move(intent.epoch)});
}

void Ledger::State::give_up(std::unique_ptr<Reservation::Held> held) {
  telemetry::log("ledger")->error("request {} was dropped without being settled, which is a bug", held->id());
  SettledEvent settled = interrupted(held->intent);
  held->intent.event = std::move(settled.event);
  settle(std::move(held), settled.amounts);
}

void Ledger::State::settle_soon(Unsettled request) {
  if (request.local) return tasks.spawn(tell_counters(std::move(request)));
  ended.push_back(std::move(request));
  if (ended.size() == 1) tasks.spawn(settle_ended());
}

runtime::Task<void> Ledger::State::settle_ended() {
  // Behind what else ends in this turn of the loop.
  co_await boost::asio::post(parts.shard.executor(), runtime::use_task);
  const std::vector<Unsettled> requests = std::exchange(ended, {});
  std::vector<counters::Ended> told;
  told.reserve(requests.size());
  for (const Unsettled& request : requests) told.push_back({request.request_id, request.used});
  const auto settled = co_await parts.counters.settle_all(std::move(told));
  const auto now = parts.shard.clock().now();
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (settled) {
      settlements.settled(requests[i].request_id, (*settled)[i], now);
    } else {
      unsettled.push_back(requests[i]);
    }
  }
}

runtime::Task<void> Ledger::State::tell_counters(Unsettled request) {
  if (!co_await try_to_settle(request)) unsettled.push_back(std::move(request));
}

runtime::Task<bool> Ledger::State::try_to_settle(const Unsettled& request) {
  if (request.local) {
    (void)co_await parts.fallback->settle(request.request_id, request.used);
    settlements.missed(request.request_id);
    co_return true;
  }
  auto settled = request.replica.empty()
                     ? co_await parts.counters.settle(request.request_id, request.used)
                     : co_await parts.counters.settle_for(request.replica, request.request_id, request.used);
  if (!settled) co_return false;
  settlements.settled(request.request_id, *settled, parts.shard.clock().now());
  co_return true;
}

}  // namespace relayna::ledger
