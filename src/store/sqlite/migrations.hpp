#pragma once

#include "store/migration_history.hpp"
#include "store/sqlite/connection.hpp"

namespace relayna::store::sqlite {

class SchemaMigrations final : public Migrations {
 public:
  SchemaMigrations(std::string path, std::span<const Migration> known)
      : path_(std::move(path)), known_(known) {}
  core::Result<std::vector<MigrationStatus>> status() override;
  core::Result<int> apply() override;

 private:
  core::Result<std::vector<MigrationStatus>> read_status() const;
  /// Whether it had to be applied.
  core::Result<bool> apply_one(Connection& connection, const Migration& migration) const;
  const std::string path_;
  const std::span<const Migration> known_;
};

}  // namespace relayna::store::sqlite
