#include "pipeline/policy_cache.hpp"

#include "relayna/domain/effective_policy.hpp"

namespace relayna::pipeline {

std::shared_ptr<const Governed> PolicyCache::get(const catalog::Snapshot& snapshot,
                                                 const std::shared_ptr<const identity::CachedKey>& key,
                                                 std::string_view team_id, std::string_view route,
                                                 std::string_view model) {
  if (revision_ != snapshot.revision || entries_.size() >= kMost) {
    entries_.clear();
    revision_ = snapshot.revision;
  }
  scratch_.assign(key->key.id).append(1, '\n').append(route).append(1, '\n').append(model);
  if (const auto it = entries_.find(scratch_); it != entries_.end() && it->second.key.lock() == key)
    return it->second.governed;
  const domain::PolicyScope scope{key->key.project_id, team_id, route, model, key->key.id};
  auto effective = domain::compute(snapshot.layers, key->key.policy, scope);
  const domain::CounterSet scopes =
      domain::limited_scopes(snapshot.layers, snapshot.limits, key->key.policy, scope);
  auto rules = std::make_shared<AppliedRules>(
      AppliedRules{snapshot.revision, effective.policy.policy_version, std::move(effective.applied), scopes});
  auto governed = std::make_shared<const Governed>(std::move(effective.policy), scopes, std::move(rules));
  entries_[scratch_] = {key, governed};
  return governed;
}

}  // namespace relayna::pipeline
