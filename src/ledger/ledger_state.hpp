#pragma once

#include <deque>
#include <string>
#include <unordered_map>

#include "relayna/ledger/ledger.hpp"
#include "relayna/ledger/records.hpp"

#include "ledger/refusals.hpp"
#include "ledger/refused_bursts.hpp"
#include "ledger/seeder.hpp"
#include "ledger/settlements.hpp"

namespace relayna::ledger {

/// What a reservation holds. The ledger knows where it is while it lives, to announce it to counters that
/// were emptied.
struct Reservation::Held {
  Intent intent;
  std::vector<ScopeStanding> standings;  ///< of intent.scopes
  bool local = false;                    ///< held by the fallback
  [[nodiscard]] const std::string& id() const noexcept { return intent.event.request_id; }
};

struct Ledger::State final : DeliveryObserver {
  State(Parts parts, Settings settings);
  ~State() override;

  /// Events have reached the store, also those that earlier processes left in the spool.
  runtime::Task<void> delivered(std::vector<StoredEvent> events) override;

  /// Reserves in the shared counters, or in the fallback while they are away.
  using Reserved = std::expected<void, NotAdmitted>;
  runtime::Task<Reserved> reserve(Reservation::Held& held);
  runtime::Task<core::Result<counters::Admission>> ask(counters::AdmitRequest request,
                                                       const std::vector<ScopeStanding>& scopes);
  runtime::Task<Reserved> reserve_locally(Reservation::Held& held);
  runtime::Task<core::Result<void>> extend(Reservation::Held& held, counters::Amounts more);
  Reserved take(Reservation::Held& held, counters::Admission admission);
  /// The refusal as it is told, and remembered with the `standings` that go with it, of the moment `at`.
  core::Error refused(const Reservation::Held& held, const counters::Refusal& refusal,
                      const std::vector<ScopeStanding>& standings, core::SystemTime at);
  /// Nothing is known then but the one limit that refused.
  core::Error extension_refused(const Reservation::Held& held, const counters::Refusal& refusal);

  /// Events of refused requests.
  void record(std::vector<domain::UsageEvent> refused);
  void settle(std::unique_ptr<Reservation::Held> held, counters::Amounts used);
  void give_up(std::unique_ptr<Reservation::Held> held);
  /// What the counters are asked for `held`.
  static counters::AdmitRequest request_for(const Reservation::Held& held);

  /// One request the counters have yet to hear of.
  struct Unsettled {
    std::string request_id;
    counters::Amounts used;
    std::string replica;  ///< whose it was; empty: ours
    bool local = false;
  };
  /// With all others that end in the same turn of the loop.
  void settle_soon(Unsettled unsettled);
  runtime::Task<void> settle_ended();
  runtime::Task<void> tell_counters(Unsettled unsettled);
  /// False when the counters are away.
  runtime::Task<bool> try_to_settle(const Unsettled& unsettled);

  // upkeep.cpp
  runtime::Task<void> upkeep(runtime::StopSource* stop);
  runtime::Task<void> retry_settlements();
  runtime::Task<void> follow_epoch();
  /// The counters have told which epoch it is.
  void saw_epoch(const std::string& present);
  runtime::Task<void> announce(std::string request_id);
  runtime::Task<void> withdraw(std::string request_id);
  runtime::Task<void> account();
  runtime::Task<void> take_over_from_the_dead();
  void publish_gauges();

  Parts parts;
  Settings settings;
  runtime::TaskGroup tasks;
  Seeder seeder;
  RefusalMemory refusals;
  RefusedBursts bursts;
  std::unique_ptr<runtime::Shard::Periodic> bursts_check;
  Settlements settlements;
  std::unordered_map<std::string, Reservation::Held*> open;
  std::vector<Unsettled> ended;  ///< in this turn of the loop
  std::deque<Unsettled> unsettled;
  std::string epoch;        ///< the latest the counters have told
  bool announcing = false;  ///< one at a time, so that nothing is announced twice
  /// Balances are not read before: after a loss every replica is first to store what it owes the database.
  core::TimePoint seeds_from{};
  struct Probe {
    explicit Probe(telemetry::Metrics& metrics, std::size_t shard);
    telemetry::Counter admitted, refused, failed, local, extended, taken_over, accounted;
    telemetry::Gauge open, unsettled, uncertain;
    telemetry::Histogram admit_seconds, estimate_error;
  } probe;
};

}  // namespace relayna::ledger
