#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "relayna/core/time.hpp"
#include "relayna/counters/counters.hpp"
#include "relayna/counters/redis_link.hpp"
#include "relayna/runtime/shard.hpp"

namespace relayna::counters {

/// Counters of this process alone: without Redis, and in its absence. All shards share the one object, which
/// a mutex guards; nothing waits for I/O. `clock` must outlive it and be readable from all their threads.
std::shared_ptr<Counters> make_memory_counters(const core::Clock& clock = core::real_clock());

/// Follows the prefix in the name of every key. Another one whenever the names of keys or what they hold
/// changes: replicas of two formats never read each other's, and the new ones begin with the durable
/// balances.
inline constexpr std::string_view kRedisFormat = "2:";

struct RedisCountersSettings {
  std::string replica;              ///< this process; its shards share it
  std::string prefix = "relayna:";  ///< of all keys, before `kRedisFormat`
  /// Tests only: asked instead of Redis's own TIME. Must outlive the counters.
  const core::Clock* clock = nullptr;
};

/// Counters in the Redis of `link`, for one shard. Time is Redis's own. Both must outlive the counters and
/// what they ask (the tasks of the shard). Redis 5 or later with Lua; not a Redis Cluster.
std::shared_ptr<Counters> make_redis_counters(runtime::Shard& shard, RedisLink& link,
                                              RedisCountersSettings settings);

}  // namespace relayna::counters
