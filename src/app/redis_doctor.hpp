#pragma once

#include <string>

#include "relayna/counters/redis_link.hpp"

namespace relayna::app {

/// What doctor asks a Redis: that it answers, is one primary (Cluster is not supported), and never evicts
/// what it was told to keep. Returns what it found; the error says what to change.
runtime::Task<core::Result<std::string>> examine_redis(counters::RedisLink& link);

}  // namespace relayna::app
