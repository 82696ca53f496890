#include <fmt/core.h>

#include "relayna/catalog/build.hpp"
#include "relayna/upstream/connection_check.hpp"

#include "app/command_line.hpp"
#include "app/commands/commands.hpp"
#include "app/configured.hpp"
#include "app/local_loop.hpp"
#include "app/redis_address.hpp"
#include "app/redis_doctor.hpp"
#include "app/shard_parts.hpp"
#include "app/store_setup.hpp"

namespace relayna::app {

namespace {

/// Prints one line per check and remembers whether any failed.
class Report {
 public:
  void ok(const std::string& what, const std::string& how) { fmt::print("ok    {}: {}\n", what, how); }
  void unknown(const std::string& what, const std::string& why) { fmt::print("?     {}: {}\n", what, why); }
  void failed(const std::string& what, const core::Error& error) {
    failed(what,
           fmt::format("{}{}{}", error.public_message(), error.detail.empty() ? "" : " - ", error.detail));
  }
  void failed(const std::string& what, const std::string& why) {
    any_failed_ = true;
    fmt::print("FAIL  {}: {}\n", what, why);
  }
  [[nodiscard]] bool any_failed() const noexcept { return any_failed_; }

 private:
  bool any_failed_ = false;
};

/// The database, its schema, the master key; and with them what is configured.
catalog::SnapshotPtr check_store(const config::Settings& settings, store::Store& store, Report& report) {
  if (auto ping = store.ping(); !ping) {
    report.failed("database " + store.describe(), ping.error());
    return nullptr;
  }
  report.ok("database", store.describe());
  auto status = store.migrations().status();
  if (!status) {
    report.failed("schema", status.error());
    return nullptr;
  }
  for (const auto& migration : *status) {
    if (migration.applied) continue;
    report.failed("schema", core::Error(core::ErrorCode::migrations_pending,
                                        fmt::format("migration {:04} {} is pending", migration.number,
                                                    migration.name)));
    return nullptr;
  }
  report.ok("schema", fmt::format("{} migrations applied", status->size()));
  auto keyring = identity::Keyring::open(store.secrets(), master_key_source(settings));
  if (!keyring) {
    report.failed("master key", keyring.error());
    return nullptr;
  }
  report.ok("master key", (*keyring)->generated_master_key()
                              ? "generated; set GATEWAY_MASTER_KEY to keep it elsewhere"
                              : "set");
  auto rows = store.catalog().load();
  if (!rows) {
    report.failed("catalog", rows.error());
    return nullptr;
  }
  auto built = catalog::build_snapshot(
      *rows, environment_providers(settings),
      [&](std::string_view sealed, std::string_view context) { return (*keyring)->open(sealed, context); });
  for (const auto& problem : built.problems) {
    report.failed("catalog", core::Error(core::ErrorCode::invalid_configuration, problem));
  }
  return built.snapshot;
}

/// One upstream, step by step.
void check_upstream(LocalLoop& loop, net::Connector& connector, upstream::ModelDirectory& models,
                    const domain::Provider& provider, Report& report) {
  for (const auto& step :
       loop.run(upstream::check_connection(loop.shard(), connector, models, provider, nullptr))) {
    const std::string what = "upstream " + provider.name + " " + step.name;
    if (!step.ok) {
      report.unknown(what, step.message);
    } else if (*step.ok) {
      report.ok(what, step.message);
    } else {
      report.failed(what, step.message);
    }
  }
}

void check_upstreams(const config::Settings& settings, const catalog::SnapshotPtr& snapshot, Report& report) {
  LocalLoop loop;
  auto tls = net::TlsClientContext::create(settings.upstream_ca_file);
  if (!tls) return report.failed("GATEWAY_UPSTREAM_CA_FILE", tls.error());
  net::Connector connector(loop.shard(), upstream_connection(settings, *tls));
  http::Client client(loop.shard(), connector, http::Client::Settings{});
  upstream::ModelDirectory models(loop.shard(), client);
  if (snapshot->providers.empty()) {
    report.failed("upstream", core::Error(core::ErrorCode::no_upstream,
                                          "none is configured; set LITELLM_BASE_URL or declare a provider"));
  }
  for (const auto& provider : snapshot->providers) check_upstream(loop, connector, models, provider, report);
  client.clear();
}

runtime::Task<core::Result<std::string>> ask_redis(runtime::Shard& shard, counters::RedisLink& link) {
  link.start();
  const auto deadline = core::Deadline::in(shard.clock(), std::chrono::seconds(3));
  while (!link.connected() && !deadline.passed(shard.clock().now()))
    co_await shard.sleep(std::chrono::milliseconds(20));
  auto found = co_await examine_redis(link);
  co_await link.stop();
  co_return found;
}

void check_redis(const config::Settings& settings, Report& report) {
  auto address = redis_address(settings);
  if (!address) return report.failed("redis", address.error());
  if (!*address) return report.ok("counters", "in this process");
  const std::string where = "redis " + (*address)->describe();
  LocalLoop loop;
  auto tls = net::TlsClientContext::create(settings.upstream_ca_file);
  net::Connector connector(loop.shard(), redis_connection(tls ? *tls : nullptr));
  counters::RedisLink::Settings patient;
  patient.command_timeout = std::chrono::milliseconds(1'000);
  counters::RedisLink link(loop.shard(), connector, std::move(**address), patient);
  auto found = loop.run(ask_redis(loop.shard(), link));
  if (!found) return report.failed(where, found.error());
  report.ok(where, *found);
}

}  // namespace

int doctor(const config::Overrides& overrides) {
  const auto settings = configured(overrides);
  if (!settings) return kConfiguration;
  Report report;
  report.ok("configuration", settings->config_file.empty() ? "environment" : settings->config_file);
  check_redis(*settings, report);
  auto store = open_store(*settings);
  if (!store) {
    report.failed("database", store.error());
    return kFailed;
  }
  auto snapshot = check_store(*settings, **store, report);
  // What the environment configures can be checked whatever the database does.
  if (snapshot == nullptr)
    snapshot = catalog::build_snapshot({}, environment_providers(*settings), {}).snapshot;
  check_upstreams(*settings, snapshot, report);
  return report.any_failed() ? kFailed : kOk;
}

}  // namespace relayna::app
