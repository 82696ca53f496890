#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "relayna/counters/counters.hpp"
#include "relayna/domain/catalog_objects.hpp"
#include "relayna/domain/counter_set.hpp"
#include "relayna/ledger/usage_sink.hpp"
#include "relayna/runtime/shard.hpp"
#include "relayna/runtime/task_group.hpp"
#include "relayna/store/store.hpp"
#include "relayna/telemetry/metrics.hpp"

namespace relayna::ledger {

class BudgetWatch;
class Ledger;

/// What a request would take, known before it is sent.
struct Demand {
  domain::CounterSet scopes;  ///< those with limits, end user filled in; empty: nothing is limited
  counters::Amounts amounts;  ///< upper estimates
};

/// How full a scope that limits a request is.
struct ScopeStanding {
  std::shared_ptr<const domain::LimitedScope> scope;  ///< never null
  counters::Standing standing;
};

/// Why a request was not admitted.
struct NotAdmitted : core::Error {
  // NOLINTNEXTLINE(google-explicit-constructor): `core::fail` and other errors become one
  NotAdmitted(core::Error error, std::vector<ScopeStanding> known = {})
      : core::Error(std::move(error)), standings(std::move(known)) {}
  /// Its scopes without it, as far as they are known: of a remembered refusal, what was known when it was
  /// made; empty when the counters are away.
  std::vector<ScopeStanding> standings;
};

/// What one request holds of its limits, and its place in the spool. Settle it with what was really used; to
/// drop it without is a bug, which is logged, and costs all that was reserved (an `interrupted` event).
/// Move-only. One shard; the ledger outlives it.
class Reservation {
 public:
  Reservation() noexcept;
  Reservation(Reservation&& other) noexcept;
  Reservation& operator=(Reservation&& other) noexcept;
  ~Reservation();

  /// Takes `more` as well. Errors: those of `Ledger::admit`; what was held before stays.
  runtime::Task<core::Result<void>> extend(counters::Amounts more);
  /// The event it was admitted with, to be completed; its `request_id` stays.
  [[nodiscard]] domain::UsageEvent& event() noexcept;
  /// Ends it: its event is in the spool when this returns, counters and store follow without anybody waiting.
  void settle(counters::Amounts used);
  [[nodiscard]] const counters::Amounts& reserved() const noexcept;
  /// Of its scopes when it was admitted, itself included.
  [[nodiscard]] const std::vector<ScopeStanding>& standings() const noexcept;
  [[nodiscard]] explicit operator bool() const noexcept { return held_ != nullptr; }

 private:
  friend class Ledger;
  struct Held;
  Reservation(Ledger& ledger, std::unique_ptr<Held> held) noexcept;
  Ledger* ledger_ = nullptr;
  std::unique_ptr<Held> held_;
};

/// What happens when the shared counters are away (GATEWAY_LIMITER_FAILURE).
enum class LimiterFailure : std::uint8_t {
  closed,  ///< requests with limits are refused
  local,   ///< limits divided by the number of live replicas are held in this process
};

/// Keeps the books of one shard: admits requests to their limits, settles them, and sees to it that each is
/// counted and recorded exactly once whatever fails meanwhile (docs/usage-and-limits.md tells how).
class Ledger {
 public:
  struct Parts {
    runtime::Shard& shard;
    store::Store& store;
    counters::Counters& counters;
    /// In force while `counters` is away, with LimiterFailure::local; null otherwise. Shared by all shards.
    counters::Counters* fallback = nullptr;
    UsageSink& usage;
    telemetry::Metrics& metrics;
  };
  struct Settings {
    /// How long this replica's reservations are its own once it has stopped to say that it lives, which it
    /// does three times as often.
    core::Duration lease = std::chrono::seconds(15);
    /// How long after its lease a replica that is gone may still come back and tell itself what became of its
    /// requests.
    core::Duration grace = std::chrono::seconds(120);
    core::Duration fold_refusals = std::chrono::milliseconds(500);
    /// Live replicas, for LimiterFailure::local; asked whenever counters fail.
    std::function<std::size_t()> replicas;
    /// Hears of money limits that are half used; outlives the ledger. Null: nobody does.
    BudgetWatch* budgets = nullptr;
  };
  Ledger(Parts parts, Settings settings);
  ~Ledger();

  /// Reserves what `demand` asks for, in one step over all its scopes, and notes the intent in the spool.
  /// `draft` is the event as far as it is known; should this process die, it is recorded as interrupted.
  /// Errors: rate_limit_exceeded, token_rate_limit_exceeded, concurrency_limit_exceeded, budget_exceeded
  /// (scope, window and retry_after set), control_state_unavailable within 100 ms.
  using Admitted = std::expected<Reservation, NotAdmitted>;
  runtime::Task<Admitted> admit(Demand demand, domain::UsageEvent draft);
  /// A refusal remembered for one of the scopes: what `admit` would answer, without asking anybody.
  std::optional<NotAdmitted> remembered_refusal(const domain::CounterSet& scopes);
  /// Asks again for all of them: somebody set back what was used.
  void forget_refusals();
  /// The event of a request that was never admitted (refused_count 1). One that repeats within
  /// `fold_refusals` is folded into one event with a count, which memory holds until then.
  void record_refused(domain::UsageEvent event);

  /// Keeps the lease, tells the counters of late deliveries, takes over from replicas that are gone; until
  /// `stop`.
  runtime::Task<void> run(runtime::StopSource* stop);

 private:
  friend class Reservation;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace relayna::ledger
