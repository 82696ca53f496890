#include "relayna/store/store.hpp"

#include "store/sqlite/analytics.hpp"
#include "store/sqlite/change_feed.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/migrations.hpp"
#include "store/sqlite/repositories.hpp"

namespace relayna::store {

namespace sqlite {
namespace {

class SqliteStore final : public Store {
 public:
  explicit SqliteStore(SqliteSettings settings) : settings_(std::move(settings)), database_(settings_.path) {}

  KeyRepository& keys() override { return keys_; }
  CatalogRepository& catalog() override { return catalog_; }
  UsageRepository& usage() override { return usage_; }
  Administration& administration() override { return *administration_; }
  AnalyticsRepository& analytics() override { return analytics_; }
  SecretsRepository& secrets() override { return secrets_; }
  ReplicaRepository& replicas() override { return replicas_; }
  Migrations& migrations() override { return migrations_; }

  core::Result<void> ping() override {
    return database_.read([](Connection& connection) -> core::Result<void> {
      connection.statement("SELECT 1 FROM sqlite_schema LIMIT 1").run();
      return {};
    });
  }

  std::unique_ptr<ChangeFeed> watch(std::function<void(const Change&)> on_change) override {
    return std::make_unique<PollFeed>(settings_.path, settings_.poll_interval, database_.bell(),
                                      std::move(on_change));
  }

  [[nodiscard]] std::string describe() const override { return "sqlite " + settings_.path; }

 private:
  const SqliteSettings settings_;
  Database database_;
  Keys keys_{database_};
  Catalog catalog_{database_};
  Usage usage_{database_};
  const std::unique_ptr<Administration> administration_ = make_administration(database_);
  Analytics analytics_{database_};
  Secrets secrets_{database_};
  Replicas replicas_{database_};
  SchemaMigrations migrations_{settings_.path, sqlite_migrations()};
};

}  // namespace
}  // namespace sqlite

core::Result<std::unique_ptr<Store>> make_sqlite_store(SqliteSettings settings) {
  // Several connections share the data, which a database in memory or a temporary one cannot.
  if (settings.path.empty() || settings.path.starts_with(':') || settings.path.contains('\0'))
    return core::fail(
        core::ErrorCode::invalid_configuration,
        "not the path of a database file; it looks like sqlite:///var/lib/relayna-gateway/gateway.db");
  return std::make_unique<sqlite::SqliteStore>(std::move(settings));
}

}  // namespace relayna::store
