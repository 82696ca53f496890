#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "relayna/catalog/view.hpp"
#include "relayna/config/settings.hpp"
#include "relayna/counters/implementations.hpp"
#include "relayna/http/client.hpp"
#include "relayna/http/server.hpp"
#include "relayna/identity/keyring.hpp"
#include "relayna/ledger/budget_watch.hpp"
#include "relayna/pipeline/health.hpp"
#include "relayna/pipeline/pipeline.hpp"
#include "relayna/pipeline/shard_report.hpp"
#include "relayna/proxy/handler.hpp"

namespace relayna::app {

/// What every shard shares; all of it outlives the shards' parts.
struct Shared {
  const config::Settings& settings;
  store::Store& store;
  const identity::Keyring& keyring;
  telemetry::Metrics& metrics;
  pipeline::BodyAdmission& admission;
  pipeline::RequestFeed& feed;
  pipeline::ShardReports& reports;
  ledger::BudgetWatch& budgets;
  pipeline::Health& health;
  const pipeline::About& about;
  std::shared_ptr<net::TlsClientContext> client_tls;
  std::shared_ptr<net::TlsServerContext> server_tls;
  std::string
      replica;  ///< who this process is to the others; the same after a restart with the same state folder
  ledger::SpoolFolder& spool;
  std::optional<counters::RedisAddress> redis;  ///< unset: counters are this process's own
  std::shared_ptr<counters::Counters>
      in_process;  ///< those, or what stands in while Redis is away; null: nothing does
  const std::atomic<std::size_t>& live_replicas;
};

/// How upstreams are connected to: which addresses, which certificates, through which proxy.
net::Connector::Settings upstream_connection(const config::Settings& settings,
                                             std::shared_ptr<net::TlsClientContext> tls);

/// Everything of the data path that belongs to one shard, in the order of construction: from the network up
/// to the listener. Built, used and destroyed on the shard's thread.
class ShardParts {
 public:
  ShardParts(runtime::Shard& shard, const Shared& shared, std::uint16_t port);
  ~ShardParts();

  /// Binds the proxy listener and begins to serve.
  core::Result<void> listen();
  void publish(catalog::SnapshotPtr snapshot);
  /// A key changed; empty: any may have.
  void forget_key(const std::string& id);
  /// What is used of some limit was set back.
  void forget_refusals() { ledger_.forget_refusals(); }
  /// Whether all usage that earlier processes left is stored.
  [[nodiscard]] bool caught_up() const noexcept { return usage_.caught_up(); }
  [[nodiscard]] pipeline::Pipeline& pipeline() noexcept { return pipeline_; }
  [[nodiscard]] http::Server& server() noexcept { return server_; }
  /// After the server has closed: writes out usage, ends the background tasks. Completes when nothing of this
  /// shard runs any more.
  runtime::Task<void> finish();

 private:
  std::shared_ptr<counters::Counters> connect_counters(const Shared& shared);
  ledger::Ledger::Parts ledger_parts(const Shared& shared);
  void publish_gauges();
  /// What /admin/health tells of this shard.
  void report();
  runtime::Task<void> touch_keys();

  runtime::Shard& shard_;
  store::Store& store_;
  pipeline::ShardReports& reports_;
  runtime::StopSource stop_;
  runtime::StopSource stop_books_;  ///< later than the rest: everything must have been settled
  runtime::TaskGroup tasks_;
  runtime::TaskGroup books_;
  runtime::TaskGroup drains_;
  runtime::StopSource stop_drains_;
  catalog::View view_;
  net::Connector connector_;
  http::Client client_;
  identity::KeyCache keys_;
  core::Hmac hasher_;
  upstream::Dispatcher dispatcher_;
  upstream::ModelDirectory models_;
  std::unique_ptr<net::Connector> redis_connector_;
  std::unique_ptr<counters::RedisLink> redis_;
  std::shared_ptr<counters::Counters> counters_;
  ledger::UsageSink usage_;
  ledger::Ledger ledger_;
  telemetry::AccessLog access_log_;
  pipeline::Pipeline pipeline_;
  proxy::Handler handler_;
  http::Server server_;
  struct Gauges;
  std::unique_ptr<Gauges> gauges_;
  std::unique_ptr<runtime::Shard::Periodic> periodic_;
};

}  // namespace relayna::app
