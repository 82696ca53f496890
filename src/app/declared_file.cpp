#include "app/declared_file.hpp"

#include <fmt/format.h>

#include "relayna/config/settings.hpp"
#include "relayna/declare/apply.hpp"
#include "relayna/telemetry/log.hpp"

namespace relayna::app {

core::Result<void> apply_declared_file(const std::string& path, store::Store& store,
                                       const identity::Keyring& keyring) {
  auto logger = telemetry::log("declare");
  auto reading = declare::read_file(path, config::process_environment());
  if (!reading.problems.empty()) {
    for (const auto& problem : reading.problems) logger->error("{}: {}", problem.where, problem.message);
    return core::fail(core::ErrorCode::invalid_configuration,
                      fmt::format("{} has {} problems; `relayna-gateway validate` lists them", path,
                                  reading.problems.size()));
  }
  declare::Sealing sealing;
  sealing.seal = [&](std::string_view plaintext, std::string_view context) {
    return keyring.seal(plaintext, context);
  };
  sealing.open = [&](std::string_view sealed, std::string_view context) {
    return keyring.open(sealed, context);
  };
  sealing.hash = [&](std::string_view token) { return keyring.hash(token); };
  auto report = declare::apply(reading.file, store, sealing, core::real_clock().wall());
  if (!report) return std::unexpected(report.error());
  for (const auto& skipped : report->skipped) logger->warn("{}", skipped);
  for (const auto& disabled : report->disabled) logger->warn("{} is no longer declared: disabled", disabled);
  logger->info("{} applied: {} created, {} updated, {} unchanged, {} disabled", path, report->created.size(),
               report->updated.size(), report->unchanged.size(), report->disabled.size());
  return {};
}

}  // namespace relayna::app
