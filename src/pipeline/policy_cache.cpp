#include "pipeline/policy_cache.hpp"

#include "relayna/domain/effective_policy.hpp"

namespace relayna::pipeline {

std::shared_ptr<const domain::Policy> PolicyCache::get(const catalog::Snapshot& snapshot,
                                                       const std::shared_ptr<const identity::CachedKey>& key,
                                                       std::string_view team_id, std::string_view route, std::string_view model) {
  // Without layers the key's own policy is the effective one: share it, merge nothing.
  if (snapshot.layers.empty()) return {key, &key->key.policy};
  if (revision_ != snapshot.revision || entries_.size() >= kMost) {
    entries_.clear();
    revision_ = snapshot.revision;
  }
  scratch_.assign(key->key.id).append(1, '\n').append(route).append(1, '\n').append(model);
  if (const auto it = entries_.find(scratch_); it != entries_.end() && it->second.key.lock() == key) return it->second.policy;
  const domain::PolicyScope scope{key->key.project_id, team_id, route, model, key->key.id};
  auto policy = std::make_shared<const domain::Policy>(domain::compute(snapshot.layers, key->key.policy, scope).policy);
  entries_[scratch_] = {key, policy};
  return policy;
}

}  // namespace relayna::pipeline
