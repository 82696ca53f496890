#pragma once

#include "store/migration_history.hpp"
#include "store/postgres/pool.hpp"

namespace relayna::store::postgres {

class SchemaMigrations final : public Migrations {
 public:
  SchemaMigrations(const ConnectOptions& options, Pool& pool, std::shared_ptr<Watchdog> watchdog,
                   std::span<const Migration> known)
      : options_(options), pool_(pool), watchdog_(std::move(watchdog)), known_(known) {}
  core::Result<std::vector<MigrationStatus>> status() override;
  core::Result<int> apply() override;

 private:
  core::Result<int> apply_locked(Connection& connection);
  const ConnectOptions& options_;
  Pool& pool_;
  const std::shared_ptr<Watchdog> watchdog_;
  const std::span<const Migration> known_;
};

}  // namespace relayna::store::postgres
