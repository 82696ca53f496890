#include <algorithm>

#include <fmt/format.h>

#include "declare/applier.hpp"

namespace relayna::declare {
namespace {

bool same(const domain::Limit& a, const domain::Limit& b) {
  return a.scope == b.scope && a.target == b.target && a.model == b.model && a.limits == b.limits &&
         a.soft == b.soft && a.enabled == b.enabled && a.managed_by == b.managed_by;
}

std::string label(const std::string& name) {
  return fmt::format("limit {}", name);
}

}  // namespace

std::string Applier::target_id(const DeclaredLimit& limit) const {
  switch (limit.scope) {
    case domain::LimitScope::key:
      return key_id(limit.target);
    case domain::LimitScope::project:
      return project_id(limit.target);
    case domain::LimitScope::team:
      return team_id(limit.target);
    case domain::LimitScope::global:
    case domain::LimitScope::end_user:
      return limit.target;
  }
  return {};
}

Applier::Done Applier::apply_limits() {
  return apply_limits_where(false);
}

Applier::Done Applier::apply_limits_of_keys() {
  return apply_limits_where(true);
}

Applier::Done Applier::apply_limits_where(bool of_keys) {
  for (const DeclaredLimit& declared : file_.limits) {
    const bool of_key = declared.scope == domain::LimitScope::key && !declared.target.empty();
    if (of_key != of_keys) continue;
    if (auto done = named(apply_limit(declared), label(declared.name)); !done) return done;
  }
  return {};
}

Applier::Done Applier::apply_limit(const DeclaredLimit& declared) {
  const std::string target = target_id(declared);
  if (target.empty() && !declared.target.empty()) {
    report_.skipped.push_back(fmt::format("{}: what it is for does not exist", label(declared.name)));
    return {};
  }
  const auto stored = std::ranges::find(rows_.limits, declared.name, &domain::Limit::name);
  const bool known = stored != rows_.limits.end();
  domain::Limit limit{.id = known ? stored->id : new_id(),
                      .name = declared.name,
                      .scope = declared.scope,
                      .target = target,
                      .model = declared.model,
                      .limits = declared.limits,
                      .soft = declared.soft,
                      .managed_by = std::string(kManagedByFile),
                      .created_at = known ? stored->created_at : now_,
                      .updated_at = now_};
  if (known && same(*stored, limit)) {
    note(Change::unchanged, label(declared.name));
    return {};
  }
  if (auto done = store_.catalog().upsert_limit(limit, actor_); !done) return done;
  note(known ? Change::updated : Change::created, label(declared.name));
  return {};
}

Applier::Done Applier::retire_limits() {
  for (domain::Limit limit : rows_.limits) {
    if (limit.managed_by != kManagedByFile || !limit.enabled) continue;
    if (std::ranges::find(file_.limits, limit.name, &DeclaredLimit::name) != file_.limits.end()) continue;
    limit.enabled = false;
    limit.updated_at = now_;
    if (auto done = named(store_.catalog().upsert_limit(limit, actor_), label(limit.name)); !done)
      return done;
    note(Change::disabled, label(limit.name));
  }
  return {};
}

}  // namespace relayna::declare
