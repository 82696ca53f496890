#include "relayna/domain/limit_rules.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "domain/layer_scope.hpp"

namespace relayna::domain {

namespace {

constexpr std::array<std::pair<LimitScope, std::string_view>, 5> kScopes{{
    {LimitScope::key, "key"},
    {LimitScope::project, "project"},
    {LimitScope::team, "team"},
    {LimitScope::global, "global"},
    {LimitScope::end_user, "end_user"},
}};

/// Collects counters; what is said twice of one counter is held to the tighter.
class Scopes {
 public:
  LimitedScope& at(LimitScope kind, LimitTarget target) {
    const auto it = std::ranges::find_if(scopes_, [&](const LimitedScope& s) {
      return s.scope == kind && s.target == target && !s.needs_end_user;
    });
    if (it != scopes_.end()) return *it;
    return scopes_.emplace_back(
        LimitedScope{.scope = kind, .target = std::move(target), .hard = {}, .soft = {}});
  }
  void add(LimitedScope scope) { scopes_.push_back(std::move(scope)); }
  std::vector<LimitedScope> take() {
    std::erase_if(scopes_, [](const LimitedScope& s) { return s.hard.empty() && s.soft.empty(); });
    return std::move(scopes_);
  }

 private:
  std::vector<LimitedScope> scopes_;
};

/// What a layer counts of a key: all of it, or what it asks of a model or route.
LimitTarget target_of(const PolicyLayer& layer, LimitTarget key) {
  if (layer.kind == LayerKind::model) key.model = layer.scope_id;
  if (layer.kind == LayerKind::route) key.route = layer.scope_id;
  return key;
}

void add_policies(Scopes& out, const std::vector<PolicyLayer>& layers, const Policy& key_policy,
                  const PolicyScope& scope) {
  const LimitTarget key{.key_id = std::string(scope.key_id)};
  LimitSet own = limits_of(key_policy);
  for (const PolicyLayer& layer : layers) {
    if (!layer_applies(layer, scope)) continue;
    LimitTarget target = target_of(layer, key);
    const bool of_the_key = target == key;
    (of_the_key ? own : out.at(LimitScope::key, std::move(target)).hard).tighten(limits_of(layer.policy));
  }
  out.at(LimitScope::key, key).hard.tighten(own);
}

/// nullopt: the limit is not about this caller.
std::optional<LimitTarget> target_of(const Limit& limit, const PolicyScope& scope) {
  const auto meant = [&](std::string_view id) {
    return !id.empty() && (limit.target.empty() || limit.target == id);
  };
  LimitTarget target{.model = limit.model};
  switch (limit.scope) {
    case LimitScope::key:
      if (!meant(scope.key_id)) return std::nullopt;
      target.key_id = scope.key_id;
      return target;
    case LimitScope::project:
      if (!meant(scope.project_id)) return std::nullopt;
      target.project_id = scope.project_id;
      return target;
    case LimitScope::team:
      if (!meant(scope.team_id)) return std::nullopt;
      target.team_id = scope.team_id;
      return target;
    case LimitScope::global:
      return target;
    case LimitScope::end_user:
      if (scope.project_id.empty()) {
        target.key_id = scope.key_id;
      } else {
        target.project_id = scope.project_id;
      }
      return target;
  }
  return std::nullopt;
}

void add_shared(Scopes& out, const std::vector<Limit>& limits, const PolicyScope& scope) {
  for (const Limit& limit : limits) {
    if (!limit.enabled || (!limit.model.empty() && !pattern_matches(limit.model, scope.model))) continue;
    auto target = target_of(limit, scope);
    if (!target) continue;
    if (limit.scope == LimitScope::end_user) {
      LimitedScope each{.scope = limit.scope, .target = std::move(*target), .hard = {}, .soft = {}};
      each.needs_end_user = true;
      each.wanted_end_user = limit.target;
      (limit.soft ? each.soft : each.hard) = limit.limits;
      out.add(std::move(each));
    } else {
      LimitedScope& shared = out.at(limit.scope, std::move(*target));
      (limit.soft ? shared.soft : shared.hard).tighten(limit.limits);
    }
  }
}

std::int64_t saturating_product(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? INT64_MAX / 4 : std::min(product, INT64_MAX / 4);
}

}  // namespace

std::string_view to_string(LimitScope scope) noexcept {
  for (const auto& [s, name] : kScopes) {
    if (s == scope) return name;
  }
  return "unknown";
}

std::optional<LimitScope> parse_limit_scope(std::string_view text) noexcept {
  for (const auto& [scope, name] : kScopes) {
    if (name == text) return scope;
  }
  return std::nullopt;
}

std::string LimitedScope::id() const {
  std::string out(to_string(scope));
  if (scope != LimitScope::global) out += ':';
  switch (scope) {
    case LimitScope::key:
      out += target.key_id;
      break;
    case LimitScope::project:
      out += target.project_id;
      break;
    case LimitScope::team:
      out += target.team_id;
      break;
    case LimitScope::end_user:
      out.append(target.project_id.empty() ? target.key_id : target.project_id).append(1, '/');
      for (const char c : target.end_user.value_or("")) out.append(c == '|' ? 2 : 1, c);
      break;
    case LimitScope::global:
      break;
  }
  if (!target.model.empty()) out.append("|model:").append(target.model);
  if (!target.route.empty()) out.append("|route:").append(target.route);
  return out;
}

std::vector<LimitedScope> limited_scopes(const std::vector<PolicyLayer>& layers,
                                         const std::vector<Limit>& limits, const Policy& key_policy,
                                         const PolicyScope& scope) {
  Scopes out;
  add_policies(out, layers, key_policy, scope);
  add_shared(out, limits, scope);
  return out.take();
}

std::vector<LimitedScope> for_end_user(const std::vector<LimitedScope>& scopes, std::string_view end_user) {
  if (std::ranges::none_of(scopes, &LimitedScope::needs_end_user)) return scopes;
  Scopes out;
  for (const LimitedScope& scope : scopes) {
    if (!scope.needs_end_user) {
      out.add(scope);
      continue;
    }
    if (!scope.wanted_end_user.empty() && scope.wanted_end_user != end_user) continue;
    LimitTarget target = scope.target;
    target.end_user = end_user;
    LimitedScope& own = out.at(scope.scope, std::move(target));
    own.hard.tighten(scope.hard);
    own.soft.tighten(scope.soft);
  }
  return out.take();
}

std::optional<LimitedScope> counter_of(const Limit& limit, const PolicyScope& scope,
                                       std::string_view end_user) {
  auto target = target_of(limit, scope);
  if (!target) return std::nullopt;
  if (limit.scope == LimitScope::end_user) {
    if (!limit.target.empty() && limit.target != end_user) return std::nullopt;
    target->end_user = end_user;
  }
  LimitedScope counter{.scope = limit.scope, .target = std::move(*target), .hard = {}, .soft = {}};
  (limit.soft ? counter.soft : counter.hard) = limit.limits;
  return counter;
}

std::vector<LimitInForce> limits_in_force(const std::vector<PolicyLayer>& layers,
                                          const std::vector<Limit>& limits, const Policy& key_policy,
                                          const PolicyScope& scope, std::string_view end_user) {
  using Source = LimitInForce::Source;
  std::vector<LimitInForce> all;
  const LimitTarget key{.key_id = std::string(scope.key_id)};
  const auto add_policy = [&](Source source, std::string id, std::string name, LimitTarget target,
                              const Policy& policy) {
    all.push_back(
        {source,
         std::move(id),
         std::move(name),
         {.scope = LimitScope::key, .target = std::move(target), .hard = limits_of(policy), .soft = {}}});
  };
  add_policy(Source::key_policy, key.key_id, {}, key, key_policy);
  for (const PolicyLayer& layer : layers) {
    const bool of_some_requests = layer.kind == LayerKind::model || layer.kind == LayerKind::route;
    if (!of_some_requests && !layer_applies(layer, scope)) continue;
    std::string name(to_string(layer.kind));
    if (!layer.scope_id.empty()) name.append(1, ' ').append(layer.scope_id);
    add_policy(Source::policy_layer, layer.id, std::move(name), target_of(layer, key), layer.policy);
  }
  for (const Limit& limit : limits) {
    if (!limit.enabled) continue;
    if (auto counter = counter_of(limit, scope, end_user))
      all.push_back({Source::limit, limit.id, limit.name, std::move(*counter)});
  }
  std::erase_if(all,
                [](const LimitInForce& one) { return one.counter.hard.empty() && one.counter.soft.empty(); });
  return all;
}

TokenEstimate estimate_usage(std::int64_t estimated_input, std::optional<std::int64_t> max_output,
                             std::int64_t choices, std::optional<std::int64_t> assumed_output) noexcept {
  const std::int64_t each = max_output.value_or(assumed_output.value_or(kDefaultOutputTokens));
  return {.input = std::max<std::int64_t>(estimated_input, 0),
          .output = saturating_product(std::max<std::int64_t>(each, 0), std::max<std::int64_t>(choices, 1))};
}

LimitSet limits_of(const Policy& policy) noexcept {
  LimitSet out;
  const auto number = [&](LimitKind kind, const std::optional<std::int64_t>& n) {
    if (n) out.set(kind, *n);
  };
  const auto money = [&](LimitKind kind, const std::optional<core::Money>& n) {
    if (n) out.set(kind, n->nanos());
  };
  number(LimitKind::requests_per_minute, policy.rpm_limit);
  number(LimitKind::requests_per_day, policy.max_requests_per_day);
  number(LimitKind::tokens_per_minute, policy.tpm_limit);
  number(LimitKind::tokens_per_day, policy.max_tokens_per_day);
  number(LimitKind::concurrent_requests, policy.max_concurrent_requests);
  money(LimitKind::usd_per_day, policy.daily_budget);
  money(LimitKind::usd_per_week, policy.weekly_budget);
  money(LimitKind::usd_per_month, policy.monthly_budget);
  money(LimitKind::usd_total, policy.total_budget);
  return out;
}

}  // namespace relayna::domain
