#include "relayna/ledger/limit_use.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "relayna/ledger/balance_query.hpp"
#include "relayna/telemetry/log.hpp"

namespace relayna::ledger {

namespace {

using domain::LimitKind;

constexpr std::size_t kToldAtOnce = 100;

std::int64_t& of(domain::PerLimit& amounts, LimitKind kind) {
  return amounts[static_cast<std::size_t>(kind)];
}

counters::Scope asked(const domain::LimitedScope& scope) {
  auto limits = scope.hard;
  limits.tighten(scope.soft);
  return {.id = scope.id(), .limits = limits};
}

core::Error counters_away(core::Error error) {
  if (error.code != core::ErrorCode::control_state_unavailable) return error;
  return core::Error(error.code,
                     "The counters (Redis) are away, so what is used is not known at the moment; try again.",
                     error.detail);
}

counters::Reset to_counters(const store::UsageReset& reset) {
  return {.id = reset.id,
          .scope = reset.counter,
          .requests_of_minute = reset.requests_of_minute,
          .tokens_of_minute = reset.tokens_of_minute,
          .taken_off = {.periods = domain::Periods::of(core::SystemTime{std::chrono::days(reset.day)}),
                        .requests_today = reset.requests_today,
                        .tokens_today = reset.tokens_today,
                        .cost_today = reset.cost_today,
                        .cost_this_week = reset.cost_this_week,
                        .cost_this_month = reset.cost_this_month,
                        .cost_total = reset.cost_total,
                        .snapshot = {}},
          .stamp = static_cast<std::uint64_t>(reset.stamp)};
}

/// What setting `kinds` back takes off a counter that is used so far.
store::UsageReset taken_off(const std::set<LimitKind>& kinds, const counters::Use& use, core::SystemTime at) {
  auto used = use.standing.used;
  auto reserved = use.reserved;
  const auto settled = [&](LimitKind kind) {
    return kinds.contains(kind) ? std::max<std::int64_t>(0, of(used, kind) - of(reserved, kind)) : 0;
  };
  store::UsageReset reset;
  reset.day = domain::Periods::of(at).day;
  reset.requests_today = settled(LimitKind::requests_per_day);
  reset.tokens_today = settled(LimitKind::tokens_per_day);
  reset.cost_today = settled(LimitKind::usd_per_day);
  reset.cost_this_week = settled(LimitKind::usd_per_week);
  reset.cost_this_month = settled(LimitKind::usd_per_month);
  reset.cost_total = settled(LimitKind::usd_total);
  reset.requests_of_minute = kinds.contains(LimitKind::requests_per_minute);
  reset.tokens_of_minute = kinds.contains(LimitKind::tokens_per_minute);
  reset.created_at = at;
  return reset;
}

/// The last reset of a counter. Blocks.
core::Result<std::optional<store::UsageReset>> last_reset(store::Store& store, const std::string& counter) {
  auto page = store.administration().of<store::UsageReset>().list(
      {.where = {{"counter", store::Filter::Test::equals, counter}}, .sort = "number", .limit = 1});
  if (!page) return std::unexpected(std::move(page.error()));
  if (page->rows.empty()) return std::nullopt;
  return std::move(page->rows.front());
}

}  // namespace

LimitUse::LimitUse(runtime::OffloadPool& pool, store::Store& store, counters::Counters& counters)
    : pool_(pool), store_(store), counters_(counters) {}

runtime::Task<core::Result<counters::Uses>> LimitUse::read(std::vector<domain::LimitedScope> scopes) {
  std::vector<counters::Scope> wanted;
  wanted.reserve(scopes.size());
  for (const auto& scope : scopes) wanted.push_back(asked(scope));
  auto uses = co_await counters_.use(std::move(wanted));
  if (!uses) co_return std::unexpected(counters_away(std::move(uses.error())));
  if (auto added = co_await add_balances(scopes, *uses); !added)
    co_return std::unexpected(std::move(added.error()));
  co_return uses;
}

runtime::Task<core::Result<void>> LimitUse::add_balances(const std::vector<domain::LimitedScope>& scopes,
                                                         counters::Uses& uses) {
  const auto present = domain::Periods::of(uses.at);
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    auto& standing = uses.scopes[i].standing;
    if (standing.durable_known) continue;
    auto* store = &store_;
    auto balance = co_await runtime::offload(
        pool_, [store, query = balance_query(scopes[i], uses.at)] { return store->usage().balance(query); });
    if (!balance) co_return std::unexpected(std::move(balance.error()));
    const auto limits = asked(scopes[i]).limits;
    for (std::size_t k = 0; k < domain::kLimitKinds; ++k) {
      const auto kind = static_cast<LimitKind>(k);
      if (limits.has(kind)) standing.used[k] += domain::used_of(*balance, kind, present);
    }
    standing.durable_known = true;
  }
  co_return core::Result<void>{};
}

runtime::Task<core::Result<std::vector<std::int64_t>>> LimitUse::last_numbers(
    const std::vector<domain::LimitedScope>& scopes) {
  std::vector<std::int64_t> numbers;
  for (const auto& scope : scopes) {
    auto* store = &store_;
    auto last = co_await runtime::offload(pool_, [store, id = scope.id()] { return last_reset(*store, id); });
    if (!last) co_return std::unexpected(std::move(last.error()));
    numbers.push_back(*last ? (*last)->number : 0);
    // What it took off is no longer used, but the counters may not know that yet.
    if (*last && !(*last)->confirmed && !co_await tell({**last}))
      co_return std::unexpected(counters_away(core::Error(core::ErrorCode::control_state_unavailable)));
  }
  co_return numbers;
}

runtime::Task<core::Result<std::vector<LimitUse::PreparedReset>>> LimitUse::prepare_reset(
    std::vector<domain::LimitedScope> scopes, std::set<domain::LimitKind> kinds) {
  // Before the use is read: another reset meanwhile has the number that follows, and this one is refused.
  const auto numbers = co_await last_numbers(scopes);
  if (!numbers) co_return std::unexpected(numbers.error());
  const auto uses = co_await read(scopes);
  if (!uses) co_return std::unexpected(uses.error());
  std::vector<PreparedReset> prepared;
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    auto reset = taken_off(kinds, uses->scopes[i], uses->at);
    reset.counter = scopes[i].id();
    reset.number = (*numbers)[i] + 1;
    prepared.push_back({std::move(reset), uses->scopes[i]});
  }
  co_return prepared;
}

runtime::Task<bool> LimitUse::tell(std::vector<store::UsageReset> resets) {
  bool all = true;
  for (const auto& reset : resets) {
    const auto done = co_await counters_.reset(to_counters(reset));
    if (!done) {
      all = false;
      continue;
    }
    auto* store = &store_;
    const auto confirmed = co_await runtime::offload(
        pool_, [store, id = reset.id] { return store->administration().confirm_reset(id); });
    // They are told once more then, which changes nothing.
    if (!confirmed) telemetry::log("ledger")->debug("reset {}: {}", reset.id, confirmed.error().describe());
  }
  co_return all;
}

runtime::Task<core::Result<void>> LimitUse::tell_rest() {
  auto* store = &store_;
  auto rest = co_await runtime::offload(pool_, [store] {
    return store->administration().of<store::UsageReset>().list(
        {.where = {{"confirmed", store::Filter::Test::equals, "false"}},
         .descending = false,
         .limit = kToldAtOnce});
  });
  if (!rest) co_return std::unexpected(std::move(rest.error()));
  (void)co_await tell(std::move(rest->rows));
  co_return core::Result<void>{};
}

}  // namespace relayna::ledger
