#include "http/connection_pool.hpp"

#include <algorithm>

namespace relayna::http {

OriginConnections& ConnectionPool::origin(const net::Origin& origin) {
  auto found = origins_.find(origin);
  if (found == origins_.end()) {
    found = origins_.try_emplace(origin).first;
    found->second.authority = origin.authority();
  }
  return found->second;
}

bool ConnectionPool::outlived(const PooledConnection& connection, core::TimePoint now) const noexcept {
  return now - connection.created >= settings_.max_age ||
         now - connection.idle_since >= settings_.idle_timeout;
}

PooledConnection ConnectionPool::take(OriginConnections& from, core::TimePoint now) {
  while (!from.idle.empty()) {
    PooledConnection connection = std::move(from.idle.back());
    from.idle.pop_back();
    if (!outlived(connection, now) && !connection.stream->stale()) return connection;
  }
  return {};
}

void ConnectionPool::give(OriginConnections& to, PooledConnection connection, core::TimePoint now) {
  if (to.idle.size() >= settings_.max_idle_per_origin || now - connection.created >= settings_.max_age)
    return;
  connection.idle_since = now;
  to.idle.push_back(std::move(connection));
}

void ConnectionPool::sweep(core::TimePoint now) {
  for (auto it = origins_.begin(); it != origins_.end();) {
    OriginConnections& connections = it->second;
    std::erase_if(connections.idle,
                  [&](const PooledConnection& c) { return outlived(c, now) || c.stream->stale(); });
    it = connections.idle.empty() && connections.active == 0 ? origins_.erase(it) : std::next(it);
  }
}

void ConnectionPool::clear() noexcept {
  for (auto& [origin, connections] : origins_) connections.idle.clear();
}

std::size_t ConnectionPool::idle() const noexcept {
  std::size_t n = 0;
  for (const auto& [origin, connections] : origins_) n += connections.idle.size();
  return n;
}

std::size_t ConnectionPool::active() const noexcept {
  std::size_t n = 0;
  for (const auto& [origin, connections] : origins_) n += connections.active;
  return n;
}

}  // namespace relayna::http
