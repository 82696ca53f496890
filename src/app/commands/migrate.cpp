#include <fmt/core.h>

#include "app/command_line.hpp"
#include "app/commands/commands.hpp"
#include "app/configured.hpp"
#include "app/store_setup.hpp"

namespace relayna::app {

namespace {

int show(const std::vector<store::MigrationStatus>& all, bool check) {
  int pending = 0;
  for (const auto& migration : all) {
    if (!migration.applied) ++pending;
    if (!check || !migration.applied) {
      fmt::print("{:04} {} {}\n", migration.number, migration.name,
                 migration.applied ? "applied" : "pending");
    }
  }
  fmt::print("{} pending\n", pending);
  return check && pending > 0 ? kFailed : kOk;
}

}  // namespace

int migrate(const config::Overrides& overrides, MigrateAction action) {
  const auto settings = configured(overrides);
  if (!settings) return kConfiguration;
  auto store = open_store(*settings);
  if (!store) {
    complain(store.error());
    return kFailed;
  }
  if (action == MigrateAction::apply) {
    auto applied = (*store)->migrations().apply();
    if (!applied) {
      complain(applied.error());
      return kFailed;
    }
    fmt::print("{} applied\n", *applied);
    return kOk;
  }
  auto status = (*store)->migrations().status();
  if (!status) {
    complain(status.error());
    return kFailed;
  }
  return show(*status, action == MigrateAction::check);
}

}  // namespace relayna::app
