#include <algorithm>

#include <fmt/format.h>

#include "relayna/telemetry/log.hpp"

#include "app/application.hpp"
#include "app/declared_file.hpp"
#include "app/listeners.hpp"
#include "app/redis_address.hpp"
#include "app/replica_name.hpp"
#include "app/store_setup.hpp"
#include "app/told_settings.hpp"

namespace relayna::app {

namespace {

constexpr std::chrono::milliseconds kRetryFirst{250};
constexpr std::chrono::milliseconds kRetryMax{5'000};
constexpr std::chrono::seconds kCatchUp{10};
constexpr std::chrono::milliseconds kCaughtUpYet{10};

/// Whether waiting can help: the store being away does, a wrong key or schema does not.
bool worth_waiting(const core::Error& error) {
  return error.code == core::ErrorCode::store_unavailable;
}

core::Result<std::shared_ptr<net::TlsServerContext>> certificate(const std::string& cert,
                                                                 const std::string& key) {
  if (cert.empty()) return std::shared_ptr<net::TlsServerContext>{};
  return net::TlsServerContext::load(cert, key);
}

/// The newest migration applied.
core::Result<int> migrate_at_start(store::Store& store, bool apply) {
  if (apply) {
    auto applied = store.migrations().apply();
    if (!applied) return std::unexpected(applied.error());
    if (*applied > 0) telemetry::log("app")->info("{} schema migrations applied", *applied);
  }
  auto status = store.migrations().status();
  if (!status) return std::unexpected(status.error());
  int newest = 0;
  for (const auto& migration : *status) {
    newest = std::max(newest, migration.number);
    if (!migration.applied) {
      return core::fail(
          core::ErrorCode::migrations_pending,
          fmt::format("schema migration {:04} {} is pending; run `relayna-gateway migrate --apply`",
                      migration.number, migration.name));
    }
  }
  return newest;
}

}  // namespace

core::Result<void> Application::load_certificates() {
  auto client = net::TlsClientContext::create(settings_.upstream_ca_file);
  if (!client) return std::unexpected(client.error());
  client_tls_ = std::move(*client);
  auto proxy = certificate(settings_.tls_cert_file, settings_.tls_key_file);
  if (!proxy) return std::unexpected(proxy.error());
  proxy_tls_ = std::move(*proxy);
  auto control = certificate(settings_.control_tls_cert_file, settings_.control_tls_key_file);
  if (!control) return std::unexpected(control.error());
  control_tls_ = std::move(*control);
  return {};
}

core::Result<void> Application::open_state_folder() {
  auto folder = ledger::SpoolFolder::open(settings_.state_dir, {});
  if (!folder) return std::unexpected(folder.error());
  spool_ = std::move(*folder);
  auto name = replica_name(settings_.state_dir, main_.ids());
  if (!name) return std::unexpected(name.error());
  replica_ = std::move(*name);
  about_.replica = replica_;
  return {};
}

core::Result<void> Application::listen_control() {
  if (auto loaded = load_certificates(); !loaded) return loaded;
  auto settings = listener_settings(settings_, settings_.control_bind, control_tls_);
  settings.max_body_bytes = 2 << 20;
  control_ = std::make_unique<http::Server>(main_, std::move(settings), control_handler_);
  if (auto listening = control_->listen(); !listening) return listening;
  about_.control_port = control_->endpoint().port();
  return {};
}

runtime::Task<core::Result<void>> Application::prepare_store() {
  auto* store = store_.get();
  const bool apply = settings_.run_migrations;
  auto migrated =
      co_await runtime::offload(offload_, [store, apply] { return migrate_at_start(*store, apply); });
  if (!migrated) co_return std::unexpected(std::move(migrated.error()));
  health_.schema_version = *migrated;
  health_.migrated = true;
  auto source = master_key_source(settings_);
  auto keyring = co_await runtime::offload(
      offload_, [store, source] { return identity::Keyring::open(store->secrets(), source); });
  if (!keyring) co_return std::unexpected(keyring.error());
  keyring_ = std::move(*keyring);
  for (const auto& warning : keyring_->warnings()) telemetry::log("app")->warn("{}", warning);
  if (auto done = co_await make_first_operator(); !done) co_return done;
  co_return co_await apply_declared_file();
}

runtime::Task<core::Result<void>> Application::make_first_operator() {
  auto* store = store_.get();
  auto keyring = keyring_;
  auto wanted = bootstrap_settings(settings_);
  const auto now = main_.clock().wall();
  auto made = co_await runtime::offload(offload_, [store, keyring, wanted, now] {
    return identity::bootstrap_operators(*store, *keyring, wanted, now);
  });
  if (!made) co_return std::unexpected(made.error());
  for (const auto& note : made->notes) telemetry::log("app")->info("{}", note);
  if (!made->generated_token.empty()) show_operator_token(made->generated_token);
  auto unrotated = co_await runtime::offload(
      offload_, [store, now] { return identity::bootstrap_token_in_use(store->administration(), now); });
  if (!unrotated) co_return std::unexpected(unrotated.error());
  if (*unrotated) {
    telemetry::log("app")->warn(
        "the installation's first operator token is still in use; rotate it (POST "
        "/admin/operators/{{id}}/rotate)");
  }
  co_return core::Result<void>{};
}

runtime::Task<core::Result<void>> Application::apply_declared_file() {
  if (settings_.config_file.empty()) co_return core::Result<void>{};
  auto* store = store_.get();
  const std::string path = settings_.config_file;
  auto keyring = keyring_;
  co_return co_await runtime::offload(
      offload_, [store, path, keyring] { return app::apply_declared_file(path, *store, *keyring); });
}

runtime::Task<core::Result<void>> Application::start_shards() {
  auto redis = redis_address(settings_);
  if (!redis) co_return std::unexpected(redis.error());
  const bool in_process = !*redis || settings_.limiter_failure == "local";
  shared_ = std::make_unique<Shared>(Shared{
      .settings = settings_,
      .store = *store_,
      .keyring = *keyring_,
      .metrics = metrics_,
      .admission = admission_,
      .feed = finished_,
      .reports = reports_,
      .budgets = budgets_,
      .health = health_,
      .about = about_,
      .client_tls = client_tls_,
      .server_tls = proxy_tls_,
      .replica = replica_,
      .spool = *spool_,
      .redis = std::move(*redis),
      .in_process = in_process ? counters::make_memory_counters() : nullptr,
      .live_replicas = live_replicas_,
  });
  std::uint16_t port = settings_.bind.port;
  for (auto& shard : shards_) {
    auto* on = shard.get();
    auto* shared = shared_.get();
    parts_.push_back(co_await runtime::offload(
        *on, [on, shared, port] { return std::make_unique<ShardParts>(*on, *shared, port); }));
    auto* parts = parts_.back().get();
    if (on == shards_.front().get() && !shared_->redis) co_await catch_up(on, parts);
    auto listening = co_await runtime::offload(*on, [parts]() -> core::Result<std::uint16_t> {
      if (auto done = parts->listen(); !done) return std::unexpected(done.error());
      return parts->server().endpoint().port();
    });
    if (!listening) co_return std::unexpected(listening.error());
    port = *listening;  // with port 0 the first shard chooses for all
  }
  about_.proxy_port = port;
  co_return core::Result<void>{};
}

/// Counters in this process begin with what the store knows, so what an earlier process left in the spool
/// has to be there before anybody is admitted. Shared counters still hold it.
runtime::Task<void> Application::catch_up(runtime::Shard* shard, ShardParts* parts) {
  const auto patience = core::Deadline::in(main_.clock(), kCatchUp);
  while (!co_await runtime::offload(*shard, [parts] { return parts->caught_up(); })) {
    if (patience.passed(main_.clock().now())) {
      telemetry::log("app")->warn(
          "usage of an earlier process is still being stored; until then limits do not count it");
      co_return;
    }
    if (!co_await main_.sleep(kCaughtUpYet, &stop_)) co_return;
  }
}

void Application::open_admin() {
  auto connection = upstream_connection(settings_, client_tls_);
  auto ssrf = connection.ssrf;
  admin_connector_ = std::make_unique<net::Connector>(main_, std::move(connection));
  admin_client_ = std::make_unique<http::Client>(main_, *admin_connector_, http::Client::Settings{});
  admin_network_ = std::make_unique<control::Admin::Network>(
      control::Admin::Network{main_, admin_pool_, *admin_connector_, *admin_client_, std::move(ssrf)});
  admin_counters_ =
      redis_ ? counters::make_redis_counters(main_, *redis_, {.replica = replica_}) : shared_->in_process;
  limit_use_ = std::make_unique<ledger::LimitUse>(admin_pool_, *store_, *admin_counters_);
  admin_ = std::make_unique<control::Admin>(control::Admin::Parts{
      .shard = main_,
      .pool = admin_pool_,
      .store = *store_,
      .keyring = *keyring_,
      .metrics = metrics_,
      .health = health_,
      .about = about_,
      .network = *admin_network_,
      .finished = finished_,
      .use = *limit_use_,
      .shards = reports_,
      .budgets = budgets_,
      .pipeline = parts_.front()->pipeline(),
      .base_path = settings_.control_base_path,
      .tls = control_tls_ != nullptr,
      .environment_providers = environment_providers(settings_),
      .studio = {settings_.studio_base_url, settings_.studio_token},
      .log_level = settings_.log_level,
      .retention = configured_retention(settings_),
      .process_settings = process_settings(told_settings_),
  });
  control_handler_.set_admin(admin_.get());
}

runtime::Task<void> Application::bring_up() {
  auto logger = telemetry::log("app");
  tasks_.spawn(check_dependencies());
  if (auto redis = connect_redis(); !redis) {
    logger->error("{}", redis.error().describe());
    co_return co_await finish(1);
  }
  for (auto wait = kRetryFirst;; wait = std::min(wait * 2, kRetryMax)) {
    auto prepared = co_await prepare_store();
    if (prepared) break;
    logger->error("{}", prepared.error().describe());
    if (!worth_waiting(prepared.error())) co_return co_await finish(1);
    if (!co_await main_.sleep(wait, &stop_)) co_return;
  }
  auto keyring = keyring_;
  refresher_ = std::make_unique<catalog::Refresher>(
      main_, *store_, environment_providers(settings_),
      [keyring](std::string_view sealed, std::string_view context) { return keyring->open(sealed, context); },
      [this](catalog::SnapshotPtr snapshot) { spread(std::move(snapshot)); });
  if (auto started = co_await start_shards(); !started) {
    logger->error("{}", started.error().describe());
    co_return co_await finish(1);
  }
  if (stop_.stop_requested()) co_return;
  tasks_.spawn(refresher_->run(&stop_));  // first: until it has loaded, requests are refused
  open_admin();
  tasks_.spawn(heartbeat());
  tasks_.spawn(rotate_data_key());
  tasks_.spawn(keep_house());
  tasks_.spawn(tell_resets());
  tasks_.spawn(admin_->run(&stop_));
  watch_changes();
  health_.listening = true;
  logger->info("relayna-gateway {} serves: proxy {}:{}, control {}:{}, {}", about_.version, settings_.bind.ip,
               about_.proxy_port, settings_.control_bind.ip, about_.control_port, store_->describe());
}

}  // namespace relayna::app
