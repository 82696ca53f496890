#include "contract/counters/model.hpp"

#include <algorithm>

namespace relayna::test {

using counters::Admission;
using counters::Amounts;
using counters::Extension;
using counters::Outcome;
using counters::Refusal;
using domain::LimitKind;
using domain::Periods;

namespace {

std::int64_t second_of(core::SystemTime t) {
  return std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
}

bool in_window(std::int64_t second, core::SystemTime now) {
  return second >= second_of(now) - 60;
}

bool is_window(LimitKind kind) {
  return kind == LimitKind::requests_per_minute || kind == LimitKind::tokens_per_minute;
}

/// Whether `then` lies in the same period of `kind` as `now`.
bool same_period(LimitKind kind, const Periods& then, const Periods& now) {
  if (kind == LimitKind::usd_total) return true;
  if (kind == LimitKind::usd_per_week) return then.week == now.week;
  if (kind == LimitKind::usd_per_month) return then.month == now.month;
  return then.day == now.day;
}

std::int64_t of_balance(const domain::Balance& balance, LimitKind kind) {
  switch (kind) {
    case LimitKind::requests_per_day:
      return balance.requests_today;
    case LimitKind::tokens_per_day:
      return balance.tokens_today;
    case LimitKind::usd_per_day:
      return balance.cost_today;
    case LimitKind::usd_per_week:
      return balance.cost_this_week;
    case LimitKind::usd_per_month:
      return balance.cost_this_month;
    case LimitKind::usd_total:
      return balance.cost_total;
    default:
      return 0;
  }
}

/// What one request counts for in a day, week, month or ever, or asks for.
std::int64_t amount_of(LimitKind kind, Amounts amounts) {
  if (domain::is_money(kind)) return amounts.cost_nanos;
  if (kind == LimitKind::tokens_per_day || kind == LimitKind::tokens_per_minute) return amounts.tokens;
  return 1;
}

}  // namespace

CountersModel::Request* CountersModel::find(const std::string& id) {
  for (auto& request : requests_) {
    if (request.open && request.id == id) return &request;
  }
  return nullptr;
}

std::vector<std::string> CountersModel::open() const {
  std::vector<std::string> ids;
  for (const auto& request : requests_) {
    if (request.open) ids.push_back(request.id);
  }
  return ids;
}

std::int64_t CountersModel::used(const std::string& scope, LimitKind kind, core::SystemTime now) const {
  std::int64_t sum = 0;
  const auto present = Periods::of(now);
  for (const auto& request : requests_) {
    for (const auto& part : request.parts) {
      if (part.scope.id != scope) continue;
      if (kind == LimitKind::concurrent_requests) {
        sum += request.open ? 1 : 0;
      } else if (kind == LimitKind::requests_per_minute) {
        sum += part.window && in_window(second_of(request.at), now) ? 1 : 0;
      } else if (kind == LimitKind::tokens_per_minute) {
        for (const auto& placement : request.tokens)
          sum += part.window && in_window(placement.second, now) ? placement.tokens : 0;
      } else if (part.durable && same_period(kind, Periods::of(request.at), present)) {
        sum += amount_of(kind, request.amounts);
      }
    }
  }
  const auto seed = seeds_.find(scope);
  if (seed != seeds_.end() && domain::is_durable(kind) && same_period(kind, seed->second.periods, present))
    sum += of_balance(seed->second, kind);
  for (const auto& reset : resets_) {
    if (reset.scope == scope && domain::is_durable(kind) &&
        same_period(kind, reset.taken_off.periods, present))
      sum -= of_balance(reset.taken_off, kind);
  }
  return sum;
}

std::int64_t CountersModel::oldest(const std::string& scope, LimitKind kind, core::SystemTime now) const {
  std::optional<std::int64_t> oldest;
  const auto see = [&](std::int64_t second) {
    if (in_window(second, now)) oldest = std::min(oldest.value_or(second), second);
  };
  for (const auto& request : requests_) {
    for (const auto& part : request.parts) {
      if (part.scope.id != scope || !part.window) continue;
      if (kind == LimitKind::requests_per_minute) see(second_of(request.at));
      for (const auto& placement : request.tokens) {
        if (kind == LimitKind::tokens_per_minute && placement.tokens > 0) see(placement.second);
      }
    }
  }
  return oldest ? *oldest + 61 - second_of(now) : 0;
}

bool CountersModel::fits(const std::string& scope, LimitKind kind, std::int64_t limit, std::int64_t amount,
                         core::SystemTime now) const {
  const auto sum = used(scope, kind, now);
  return sum < limit && sum + amount <= limit;
}

std::optional<std::int64_t> CountersModel::wait(const std::string& scope, LimitKind kind, std::int64_t limit,
                                                std::int64_t amount, core::SystemTime now) const {
  if (kind == LimitKind::concurrent_requests)
    return limit == 0 ? std::nullopt : std::optional<std::int64_t>(1);
  if (kind == LimitKind::usd_total) return std::nullopt;
  if (is_window(kind)) {
    for (std::int64_t seconds = 1; seconds <= 61; ++seconds) {
      if (fits(scope, kind, limit, amount, now + std::chrono::seconds(seconds))) return seconds;
    }
    return std::nullopt;
  }
  // Days, weeks and months all end at midnight.
  for (std::int64_t days = 1; days <= 32; ++days) {
    const auto midnight = std::chrono::floor<std::chrono::days>(now) + std::chrono::days(days);
    if (fits(scope, kind, limit, amount, midnight))
      return std::chrono::ceil<std::chrono::seconds>(midnight - now).count();
  }
  return std::nullopt;
}

std::optional<Refusal> CountersModel::refusal(const std::vector<counters::Scope>& scopes, bool request,
                                              Amounts amounts, core::SystemTime now) const {
  std::optional<Refusal> longest;
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    for (std::size_t k = 0; k < domain::kLimitKinds; ++k) {
      const auto kind = static_cast<LimitKind>(k);
      const auto& limits = scopes[i].limits;
      const auto amount = amount_of(kind, amounts);
      const bool of_requests = kind == LimitKind::requests_per_minute ||
                               kind == LimitKind::requests_per_day || kind == LimitKind::concurrent_requests;
      const bool asks = request || (!of_requests && amount > 0);
      if (!limits.has(kind) || !asks || fits(scopes[i].id, kind, limits.of(kind), amount, now)) continue;
      const Refusal reason{.scope = i,
                           .kind = kind,
                           .limit = limits.of(kind),
                           .used = used(scopes[i].id, kind, now),
                           .wanted = amount,
                           .held = of_requests ? 0 : use(scopes[i], now).reserved[k],
                           .retry_after = wait(scopes[i].id, kind, limits.of(kind), amount, now)};
      const auto length = [](const Refusal& r) { return r.retry_after.value_or(INT64_MAX); };
      if (!longest || length(reason) > length(*longest)) longest = reason;
    }
  }
  return longest;
}

Admission CountersModel::admit(const counters::AdmitRequest& request, core::SystemTime now) {
  Admission admission{.at = now};
  const auto* known = find(request.request_id);
  if (known != nullptr) {
    admission.at = known->at;
  } else {
    if (!request.announce) {
      admission.refusal = refusal(request.scopes, true, request.amounts, now);
      if (admission.refusal) {
        admission.outcome = Outcome::refused;
        add_standings(request, admission, now);
        return admission;
      }
    }
    if (request.announce && request.at) admission.at = *request.at;
    Request made{.id = request.request_id, .at = admission.at, .amounts = request.amounts};
    if (!request.announce) made.tokens.push_back({second_of(now), request.amounts.tokens});
    for (const auto& scope : request.scopes)
      made.parts.push_back(
          {.scope = scope,
           .durable = seeds_.contains(scope.id),
           .window = !request.announce && (scope.limits.has(LimitKind::requests_per_minute) ||
                                           scope.limits.has(LimitKind::tokens_per_minute))});
    requests_.push_back(made);
  }
  add_standings(request, admission, now);
  return admission;
}

counters::Standing CountersModel::standing(const counters::Scope& scope, core::SystemTime now) const {
  counters::Standing standing;
  for (std::size_t k = 0; k < domain::kLimitKinds; ++k) {
    const auto kind = static_cast<LimitKind>(k);
    if (scope.limits.has(kind)) standing.used[k] = used(scope.id, kind, now);
  }
  if (scope.limits.has(LimitKind::requests_per_minute))
    standing.requests_reset_seconds = oldest(scope.id, LimitKind::requests_per_minute, now);
  if (scope.limits.has(LimitKind::tokens_per_minute))
    standing.tokens_reset_seconds = oldest(scope.id, LimitKind::tokens_per_minute, now);
  return standing;
}

void CountersModel::add_standings(const counters::AdmitRequest& request, Admission& admission,
                                  core::SystemTime now) const {
  for (const auto& scope : request.scopes) admission.standings.push_back(standing(scope, now));
}

counters::Use CountersModel::use(const counters::Scope& scope, core::SystemTime now) const {
  counters::Use use{.standing = standing(scope, now)};
  for (std::size_t k = 0; k < domain::kLimitKinds; ++k) {
    std::int64_t held = 0;
    for (const auto& request : requests_) {
      for (const auto& part : request.parts) {
        if (request.open && part.scope.id == scope.id)
          held += amount_of(static_cast<LimitKind>(k), request.amounts);
      }
    }
    use.reserved[k] = std::min(held, std::max<std::int64_t>(0, use.standing.used[k]));
  }
  return use;
}

Extension CountersModel::extend(const std::string& id, Amounts more, core::SystemTime now) {
  auto* request = find(id);
  if (request == nullptr) return {.granted = false, .known = false};
  std::vector<counters::Scope> scopes;
  for (const auto& part : request->parts) scopes.push_back(part.scope);
  Extension extension{.refusal = refusal(scopes, false, more, now)};
  extension.granted = !extension.refusal;
  if (!extension.granted) return extension;
  request->amounts.tokens += more.tokens;
  request->amounts.cost_nanos += more.cost_nanos;
  if (more.tokens > 0) request->tokens.push_back({second_of(now), more.tokens});
  return extension;
}

bool CountersModel::settle(const std::string& id, Amounts used, core::SystemTime now) {
  auto* request = find(id);
  if (request == nullptr) return false;
  auto change = used.tokens - request->amounts.tokens;
  for (auto last = request->tokens.rbegin(); change < 0 && last != request->tokens.rend(); ++last) {
    const auto back = std::min(last->tokens, -change);
    last->tokens -= back;
    change += back;
  }
  if (change > 0 && !request->tokens.empty()) {
    auto& last = request->tokens.back();
    if (in_window(last.second, now)) {
      last.tokens += change;
    } else {
      request->tokens.push_back({second_of(now), change});
    }
  }
  request->amounts = used;
  request->open = false;
  return true;
}

void CountersModel::release(const std::string& id) {
  std::erase_if(requests_, [&](const Request& request) { return request.open && request.id == id; });
}

}  // namespace relayna::test
