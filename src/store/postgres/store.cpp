#include "relayna/store/store.hpp"

#include "store/postgres/analytics.hpp"
#include "store/postgres/change_feed.hpp"
#include "store/postgres/migrations.hpp"
#include "store/postgres/repositories.hpp"

namespace relayna::store {

namespace postgres {
namespace {

class PostgresStore final : public Store {
 public:
  PostgresStore(const PostgresSettings& settings, ConnectOptions options)
      : options_(std::move(options)),
        feed_settings_{.statement_timeout = settings.statement_timeout,
                       .poll_interval = settings.poll_interval},
        pool_(options_,
              {.max_connections = settings.max_connections, .statement_timeout = settings.statement_timeout},
              watchdog_) {}

  KeyRepository& keys() override { return keys_; }
  CatalogRepository& catalog() override { return catalog_; }
  UsageRepository& usage() override { return usage_; }
  Administration& administration() override { return *administration_; }
  AnalyticsRepository& analytics() override { return analytics_; }
  SecretsRepository& secrets() override { return secrets_; }
  ReplicaRepository& replicas() override { return replicas_; }
  Migrations& migrations() override { return migrations_; }

  core::Result<void> ping() override {
    return pool_.run(Repeat::always, [](Connection& connection) -> core::Result<void> {
      pqxx::nontransaction read(connection.session());
      query(read, "SELECT 1");
      return {};
    });
  }

  std::unique_ptr<ChangeFeed> watch(std::function<void(const Change&)> on_change) override {
    return std::make_unique<ListenFeed>(options_, feed_settings_, watchdog_, std::move(on_change));
  }

  [[nodiscard]] std::string describe() const override { return "postgres " + options_.display; }

 private:
  const ConnectOptions options_;
  const FeedSettings feed_settings_;
  const std::shared_ptr<Watchdog> watchdog_ = std::make_shared<Watchdog>();
  Pool pool_;
  Keys keys_{pool_};
  Catalog catalog_{pool_};
  Usage usage_{pool_};
  const std::unique_ptr<Administration> administration_ = make_administration(pool_);
  Analytics analytics_{pool_};
  Secrets secrets_{pool_};
  Replicas replicas_{pool_};
  SchemaMigrations migrations_{options_, pool_, watchdog_, postgres_migrations()};
};

}  // namespace
}  // namespace postgres

core::Result<std::unique_ptr<Store>> make_postgres_store(PostgresSettings settings) {
  if (settings.max_connections == 0)
    return core::fail(core::ErrorCode::invalid_configuration, "at least one database connection is needed");
  auto options = postgres::connect_options(settings);
  if (!options) return std::unexpected(std::move(options.error()));
  return std::make_unique<postgres::PostgresStore>(settings, std::move(*options));
}

}  // namespace relayna::store
