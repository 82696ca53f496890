#include "app/shard_parts.hpp"

#include <algorithm>
#include <utility>

#include "app/listeners.hpp"
#include "app/redis_address.hpp"

namespace relayna::app {

namespace {

constexpr std::chrono::seconds kTouchInterval{30};
constexpr std::chrono::milliseconds kGaugeInterval{1'000};

identity::KeyCacheSettings cache_settings(const config::Settings& settings) {
  identity::KeyCacheSettings cache;
  cache.size = settings.auth_cache_size;
  cache.ttl = settings.auth_cache_ttl;
  cache.soft_bump = settings.auth_cache_soft_bump;
  cache.hard_grace = settings.auth_cache_hard_grace;
  return cache;
}

http::Server::Settings server_settings(const Shared& shared, std::uint16_t port) {
  auto settings = listener_settings(shared.settings, {shared.settings.bind.ip, port}, shared.server_tls);
  settings.reuse_port = shared.settings.threads > 1;
  settings.max_body_bytes = shared.settings.max_request_body_bytes;
  return settings;
}

ledger::Ledger::Settings ledger_settings(const Shared& shared) {
  ledger::Ledger::Settings settings;
  settings.lease = shared.settings.lease;
  settings.grace = shared.settings.lease_grace;
  const auto* live = &shared.live_replicas;
  settings.replicas = [live] { return live->load(); };
  settings.budgets = &shared.budgets;
  return settings;
}

identity::KeyCache::Loader key_loader(store::Store& store) {
  auto* from = &store;
  return [from](const core::Digest& digest) { return from->keys().find_by_hash(digest); };
}

}  // namespace

net::Connector::Settings upstream_connection(const config::Settings& settings,
                                             std::shared_ptr<net::TlsClientContext> tls) {
  net::Connector::Settings connection;
  const auto& from = settings.upstream_private;
  using Mode = config::UpstreamPrivate::Mode;
  connection.ssrf.private_addresses = from.mode == Mode::allow  ? net::SsrfPolicy::Private::allow
                                      : from.mode == Mode::deny ? net::SsrfPolicy::Private::deny
                                                                : net::SsrfPolicy::Private::listed;
  for (const auto& text : from.cidrs) {
    if (auto cidr = net::Cidr::parse(text))
      connection.ssrf.allowed.push_back(*cidr);  // config has checked the form
  }
  connection.tls = std::move(tls);
  connection.outbound_proxy = settings.outbound_proxy;
  connection.no_proxy = settings.no_proxy;
  return connection;
}

namespace {

/// The largest of the last five to ten seconds.
class RecentWorst {
 public:
  void note(core::Duration value) { present_ = std::max(present_, value); }
  [[nodiscard]] core::Duration get(core::TimePoint now) {
    if (now - began_ >= std::chrono::seconds(5)) {
      before_ = std::exchange(present_, {});
      began_ = now;
    }
    return std::max(present_, before_);
  }

 private:
  core::TimePoint began_{};
  core::Duration present_{};
  core::Duration before_{};
};

}  // namespace

struct ShardParts::Gauges {
  telemetry::Gauge connections, in_flight, pool_idle, pool_active, cache_entries, buffered_requests,
      buffered_bytes, offload_queue;
  telemetry::Histogram lag;
  RecentWorst worst_lag;
  core::TimePoint last{};

  Gauges(telemetry::Metrics& m, std::size_t shard) {
    const telemetry::Labels labels{{"shard", std::to_string(shard)}};
    connections = m.gauge("gateway_proxy_connections", "Open connections of the proxy listener.", labels);
    in_flight = m.gauge("gateway_proxy_in_flight", "Requests being served on the proxy listener.", labels);
    pool_idle = m.gauge("gateway_upstream_pool_idle", "Idle upstream connections.", labels);
    pool_active = m.gauge("gateway_upstream_pool_active", "Upstream connections in use.", labels);
    cache_entries = m.gauge("gateway_auth_cache_entries", "Virtual keys held in memory.", labels);
    offload_queue = m.gauge("gateway_offload_queue", "Blocking work that waits for a thread.");
    buffered_requests = m.gauge("gateway_buffered_requests", "Request bodies being received.");
    buffered_bytes = m.gauge("gateway_buffered_body_bytes", "Bytes of request bodies held.");
    lag = m.histogram("gateway_loop_lag_seconds", "How late the event loop ran its 50 ms timer.",
                      {.0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1}, labels);
  }
};

ShardParts::ShardParts(runtime::Shard& shard, const Shared& shared, std::uint16_t port)
    : shard_(shard),
      store_(shared.store),
      reports_(shared.reports),
      tasks_(shard.executor()),
      books_(shard.executor()),
      drains_(shard.executor()),
      connector_(shard, upstream_connection(shared.settings, shared.client_tls)),
      client_(shard, connector_, http::Client::Settings{}),
      keys_(shard, key_loader(shared.store), cache_settings(shared.settings)),
      hasher_(shared.keyring.hasher()),
      dispatcher_(shard, client_, shared.metrics, static_cast<std::int64_t>(shared.settings.threads)),
      models_(shard, client_),
      counters_(connect_counters(shared)),
      usage_(shard, shared.store, shared.metrics, ledger::UsageSink::Settings{}, &shared.spool),
      ledger_(ledger_parts(shared), ledger_settings(shared)),
      pipeline_(pipeline::Parts{shard, view_, keys_, hasher_, dispatcher_, models_, ledger_, access_log_,
                                shared.metrics, shared.admission, drains_, stop_drains_,
                                shared.feed.ring(shard.index())},
                pipeline::Settings{shared.settings.max_request_body_bytes, shared.settings.worker_token,
                                   shared.settings.log_message_body}),
      handler_(pipeline_, shared.health, shared.about, shard,
               proxy::Handler::Settings{shared.settings.cors_allowed_origins}),
      server_(shard, server_settings(shared, port), handler_),
      gauges_(std::make_unique<Gauges>(shared.metrics, shard.index())) {
  shard_.set_lag_observer([this](core::Duration late) {
    gauges_->lag.observe(std::chrono::duration<double>(late).count());
    gauges_->worst_lag.note(late);
  });
  auto* admission = &shared.admission;
  periodic_ = shard_.every_sweep([this, admission](core::TimePoint now) {
    access_log_.flush();
    if (now - gauges_->last < kGaugeInterval) return;
    gauges_->last = now;
    gauges_->buffered_requests.set(static_cast<double>(admission->requests()));
    gauges_->buffered_bytes.set(static_cast<double>(admission->bytes()));
    publish_gauges();
    report();
  });
  tasks_.spawn(ledger_.run(&stop_));
  books_.spawn(usage_.run(&stop_books_));
  tasks_.spawn(touch_keys());
}

ShardParts::~ShardParts() {
  shard_.set_lag_observer({});
}

std::shared_ptr<counters::Counters> ShardParts::connect_counters(const Shared& shared) {
  if (!shared.redis) return shared.in_process;
  redis_connector_ = std::make_unique<net::Connector>(shard_, redis_connection(shared.client_tls));
  redis_ = std::make_unique<counters::RedisLink>(shard_, *redis_connector_, *shared.redis,
                                                 counters::RedisLink::Settings{});
  redis_->start();
  return counters::make_redis_counters(shard_, *redis_, {.replica = shared.replica});
}

ledger::Ledger::Parts ShardParts::ledger_parts(const Shared& shared) {
  return {.shard = shard_,
          .store = shared.store,
          .counters = *counters_,
          .fallback = shared.redis ? shared.in_process.get() : nullptr,
          .usage = usage_,
          .metrics = shared.metrics};
}

core::Result<void> ShardParts::listen() {
  return server_.listen();
}

void ShardParts::publish(catalog::SnapshotPtr snapshot) {
  view_.replace(std::move(snapshot));
}

void ShardParts::forget_key(const std::string& id) {
  if (id.empty()) {
    keys_.invalidate_all();
  } else {
    keys_.invalidate(id);
  }
}

void ShardParts::publish_gauges() {
  const auto server = server_.stats();
  gauges_->connections.set(static_cast<double>(server.connections));
  gauges_->in_flight.set(static_cast<double>(server.in_flight));
  const auto pool = client_.stats();
  gauges_->pool_idle.set(static_cast<double>(pool.idle));
  gauges_->pool_active.set(static_cast<double>(pool.active));
  gauges_->cache_entries.set(static_cast<double>(keys_.stats().entries));
  gauges_->offload_queue.set(static_cast<double>(shard_.offload_pool().queued()));
}

void ShardParts::report() {
  const auto server = server_.stats();
  const auto pool = client_.stats();
  reports_.publish(shard_.index(), {.at = shard_.clock().wall(),
                                    .worst_lag = gauges_->worst_lag.get(shard_.clock().now()),
                                    .connections = server.connections,
                                    .in_flight = server.in_flight,
                                    .pool_idle = pool.idle,
                                    .pool_active = pool.active,
                                    .cached_keys = keys_.stats().entries,
                                    .usage = usage_.standing(),
                                    .credentials = dispatcher_.credentials(),
                                    .providers = dispatcher_.providers()});
}

runtime::Task<void> ShardParts::touch_keys() {
  while (true) {
    const bool go_on = co_await shard_.sleep(kTouchInterval, &stop_);
    auto used = std::make_shared<std::vector<std::pair<std::string, core::SystemTime>>>(keys_.take_used());
    if (!used->empty()) {
      auto* store = &store_;
      // A failure loses nothing that matters: the next use reports a later time.
      (void)co_await runtime::offload(shard_.offload_pool(),
                                      [store, used] { return store->keys().touch(*used); });
    }
    if (!go_on) co_return;
  }
}

runtime::Task<void> ShardParts::finish() {
  stop_drains_.request_stop(runtime::StopReason::draining);
  co_await drains_.wait_empty();
  // Requests are over; what they used is told to the counters, then to the store, then to the counters once
  // more.
  stop_.request_stop();
  co_await tasks_.wait_empty();
  stop_books_.request_stop();
  co_await books_.wait_empty();
  if (redis_ != nullptr) co_await redis_->stop();
  client_.clear();
  access_log_.flush();
}

}  // namespace relayna::app
