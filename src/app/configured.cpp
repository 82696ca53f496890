#include "app/configured.hpp"

#include <fmt/core.h>

#include "relayna/telemetry/log.hpp"

#include "app/store_setup.hpp"

namespace relayna::app {

std::optional<config::Settings> configured(const config::Overrides& overrides) {
  auto loaded = config::load(config::process_environment(), overrides);
  for (const auto& warning : loaded.warnings) fmt::print(stderr, "warning: {}\n", warning);
  for (const auto& problem : loaded.problems) fmt::print(stderr, "{}: {}\n", problem.where, problem.message);
  if (!loaded.problems.empty()) return std::nullopt;
  return std::move(loaded.settings);
}

void complain(const core::Error& error) {
  fmt::print(stderr, "relayna-gateway: {}{}{}{}\n", error.public_message(), error.detail.empty() ? "" : " (",
             error.detail, error.detail.empty() ? "" : ")");
}

std::unique_ptr<store::Store> configured_store(const config::Settings& settings) {
  auto store = open_store(settings);
  if (!store) {
    complain(store.error());
    return nullptr;
  }
  // The everyday commands work on a fresh data directory too, so they bring the schema up just as `start`
  // would.
  if (settings.run_migrations) {
    if (auto applied = (*store)->migrations().apply(); !applied) {
      complain(applied.error());
      return nullptr;
    }
  }
  return std::move(*store);
}

}  // namespace relayna::app
