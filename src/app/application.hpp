#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "relayna/catalog/refresher.hpp"
#include "relayna/config/in_force.hpp"
#include "relayna/control/admin.hpp"
#include "relayna/control/handler.hpp"
#include "relayna/counters/redis_link.hpp"
#include "relayna/runtime/signals.hpp"

#include "app/shard_parts.hpp"

namespace relayna::app {

/// The running gateway: builds everything from the settings, serves until told to stop, drains, and takes
/// everything down in the reverse order. The control listener is up from the first moment; the proxy listener
/// follows once the store has been reached.
class Application {
 public:
  /// `told`: the same settings as operators see them, with their sources.
  Application(config::Settings settings, std::vector<config::SettingInForce> told,
              std::unique_ptr<store::Store> store);
  ~Application();

  /// Serves on the calling thread. Returns the exit code.
  int run();

 private:
  // bring_up.cpp
  runtime::Task<void> bring_up();
  runtime::Task<core::Result<void>> prepare_store();
  runtime::Task<core::Result<void>> make_first_operator();
  runtime::Task<core::Result<void>> apply_declared_file();
  core::Result<void> open_state_folder();
  void open_admin();
  core::Result<void> load_certificates();
  core::Result<void> listen_control();
  runtime::Task<core::Result<void>> start_shards();
  runtime::Task<void> catch_up(runtime::Shard* shard, ShardParts* parts);
  // background.cpp
  void watch_changes();
  runtime::Task<void> heartbeat();
  /// Takes part in a rotation of the data key, whoever asked for it.
  runtime::Task<void> rotate_data_key();
  runtime::Task<void> keep_house();
  /// Tells the counters of resets that they have not heard of yet, whoever made them.
  runtime::Task<void> tell_resets();
  runtime::Task<void> check_dependencies();
  core::Result<void> connect_redis();
  runtime::Task<void> check_redis();
  void spread(catalog::SnapshotPtr snapshot);
  // drain.cpp
  runtime::Task<void> drain();
  runtime::Task<void> finish(int exit_code);
  void on_signal(int signal);
  /// Runs `fn` with each shard's parts on that shard's thread, one after the other.
  runtime::Task<void> on_each_shard(std::function<void(ShardParts&)> fn);
  /// The same without waiting, from any thread once all parts are there; a shard whose parts have ended is
  /// left out.
  void tell_each_shard(const std::function<void(ShardParts&)>& fn);
  runtime::Task<std::size_t> open_connections();

  config::Settings settings_;
  std::vector<config::SettingInForce> told_settings_;
  std::unique_ptr<store::Store> store_;
  telemetry::Metrics metrics_;
  pipeline::Health health_;
  pipeline::About about_;
  pipeline::BodyAdmission admission_;
  pipeline::RequestFeed finished_;
  pipeline::ShardReports reports_;
  ledger::BudgetWatch budgets_;
  runtime::OffloadPool offload_;
  runtime::OffloadPool admin_pool_;
  std::vector<std::unique_ptr<runtime::Shard>> shards_;
  std::vector<std::thread> threads_;
  runtime::Shard& main_;
  runtime::StopSource stop_;
  runtime::TaskGroup tasks_;
  std::unique_ptr<ledger::SpoolFolder> spool_;
  std::string replica_;
  /// As many as are configured, or as heartbeats show.
  std::atomic<std::size_t> live_replicas_{settings_.replicas == 0 ? 1 : settings_.replicas};
  std::shared_ptr<identity::Keyring> keyring_;
  std::shared_ptr<net::TlsClientContext> client_tls_;
  std::shared_ptr<net::TlsServerContext> proxy_tls_;
  std::shared_ptr<net::TlsServerContext> control_tls_;
  control::Handler control_handler_;
  std::unique_ptr<http::Server> control_;
  std::unique_ptr<Shared> shared_;
  std::vector<std::unique_ptr<ShardParts>> parts_;
  std::unique_ptr<net::Connector> redis_connector_;
  std::unique_ptr<counters::RedisLink> redis_;  ///< null in embedded mode
  std::shared_ptr<counters::Counters> admin_counters_;
  std::unique_ptr<ledger::LimitUse> limit_use_;
  std::unique_ptr<net::Connector> admin_connector_;
  std::unique_ptr<http::Client> admin_client_;
  std::unique_ptr<control::Admin::Network> admin_network_;
  std::unique_ptr<control::Admin> admin_;  ///< null until the store has been reached
  std::unique_ptr<catalog::Refresher> refresher_;
  std::unique_ptr<store::ChangeFeed> feed_;
  std::unique_ptr<runtime::Signals> signals_;
  bool draining_ = false;
  int exit_code_ = 0;
};

}  // namespace relayna::app
