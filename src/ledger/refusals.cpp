#include "ledger/refusals.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace relayna::ledger {

namespace {

using domain::LimitKind;

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

}  // namespace

core::Error refusal_error(const domain::LimitedScope& scope, const counters::Refusal& refusal) {
  const bool used_up = refusal.used >= refusal.limit;
  core::Error error(code_of(refusal.kind),
                    fmt::format("The limit of {}{} for {} {}: {} used.", amount(refusal.kind, refusal.limit),
                                unit_of(refusal.kind), owner(scope),
                                used_up ? "is reached" : "has no room for this request",
                                amount(refusal.kind, refusal.used)));
  if (refusal.retry_after)
    error.retry_after = std::chrono::seconds(std::max<std::int64_t>(*refusal.retry_after, 1));
  return std::move(error).with_limit(std::string(to_string(scope.scope)),
                                     std::string(to_string(refusal.kind)));
}

void RefusalMemory::remember(const std::string& scope_id, const domain::LimitedScope& scope,
                             const counters::Refusal& refusal, core::TimePoint now) {
  // Concurrency ends whenever a request does, and a total budget when somebody raises it: neither has a known
  // end.
  if (refusal.kind == LimitKind::concurrent_requests || !refusal.retry_after || refusal.used < refusal.limit)
    return;
  if (entries_.size() >= kMost) {
    std::erase_if(entries_, [now](const auto& entry) { return entry.second.until <= now; });
    if (entries_.size() >= kMost) entries_.clear();
  }
  entries_[scope_id] = {now + std::chrono::seconds(*refusal.retry_after), refusal.kind, refusal.limit,
                        refusal_error(scope, refusal)};
}

const core::Error* RefusalMemory::find(const std::string& scope_id, const domain::LimitedScope& scope,
                                       core::TimePoint now) {
  const auto it = entries_.find(scope_id);
  if (it == entries_.end()) return nullptr;
  Entry& entry = it->second;
  if (entry.until <= now || scope.hard.of(entry.kind) != entry.limit) {
    entries_.erase(it);
    return nullptr;
  }
  entry.error.retry_after = std::chrono::ceil<std::chrono::seconds>(entry.until - now);
  return &entry.error;
}

}  // namespace relayna::ledger
