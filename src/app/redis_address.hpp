#pragma once

#include <optional>

#include "relayna/config/settings.hpp"
#include "relayna/counters/redis_link.hpp"

namespace relayna::app {

/// Where the shared counters are; unset when this process keeps its own (embedded mode, `memory://`). The
/// error is about REDIS_URL.
inline core::Result<std::optional<counters::RedisAddress>> redis_address(const config::Settings& settings) {
  std::optional<counters::RedisAddress> none;
  if (settings.redis_url.empty() || settings.redis_url.starts_with("memory:")) return none;
  auto address = counters::RedisAddress::parse(settings.redis_url);
  if (!address) return std::unexpected(address.error());
  return std::optional(std::move(*address));
}

}  // namespace relayna::app
