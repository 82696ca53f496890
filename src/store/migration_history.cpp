#include "store/migration_history.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace relayna::store {

namespace {

/// Empty when `row` is what the binary knows under its number, else what is wrong with it.
std::string mismatch(std::span<const Migration> known, const AppliedMigration& row) {
  const int newest = static_cast<int>(known.size());
  if (row.number < 1)
    return fmt::format("migration {:04} ({}) is not one of this program's", row.number, row.name);
  if (row.number > newest) {
    if (row.compatible_with >= 1 && row.compatible_with <= newest) return {};
    return fmt::format(
        "migration {:04} ({}) is newer than this program, which knows {:04}, and does not declare itself "
        "compatible with it",
        row.number, row.name, newest);
  }
  const Migration& ours = known[static_cast<std::size_t>(row.number - 1)];
  if (row.checksum != ours.checksum)
    return fmt::format("migration {:04} ({}) was applied with other contents than this program's", row.number,
                       row.name);
  return {};
}

}  // namespace

core::Error reset_required(const std::string& reason) {
  return core::Error(core::ErrorCode::database_reset_required, "database reset required: " + reason);
}

core::Result<std::vector<MigrationStatus>> judge(std::span<const Migration> known, const History& history) {
  if (history.has_tables && !history.has_bookkeeping)
    return std::unexpected(reset_required("it has tables, but not this program's record of migrations"));
  if (history.has_tables && history.applied.empty())
    return std::unexpected(reset_required("it has tables, but its record of migrations is empty"));

  std::vector<MigrationStatus> status;
  for (const Migration& ours : known)
    status.push_back({.number = ours.number, .name = std::string(ours.name), .applied = false});
  int expected = 1;
  for (const AppliedMigration& row : history.applied) {
    if (row.number != expected++)
      return std::unexpected(reset_required(
          fmt::format("migration {:04} ({}) is recorded without the one before it", row.number, row.name)));
    if (std::string problem = mismatch(known, row); !problem.empty())
      return std::unexpected(reset_required(problem));
    if (row.number <= static_cast<int>(known.size()))
      status[static_cast<std::size_t>(row.number - 1)].applied = true;
    else
      status.push_back({.number = row.number, .name = row.name, .applied = true, .known = false});
  }
  return status;
}

}  // namespace relayna::store
