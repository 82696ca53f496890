#pragma once

#include <memory>
#include <optional>
#include <utility>

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

/// How to connect to it. Redis is often private: the guard on upstream addresses is not meant for it.
inline net::Connector::Settings redis_connection(std::shared_ptr<net::TlsClientContext> tls) {
  net::Connector::Settings connect;
  connect.tls = std::move(tls);
  return connect;
}

}  // namespace relayna::app
