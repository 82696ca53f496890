#include "relayna/ledger/ledger.hpp"

#include <algorithm>
#include <utility>

#include "relayna/ledger/budget_watch.hpp"
#include "relayna/telemetry/log.hpp"

#include "ledger/ledger_state.hpp"

namespace relayna::ledger {

namespace {

using core::ErrorCode;
using counters::Outcome;

/// High enough never to refuse, so that what a soft limit watches is counted as well.
constexpr std::int64_t kCountOnly = std::int64_t{1} << 60;
/// An admission finds unseeded scopes once; a second time only when the counters are emptied meanwhile.
constexpr int kSeedings = 3;
/// Told to those who could not be admitted because the counters are away.
constexpr std::chrono::seconds kTryAgain{1};

counters::Scope scope_for(const domain::LimitedScope& scope, std::string id) {
  counters::Scope out{.id = std::move(id), .limits = scope.hard};
  for (std::size_t i = 0; i < domain::kLimitKinds; ++i) {
    const auto kind = static_cast<domain::LimitKind>(i);
    if (scope.soft.has(kind) && !scope.hard.has(kind)) out.limits.set(kind, kCountOnly);
  }
  return out;
}

/// What is left for one of several replicas that cannot see each other: at least one, so that a limit smaller
/// than the number of replicas does not close the door.
domain::LimitSet share_of(domain::LimitSet limits, std::size_t replicas) {
  for (std::size_t i = 0; i < domain::kLimitKinds; ++i) {
    const auto kind = static_cast<domain::LimitKind>(i);
    if (limits.of(kind) > 0)
      limits.set(kind, std::max<std::int64_t>(limits.of(kind) / static_cast<std::int64_t>(replicas), 1));
  }
  return limits;
}

}  // namespace

counters::AdmitRequest Ledger::State::request_for(const Reservation::Held& held) {
  counters::AdmitRequest request;
  request.request_id = held.id();
  request.amounts = held.intent.reserved;
  request.memo = to_memo(held.intent.event);
  request.scopes.reserve(held.standings.size());
  for (std::size_t i = 0; i < held.standings.size(); ++i) {
    request.scopes.push_back(scope_for(*held.standings[i].scope, held.intent.scopes[i]));
  }
  return request;
}

Ledger::State::State(Parts p, Settings s)
    : parts(p),
      settings(std::move(s)),
      tasks(p.shard.executor()),
      seeder(p.shard, p.store, p.counters),
      bursts(settings.fold_refusals),
      probe(p.metrics, p.shard.index()) {
  parts.usage.observe(this);
  bursts_check = parts.shard.every_sweep([this](core::TimePoint now) { record(bursts.due(now)); });
}

void Ledger::State::record(std::vector<domain::UsageEvent> refused) {
  for (domain::UsageEvent& event : refused) parts.usage.record(std::move(event));
}

Ledger::State::~State() {
  parts.usage.observe(nullptr);
}

runtime::Task<core::Result<counters::Admission>> Ledger::State::ask(
    counters::AdmitRequest request, const std::vector<ScopeStanding>& scopes) {
  for (int round = 0; round < kSeedings; ++round) {
    auto admission = co_await parts.counters.admit(request);
    if (!admission || admission->outcome != Outcome::unseeded) co_return admission;
    saw_epoch(admission->epoch);
    if (parts.shard.clock().now() < seeds_from)
      co_return core::fail(ErrorCode::control_state_unavailable, {},
                           "the counters were emptied a moment ago, and are being told what is used");
    for (const std::size_t i : admission->unseeded) {
      if (auto seeded = co_await seeder.seed(*scopes[i].scope, admission->epoch); !seeded)
        co_return std::unexpected(seeded.error());
    }
  }
  co_return core::fail(ErrorCode::control_state_unavailable, {},
                       "the counters keep forgetting their durable part");
}

runtime::Task<Ledger::State::Reserved> Ledger::State::reserve(Reservation::Held& held) {
  const auto began = parts.shard.clock().now();
  auto admission = co_await ask(request_for(held), held.standings);
  probe.admit_seconds.observe(std::chrono::duration<double>(parts.shard.clock().now() - began).count());
  if (admission) co_return take(held, std::move(*admission));
  if (parts.fallback == nullptr) {
    probe.failed.add();
    co_return std::unexpected(std::move(admission.error()).with_retry_after(kTryAgain));
  }
  co_return co_await reserve_locally(held);
}

runtime::Task<Ledger::State::Reserved> Ledger::State::reserve_locally(Reservation::Held& held) {
  const std::size_t replicas = std::max<std::size_t>(settings.replicas ? settings.replicas() : 1, 1);
  for (ScopeStanding& at : held.standings) {
    domain::LimitedScope share = *at.scope;
    share.hard = share_of(share.hard, replicas);
    share.soft = share_of(share.soft, replicas);
    at.scope = std::make_shared<const domain::LimitedScope>(std::move(share));
  }
  held.local = true;
  const counters::AdmitRequest request = request_for(held);
  for (int round = 0; round < kSeedings; ++round) {
    auto admission = co_await parts.fallback->admit(request);
    if (!admission) co_return std::unexpected(std::move(admission.error()));
    if (admission->outcome != Outcome::unseeded) {
      if (admission->outcome == Outcome::admitted) probe.local.add();
      co_return take(held, std::move(*admission));
    }
    // What was used before is in counters nobody can read now: the share of this replica begins afresh.
    for (const std::size_t i : admission->unseeded) {
      domain::Balance nothing{.periods = domain::Periods::of(parts.shard.clock().wall()), .snapshot = "1:1:"};
      if (auto seeded = co_await parts.fallback->seed(held.intent.scopes[i], std::move(nothing), {});
          !seeded) {
        co_return std::unexpected(std::move(seeded.error()));
      }
    }
  }
  co_return core::fail(ErrorCode::control_state_unavailable);
}

core::Error Ledger::State::refused(const Reservation::Held& held, const counters::Refusal& refusal,
                                   const std::vector<ScopeStanding>& standings, core::SystemTime at) {
  probe.refused.add();
  const auto& scope = *held.standings[std::min(refusal.scope, held.standings.size() - 1)].scope;
  if (!held.local) refusals.remember(scope, refusal, standings, at, parts.shard.clock().now());
  return refusal_error(scope, refusal);
}

core::Error Ledger::State::extension_refused(const Reservation::Held& held,
                                             const counters::Refusal& refusal) {
  domain::LimitedScope scope = *held.standings[std::min(refusal.scope, held.standings.size() - 1)].scope;
  scope.hard = scope.soft = {};
  scope.hard.set(refusal.kind, refusal.limit);
  ScopeStanding known{std::make_shared<const domain::LimitedScope>(std::move(scope)), {}};
  known.standing.used[static_cast<std::size_t>(refusal.kind)] = refusal.used;
  known.standing.tokens_reset_seconds = refusal.retry_after.value_or(0);
  return refused(held, refusal, {std::move(known)}, parts.shard.clock().wall());
}

Ledger::State::Reserved Ledger::State::take(Reservation::Held& held, counters::Admission admission) {
  for (std::size_t i = 0; i < admission.standings.size(); ++i)
    held.standings[i].standing = admission.standings[i];
  if (settings.budgets != nullptr && !held.local) {  // a share of a limit is no limit operators know
    for (std::size_t i = 0; i < held.standings.size(); ++i)
      settings.budgets->note(held.intent.scopes[i], *held.standings[i].scope, held.standings[i].standing);
  }
  if (admission.outcome == Outcome::refused) {
    core::Error error = refused(held, *admission.refusal, held.standings, admission.at);
    return std::unexpected(NotAdmitted(std::move(error), std::move(held.standings)));
  }
  probe.admitted.add();
  held.intent.admitted_at = admission.at;
  if (!held.local) {
    saw_epoch(admission.epoch);
    held.intent.epoch = std::move(admission.epoch);
  }
  return {};
}

runtime::Task<core::Result<void>> Ledger::State::extend(Reservation::Held& held, counters::Amounts more) {
  if (!held.intent.scopes.empty()) {
    auto& counters = held.local ? *parts.fallback : parts.counters;
    auto extension = co_await counters.extend(held.id(), more);
    // With local limits whoever was admitted goes on; the counters hear of all of it when it is settled.
    if (!extension && parts.fallback == nullptr) co_return std::unexpected(std::move(extension.error()));
    // Counters that were emptied are told of the whole reservation by `announce`; until then nobody can say
    // no.
    if (extension && extension->known && !extension->granted)
      co_return std::unexpected(extension_refused(held, *extension->refusal));
    probe.extended.add();
  }
  held.intent.reserved.tokens += more.tokens;
  held.intent.reserved.cost_nanos += more.cost_nanos;
  (void)parts.usage.intend_at_once(held.intent);  // what it may use has grown
  co_return core::Result<void>();
}

Ledger::Ledger(Parts parts, Settings settings)
    : state_(std::make_unique<State>(parts, std::move(settings))) {}

Ledger::~Ledger() = default;

runtime::Task<Ledger::Admitted> Ledger::admit(Demand demand, domain::UsageEvent draft) {
  auto held = std::make_unique<Reservation::Held>();
  held->intent.event = std::move(draft);
  held->intent.reserved = demand.amounts;
  held->intent.admitted_at = state_->parts.shard.clock().wall();
  held->intent.scopes = demand.scopes.names();
  held->standings.reserve(demand.scopes.size());
  for (std::size_t i = 0; i < demand.scopes.size(); ++i)
    held->standings.push_back({demand.scopes.share(i), {}});
  if (!held->standings.empty()) {
    if (auto reserved = co_await state_->reserve(*held); !reserved)
      co_return std::unexpected(std::move(reserved.error()));
  }
  state_->open.emplace(held->id(), held.get());
  Reservation reservation(*this, std::move(held));
  // On disk before anything is sent: whoever finds an intent without its event knows that something may have
  // been used.
  (void)co_await state_->parts.usage.intend(reservation.held_->intent);
  co_return reservation;
}

std::optional<NotAdmitted> Ledger::remembered_refusal(const domain::CounterSet& scopes) {
  return state_->refusals.find(scopes, state_->parts.shard.clock().now());
}

void Ledger::forget_refusals() {
  state_->refusals.forget();
}

void Ledger::record_refused(domain::UsageEvent event) {
  if (auto first = state_->bursts.add(std::move(event), state_->parts.shard.clock().now()))
    state_->parts.usage.record(std::move(*first));
}

runtime::Task<void> Ledger::run(runtime::StopSource* stop) {
  return state_->upkeep(stop);
}

Reservation::Reservation() noexcept = default;
Reservation::Reservation(Ledger& ledger, std::unique_ptr<Held> held) noexcept
    : ledger_(&ledger), held_(std::move(held)) {}
Reservation::Reservation(Reservation&& other) noexcept = default;

Reservation& Reservation::operator=(Reservation&& other) noexcept {
  if (this != &other) {
    if (held_) ledger_->state_->give_up(std::move(held_));
    ledger_ = other.ledger_;
    held_ = std::move(other.held_);
  }
  return *this;
}

Reservation::~Reservation() {
  if (held_) ledger_->state_->give_up(std::move(held_));
}

runtime::Task<core::Result<void>> Reservation::extend(counters::Amounts more) {
  return ledger_->state_->extend(*held_, more);
}

domain::UsageEvent& Reservation::event() noexcept {
  return held_->intent.event;
}

void Reservation::settle(counters::Amounts used) {
  ledger_->state_->settle(std::move(held_), used);
}

const counters::Amounts& Reservation::reserved() const noexcept {
  return held_->intent.reserved;
}

const std::vector<ScopeStanding>& Reservation::standings() const noexcept {
  return held_->standings;
}

}  // namespace relayna::ledger
