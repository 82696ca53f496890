#include "pipeline/limit_fields.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include <fmt/format.h>

namespace relayna::pipeline {

namespace {

using domain::LimitKind;
using ledger::ScopeStanding;

/// A budget this full is worth a word (contract 8.3).
constexpr std::int64_t kWarnFifths = 4;

struct Room {
  std::int64_t limit = 0;
  std::int64_t remaining = 0;
  std::int64_t reset_seconds = 0;
};

bool is_known(const ScopeStanding& at, LimitKind kind) {
  return at.standing.durable_known || !domain::is_durable(kind);
}

std::int64_t used_of(const ScopeStanding& at, LimitKind kind) {
  return at.standing.used[static_cast<std::size_t>(kind)];
}

std::int64_t reset_of(const ScopeStanding& at, LimitKind kind, core::SystemTime now) {
  if (kind == LimitKind::requests_per_minute) return at.standing.requests_reset_seconds;
  if (kind == LimitKind::tokens_per_minute) return at.standing.tokens_reset_seconds;
  const auto end = domain::period_end(kind, now);
  return end ? std::chrono::ceil<std::chrono::seconds>(*end - now).count() : 0;
}

/// Of all scopes, the one that will refuse first.
std::optional<Room> tightest(const std::vector<ScopeStanding>& standings, std::array<LimitKind, 2> kinds,
                             core::SystemTime now) {
  std::optional<Room> least;
  for (const ScopeStanding& at : standings) {
    for (const LimitKind kind : kinds) {
      if (!at.scope->hard.has(kind) || !is_known(at, kind)) continue;
      const std::int64_t limit = at.scope->hard.of(kind);
      const std::int64_t remaining = std::max<std::int64_t>(limit - used_of(at, kind), 0);
      if (!least || remaining < least->remaining) least = Room{limit, remaining, reset_of(at, kind, now)};
    }
  }
  return least;
}

/// `6m0s`, `1h2m3s`, `17s`: as OpenAI writes it.
std::string duration(std::int64_t seconds) {
  std::string out;
  if (seconds >= 3600) out += std::to_string(seconds / 3600) + 'h';
  if (seconds >= 60) out += std::to_string(seconds / 60 % 60) + 'm';
  return out + std::to_string(seconds % 60) + 's';
}

/// Names of the fields that tell the room for one unit.
struct FieldNames {
  std::string_view limit;
  std::string_view remaining;
  std::string_view reset;
};
constexpr FieldNames kRequests{"x-ratelimit-limit-requests", "x-ratelimit-remaining-requests",
                               "x-ratelimit-reset-requests"};
constexpr FieldNames kTokens{"x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens",
                             "x-ratelimit-reset-tokens"};

void add(const FieldNames& names, const std::optional<Room>& room, http::Fields& fields) {
  if (!room) return;
  fields.add(names.limit, std::to_string(room->limit));
  fields.add(names.remaining, std::to_string(room->remaining));
  fields.add(names.reset, duration(room->reset_seconds));
}

void warn(const ScopeStanding& at, LimitKind kind, const domain::LimitSet& limits, std::string& out) {
  if (!limits.has(kind) || !is_known(at, kind)) return;
  const std::int64_t limit = limits.of(kind);
  const std::int64_t used = used_of(at, kind);
  if (limit > 0 && used / kWarnFifths < limit / 5) return;
  if (!out.empty()) out += ", ";
  const std::int64_t percent =
      limit > 0 ? static_cast<std::int64_t>(static_cast<__int128>(used) * 100 / limit) : 100;
  out += fmt::format("{} {} {}% of {} USD", to_string(at.scope->scope), to_string(kind), percent,
                     core::Money::nanos(limit).str());
}

}  // namespace

bool tells_limits(const std::vector<ScopeStanding>& standings) noexcept {
  return std::ranges::any_of(standings, [](const ScopeStanding& at) {
    return at.scope->hard.has(LimitKind::requests_per_minute) ||
           at.scope->hard.has(LimitKind::requests_per_day) ||
           at.scope->hard.has(LimitKind::tokens_per_minute) || at.scope->hard.has(LimitKind::tokens_per_day);
  });
}

void add_limit_fields(const std::vector<ScopeStanding>& standings, core::SystemTime now,
                      http::Fields& fields) {
  if (standings.empty()) return;
  add(kRequests, tightest(standings, {LimitKind::requests_per_minute, LimitKind::requests_per_day}, now),
      fields);
  add(kTokens, tightest(standings, {LimitKind::tokens_per_minute, LimitKind::tokens_per_day}, now), fields);
  std::string warning;
  for (const ScopeStanding& at : standings) {
    for (const LimitKind kind :
         {LimitKind::usd_per_day, LimitKind::usd_per_week, LimitKind::usd_per_month, LimitKind::usd_total}) {
      warn(at, kind, at.scope->hard, warning);
      warn(at, kind, at.scope->soft, warning);
    }
  }
  if (!warning.empty()) fields.add("x-relayna-budget-warning", warning);
}

}  // namespace relayna::pipeline
