#include "ledger/refusals.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace relayna::ledger {

namespace {

using domain::LimitKind;

/// A second counts while it is the current one and for sixty after it.
constexpr std::chrono::seconds kMinute{61};

core::ErrorCode code_of(LimitKind kind) noexcept {
  switch (kind) {
    case LimitKind::requests_per_minute:
    case LimitKind::requests_per_day:
      return core::ErrorCode::rate_limit_exceeded;
    case LimitKind::tokens_per_minute:
    case LimitKind::tokens_per_day:
      return core::ErrorCode::token_rate_limit_exceeded;
    case LimitKind::concurrent_requests:
      return core::ErrorCode::concurrency_limit_exceeded;
    case LimitKind::usd_per_day:
    case LimitKind::usd_per_week:
    case LimitKind::usd_per_month:
    case LimitKind::usd_total:
      return core::ErrorCode::budget_exceeded;
  }
  return core::ErrorCode::rate_limit_exceeded;
}

std::string_view unit_of(LimitKind kind) noexcept {
  switch (kind) {
    case LimitKind::requests_per_minute:
      return " requests per minute";
    case LimitKind::requests_per_day:
      return " requests per day";
    case LimitKind::tokens_per_minute:
      return " tokens per minute";
    case LimitKind::tokens_per_day:
      return " tokens per day";
    case LimitKind::concurrent_requests:
      return " requests at once";
    case LimitKind::usd_per_day:
      return " USD per day";
    case LimitKind::usd_per_week:
      return " USD per week";
    case LimitKind::usd_per_month:
      return " USD per month";
    case LimitKind::usd_total:
      return " USD in total";
  }
  return {};
}

std::string amount(LimitKind kind, std::int64_t n) {
  return domain::is_money(kind) ? core::Money::nanos(n).str() : std::to_string(n);
}

/// `this key`, `the project`; never an id of somebody else's.
std::string owner(const domain::LimitedScope& scope) {
  std::string out;
  switch (scope.scope) {
    case domain::LimitScope::key:
      out = "this API key";
      break;
    case domain::LimitScope::project:
      out = "the project";
      break;
    case domain::LimitScope::team:
      out = "the team";
      break;
    case domain::LimitScope::global:
      out = "the gateway";
      break;
    case domain::LimitScope::end_user:
      out = "the end user";
      break;
  }
  if (!scope.target.model.empty()) out += fmt::format(" with model {}", scope.target.model);
  if (!scope.target.route.empty()) out += fmt::format(" on {}", scope.target.route);
  return out;
}

bool is_full(const counters::Refusal& refusal) noexcept {
  return refusal.used >= refusal.limit;
}

/// How a request may ask for less of a limit that can never hold it.
std::string_view advice(const counters::Refusal& refusal) noexcept {
  if (refusal.wanted <= refusal.limit || refusal.limit <= 0) return {};
  return " Ask for less: a smaller max_tokens (which is assumed where none is sent), or a shorter prompt.";
}

std::string why(const counters::Refusal& refusal) {
  const std::string used = amount(refusal.kind, refusal.used);
  if (is_full(refusal)) return fmt::format("is reached: {} used.", used);
  return fmt::format("has no room for this request: {} used, and it may take {} more.{}", used,
                     amount(refusal.kind, refusal.wanted), advice(refusal));
}

}  // namespace

core::Error refusal_error(const domain::LimitedScope& scope, const counters::Refusal& refusal) {
  core::Error error(code_of(refusal.kind),
                    fmt::format("The limit of {}{} for {} {}", amount(refusal.kind, refusal.limit),
                                unit_of(refusal.kind), owner(scope), why(refusal)));
  if (refusal.retry_after)
    error.retry_after = std::chrono::seconds(std::max<std::int64_t>(*refusal.retry_after, 1));
  return std::move(error).with_limit(std::string(to_string(scope.scope)),
                                     std::string(to_string(refusal.kind)));
}

counters::Standing aged(counters::Standing standing, core::SystemTime at, core::Duration passed) {
  const auto forget = [&](std::initializer_list<LimitKind> kinds) {
    for (const LimitKind kind : kinds) standing.used[static_cast<std::size_t>(kind)] = 0;
  };
  const auto seconds = std::chrono::floor<std::chrono::seconds>(passed).count();
  standing.requests_reset_seconds = std::max<std::int64_t>(standing.requests_reset_seconds - seconds, 0);
  standing.tokens_reset_seconds = std::max<std::int64_t>(standing.tokens_reset_seconds - seconds, 0);
  if (passed >= kMinute) forget({LimitKind::requests_per_minute, LimitKind::tokens_per_minute});
  const auto then = domain::Periods::of(at);
  const auto now = domain::Periods::of(at + std::chrono::duration_cast<core::SystemTime::duration>(passed));
  if (now.day != then.day)
    forget({LimitKind::requests_per_day, LimitKind::tokens_per_day, LimitKind::usd_per_day});
  if (now.week != then.week) forget({LimitKind::usd_per_week});
  if (now.month != then.month) forget({LimitKind::usd_per_month});
  return standing;
}

void RefusalMemory::remember(const domain::LimitedScope& scope, const counters::Refusal& refusal,
                             std::vector<ScopeStanding> standings, core::SystemTime at, core::TimePoint now) {
  // Concurrency ends whenever a request does, and a total budget when somebody raises it: neither has a known
  // end. Nor has a limit that requests under way may give back a part of.
  if (refusal.kind == LimitKind::concurrent_requests || !refusal.retry_after ||
      refusal.used - refusal.held < refusal.limit) {
    return;
  }
  if (entries_.size() >= kMost) {
    std::erase_if(entries_, [now](const auto& entry) { return entry.second.until <= now; });
    if (entries_.size() >= kMost) entries_.clear();
  }
  entries_[scope.id()] = {.since = now,
                          .until = now + std::chrono::seconds(*refusal.retry_after),
                          .kind = refusal.kind,
                          .limit = refusal.limit,
                          .error = refusal_error(scope, refusal),
                          .standings = std::move(standings),
                          .at = at};
}

std::optional<NotAdmitted> RefusalMemory::find(const domain::CounterSet& scopes, core::TimePoint now) {
  if (entries_.empty()) return std::nullopt;
  const domain::CounterNames names = scopes.names();
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    const auto it = entries_.find(names[i]);
    if (it == entries_.end()) continue;
    const Entry& entry = it->second;
    if (entry.until <= now || scopes[i].hard.of(entry.kind) != entry.limit) {
      entries_.erase(it);
      continue;
    }
    NotAdmitted refusal(entry.error);
    refusal.retry_after = std::chrono::ceil<std::chrono::seconds>(entry.until - now);
    for (const ScopeStanding& known : entry.standings) {
      const bool own = std::ranges::any_of(scopes, [&](const domain::LimitedScope& asked) {
        return asked.scope == known.scope->scope && asked.target == known.scope->target;
      });
      if (own) refusal.standings.push_back({known.scope, aged(known.standing, entry.at, now - entry.since)});
    }
    return refusal;
  }
  return std::nullopt;
}

}  // namespace relayna::ledger
