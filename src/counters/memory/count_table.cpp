#include "counters/memory/count_table.hpp"

#include <algorithm>
#include <utility>

#include "counters/snapshot.hpp"

namespace relayna::counters {

namespace {

using domain::LimitKind;

/// Idle scopes are kept this long: the minute window is empty after 61 s; a durable scope can be seeded
/// again.
constexpr std::chrono::seconds kIdle{120};
constexpr std::chrono::days kIdleDurable{40};
constexpr std::chrono::days kAccountedKept{1};
/// Of what is due, this many at each call: the work stays with those who cause it.
constexpr int kForgottenAtOnce = 4;

core::SystemTime idle_until(const ScopeCount& count, core::SystemTime used) {
  return count.durable == Durable::untracked ? used + kIdle : used + kIdleDurable;
}

bool has_window(const domain::LimitSet& limits) {
  return limits.has(LimitKind::requests_per_minute) || limits.has(LimitKind::tokens_per_minute);
}

void track(ScopeCount& count, core::SystemTime now) {
  if (count.durable != Durable::untracked) return;
  count.durable = Durable::seeding;
  count.periods = domain::Periods::of(now);
}

}  // namespace

CountTable::CountTable(std::string epoch) : epoch_(std::move(epoch)) {}

CountTable::Entry* CountTable::present(const std::string& scope, core::SystemTime now) {
  const auto found = scopes_.find(scope);
  if (found == scopes_.end()) return nullptr;
  found->second.count.advance(now);
  found->second.used = now;
  return &found->second;
}

CountTable::Entry& CountTable::touch(const std::string& scope, core::SystemTime now) {
  auto& entry = scopes_[scope];
  entry.count.advance(now);
  entry.used = now;
  if (!entry.queued) {
    entry.queued = true;
    due_.push({idle_until(entry.count, now), Forget::scope, scope});
  }
  return entry;
}

Admission CountTable::admit(const AdmitRequest& request, core::SystemTime now) {
  forget_some(now);
  Admission admission{.at = now, .epoch = epoch_};
  const auto known = open_.find(request.request_id);
  if (known != open_.end()) {
    admission.at = known->second.at;
  } else if (request.announce) {
    // What became durable meanwhile is counted already.
    if (!accounted_.contains(request.request_id)) reserve(request, admission, now);
  } else {
    const Wanted wanted{.request = true, .amounts = bounded(request.amounts)};
    static const ScopeCount nothing_yet;
    for (std::size_t i = 0; i < request.scopes.size(); ++i) {
      const auto& scope = request.scopes[i];
      const auto* entry = present(scope.id, now);
      const auto& count = entry == nullptr ? nothing_yet : entry->count;
      auto reason = refusal(count, scope.limits, wanted, now);
      if (reason) reason->scope = i;
      keep_longer(admission.refusal, reason);
      admission.standings.push_back(standing(count, scope.limits, now));
      if (scope.limits.has_durable() && count.durable != Durable::seeded) admission.unseeded.push_back(i);
    }
    if (admission.refusal) {
      admission.outcome = Outcome::refused;
      admission.unseeded.clear();
      return admission;
    }
    admission.standings.clear();
    if (!admission.unseeded.empty()) {
      admission.outcome = Outcome::unseeded;
      for (const auto i : admission.unseeded) track(touch(request.scopes[i].id, now).count, now);
      return admission;
    }
    reserve(request, admission, now);
  }
  for (const auto& scope : request.scopes) {
    const auto* entry = present(scope.id, now);
    admission.standings.push_back(entry == nullptr ? Standing{} : standing(entry->count, scope.limits, now));
  }
  return admission;
}

void CountTable::reserve(const AdmitRequest& request, Admission& admission, core::SystemTime now) {
  const auto amounts = bounded(request.amounts);
  if (request.announce && request.at) admission.at = *request.at;
  auto& reservation = open_[request.request_id];
  reservation.at = admission.at;
  reservation.amounts = amounts;
  // Minute windows start afresh after a loss; only what is admitted now counts in them.
  if (!request.announce) reservation.tokens.push_back({second_of(now), amounts.tokens});
  const auto periods = domain::Periods::of(admission.at);
  for (const auto& scope : request.scopes) {
    auto& count = touch(scope.id, now).count;
    if (scope.limits.has_durable()) track(count, now);
    const Held held{.scope = scope.id,
                    .limits = scope.limits,
                    .tracked = count.durable != Durable::untracked,
                    .in_window = !request.announce && has_window(scope.limits)};
    count.hold(1, amounts);
    if (held.in_window) count.window.add(second_of(now), 1, amounts.tokens);
    if (held.tracked)
      count.charge(periods, {.requests = 1, .tokens = amounts.tokens, .cost_nanos = amounts.cost_nanos});
    reservation.scopes.push_back(held);
  }
}

Extension CountTable::extend(const std::string& request_id, Amounts more, core::SystemTime now) {
  const auto found = open_.find(request_id);
  if (found == open_.end()) return {.granted = false, .known = false};
  auto& reservation = found->second;
  more = bounded(more);
  Extension extension;
  for (std::size_t i = 0; i < reservation.scopes.size(); ++i) {
    const auto& held = reservation.scopes[i];
    auto reason =
        refusal(touch(held.scope, now).count, held.limits, {.request = false, .amounts = more}, now);
    if (reason) reason->scope = i;
    keep_longer(extension.refusal, reason);
  }
  if (extension.refusal) {
    extension.granted = false;
    return extension;
  }
  reservation.amounts.tokens += more.tokens;
  reservation.amounts.cost_nanos += more.cost_nanos;
  if (more.tokens > 0) reservation.tokens.push_back({second_of(now), more.tokens});
  for (auto& held : reservation.scopes) {
    auto& count = touch(held.scope, now).count;
    count.hold(0, more);
    if (held.in_window && more.tokens > 0) count.window.add(second_of(now), 0, more.tokens);
    if (held.tracked)
      count.charge(domain::Periods::of(reservation.at),
                   {.tokens = more.tokens, .cost_nanos = more.cost_nanos});
  }
  return extension;
}

/// Replaces what `reservation` took from its scopes by `used`. Whether all durable parts are known.
bool CountTable::finish(const Reservation& reservation, Amounts used, core::SystemTime now) {
  const auto periods = domain::Periods::of(reservation.at);
  const Amounts change{.tokens = used.tokens - reservation.amounts.tokens,
                       .cost_nanos = used.cost_nanos - reservation.amounts.cost_nanos};
  bool all_seeded = true;
  for (const auto& held : reservation.scopes) {
    auto& count = touch(held.scope, now).count;
    count.hold(-1, {.tokens = -reservation.amounts.tokens, .cost_nanos = -reservation.amounts.cost_nanos});
    if (held.in_window) {
      auto left = change.tokens;
      for (auto taken = reservation.tokens.rbegin(); left < 0 && taken != reservation.tokens.rend();
           ++taken) {
        const auto back = std::min(taken->tokens, -left);
        count.window.correct(taken->second, 0, -back);
        left += back;
      }
      if (left > 0 && !count.window.correct(reservation.tokens.back().second, 0, left))
        count.window.add(second_of(now), 0, left);
    }
    if (count.durable == Durable::untracked) continue;
    // A scope that began to count durably in between gets the whole.
    count.charge(periods, held.tracked
                              ? Charge{.tokens = change.tokens, .cost_nanos = change.cost_nanos}
                              : Charge{.requests = 1, .tokens = used.tokens, .cost_nanos = used.cost_nanos});
    all_seeded = all_seeded && count.durable == Durable::seeded;
  }
  return all_seeded;
}

Settlement CountTable::settle(const std::string& request_id, Amounts used, core::SystemTime now) {
  const auto reservation = open_.extract(request_id);
  if (reservation.empty()) return {.known = false, .all_seeded = false, .epoch = epoch_};
  return {.known = true, .all_seeded = finish(reservation.mapped(), bounded(used), now), .epoch = epoch_};
}

void CountTable::release(const std::string& request_id, core::SystemTime now) {
  const auto taken = open_.extract(request_id);
  if (taken.empty()) return;
  const auto& reservation = taken.mapped();
  const auto periods = domain::Periods::of(reservation.at);
  for (const auto& held : reservation.scopes) {
    auto& count = touch(held.scope, now).count;
    count.hold(-1, {.tokens = -reservation.amounts.tokens, .cost_nanos = -reservation.amounts.cost_nanos});
    if (held.in_window) {
      count.window.correct(second_of(reservation.at), -1, 0);
      for (const auto& tokens : reservation.tokens) count.window.correct(tokens.second, 0, -tokens.tokens);
    }
    if (held.tracked)
      count.charge(periods, {.requests = -1,
                             .tokens = -reservation.amounts.tokens,
                             .cost_nanos = -reservation.amounts.cost_nanos});
  }
}

// Why each request ends up counted once, whatever the order of seed, delivery and account. Let `a` be what a
// request used. A scope counts its seed's balance plus what the counters hold of each request. The balance
// contains `a` exactly when the request's transaction was visible to the seed's snapshot, so the counters
// must hold 0 of it then and `a` otherwise; `account` knows both the stamp and what they hold (0, or `a` when
// its settlement came here), and applies the difference.
// - Account before any seed was asked for: the read of the seed begins later than the commit and sees it;
//   the counters hold nothing of the request, for a scope that held something would be seeding. Nothing to
//   do.
// - Account while the seed is under way: its snapshot is not known yet, so the case waits for it.
// - Account after the seed: decided at once.
// A reservation that still exists is settled here, so its own settlement finds nothing any more; one that is
// announced afterwards is ignored, since the request is known to be accounted for. Nothing calls `account`
// for requests that were settled here, with all seeds known, before their event was committed: no seed saw
// them.
void CountTable::account(const Delivered& delivered, core::SystemTime now) {
  forget_some(now);
  if (!accounted_.insert(delivered.request_id).second) return;
  due_.push({now + kAccountedKept, Forget::accounted, delivered.request_id});
  const auto amounts = bounded(delivered.amounts);
  const auto periods = domain::Periods::of(delivered.at);
  const auto reservation = open_.extract(delivered.request_id);
  if (!reservation.empty()) finish(reservation.mapped(), amounts, now);
  const bool counted = delivered.counted && (delivered.epoch.empty() || delivered.epoch == epoch_);
  for (const auto& scope : delivered.scopes) {
    auto* entry = present(scope, now);
    if (entry == nullptr || entry->count.durable == Durable::untracked) continue;
    const Pending pending{.stamp = delivered.stamp,
                          .amounts = amounts,
                          .at = periods,
                          .counted = reservation.empty() ? counted
                                                         : std::ranges::find(reservation.mapped().scopes,
                                                                             scope, &Held::scope) !=
                                                               reservation.mapped().scopes.end()};
    if (entry->count.durable == Durable::seeding) {
      entry->pending.push_back(pending);
    } else {
      resolve(entry->count, pending, entry->snapshot);
    }
  }
}

void CountTable::seed(const std::string& scope, const domain::Balance& balance, const std::string& epoch,
                      core::SystemTime now) {
  if (!epoch.empty() && epoch != epoch_) return;
  auto* entry = present(scope, now);
  if (entry == nullptr || entry->count.durable != Durable::seeding) return;
  entry->count.seed(balance);
  entry->snapshot = balance.snapshot;
  for (const auto& pending : std::exchange(entry->pending, {}))
    resolve(entry->count, pending, balance.snapshot);
  for (const auto& reset : std::exchange(entry->resets, {})) {
    if (!visible(reset.stamp, balance.snapshot)) entry->count.take_off(reset.taken_off);
  }
}

Uses CountTable::use(const std::vector<Scope>& scopes, core::SystemTime now) const {
  Uses uses{.at = now};
  for (const auto& scope : scopes) {
    const auto found = scopes_.find(scope.id);
    ScopeCount count = found == scopes_.end() ? ScopeCount{} : found->second.count;
    count.advance(now);
    Use use{.standing = standing(count, scope.limits, now)};
    use.reserved = reserved_of(count, use.standing);
    uses.scopes.push_back(use);
  }
  return uses;
}

// As with a request that became durable: the balance of a seed has the reset in it exactly when its
// transaction was visible to it, and the count must have it otherwise.
void CountTable::reset(const Reset& reset, core::SystemTime now) {
  forget_some(now);
  if (!accounted_.insert(reset.id).second) return;
  due_.push({now + kAccountedKept, Forget::accounted, reset.id});
  auto* entry = present(reset.scope, now);
  if (entry == nullptr) return;
  auto& count = entry->count;
  if (reset.requests_of_minute) count.window.forget(Window::Of::requests, second_of(now));
  if (reset.tokens_of_minute) count.window.forget(Window::Of::tokens, second_of(now));
  if (count.durable == Durable::seeding) entry->resets.push_back(reset);
  if (count.durable == Durable::seeded && !visible(reset.stamp, entry->snapshot))
    count.take_off(reset.taken_off);
}

void CountTable::resolve(ScopeCount& count, const Pending& request, const std::string& snapshot) {
  const int wanted = visible(request.stamp, snapshot) ? 0 : 1;
  const int change = wanted - (request.counted ? 1 : 0);
  count.charge(request.at, {.requests = change,
                            .tokens = change * request.amounts.tokens,
                            .cost_nanos = change * request.amounts.cost_nanos});
}

void CountTable::forget_some(core::SystemTime now) {
  for (int i = 0; i < kForgottenAtOnce && !due_.empty() && due_.top().at <= now; ++i) {
    const auto due = due_.top();
    due_.pop();
    if (due.what == Forget::accounted) {
      accounted_.erase(due.id);
    } else {
      forget_scope_if_idle(due.id, now);
    }
  }
}

void CountTable::forget_scope_if_idle(const std::string& id, core::SystemTime now) {
  const auto found = scopes_.find(id);
  if (found == scopes_.end()) return;
  const auto& count = found->second.count;
  const auto until = idle_until(count, found->second.used);
  if (count.concurrent == 0 && until <= now) {
    scopes_.erase(found);
  } else {
    due_.push({std::max(until, now + kIdle), Forget::scope, id});
  }
}

}  // namespace relayna::counters
