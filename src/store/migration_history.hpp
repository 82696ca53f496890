#pragma once

#include <span>
#include <string>
#include <vector>

#include "relayna/store/store.hpp"

#include "store/migration.hpp"

namespace relayna::store {

/// A row of schema_migrations.
struct AppliedMigration {
  int number = 0;
  std::string name;
  std::string checksum;
  int compatible_with = 0;
};

/// What a look into the database found, before anything is changed.
struct History {
  bool has_tables = false;                ///< any table at all
  bool has_bookkeeping = false;           ///< schema_migrations with our columns
  std::vector<AppliedMigration> applied;  ///< by number
};

/// Compares what the binary knows with what the database says. Pure. Rows the binary does not know are listed
/// after those it knows when they declare themselves compatible. Otherwise database_reset_required.
core::Result<std::vector<MigrationStatus>> judge(std::span<const Migration> known, const History& history);

/// The error whose message is `database reset required: <reason>`.
core::Error reset_required(const std::string& reason);

}  // namespace relayna::store
