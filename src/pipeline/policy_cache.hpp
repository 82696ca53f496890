#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "relayna/catalog/snapshot.hpp"
#include "relayna/domain/counter_set.hpp"
#include "relayna/domain/policy.hpp"
#include "relayna/identity/key_cache.hpp"
#include "relayna/pipeline/finished_request.hpp"

namespace relayna::pipeline {

/// What holds for one key on one route with one model.
struct Governed {
  domain::Policy policy;                      ///< every layer merged
  domain::CounterSet scopes;                  ///< the counters it is held to, end users not filled in yet
  std::shared_ptr<const AppliedRules> rules;  ///< which these are, for who asks later
};

/// Effective policies and limits by key, route and model, so that merging layers is paid once per
/// combination. Emptied when the catalog changes or when it is full; an entry is used only while the very
/// same key record is in force. One shard.
class PolicyCache {
 public:
  std::shared_ptr<const Governed> get(const catalog::Snapshot& snapshot,
                                      const std::shared_ptr<const identity::CachedKey>& key,
                                      std::string_view team_id, std::string_view route,
                                      std::string_view model);

 private:
  static constexpr std::size_t kMost = 20'000;
  struct Entry {
    std::weak_ptr<const identity::CachedKey> key;
    std::shared_ptr<const Governed> governed;
  };
  std::int64_t revision_ = -1;
  std::string scratch_;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace relayna::pipeline
