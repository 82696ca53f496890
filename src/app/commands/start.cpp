#include <fmt/core.h>

#include "relayna/config/in_force.hpp"
#include "relayna/declare/validate.hpp"
#include "relayna/telemetry/log.hpp"

#include "app/application.hpp"
#include "app/command_line.hpp"
#include "app/commands/commands.hpp"
#include "app/configured.hpp"
#include "app/pid_file.hpp"
#include "app/store_setup.hpp"

namespace relayna::app {

namespace {

core::Result<void> start_logging(const config::Settings& settings) {
  telemetry::LogSettings log;
  log.level = settings.log_level;
  log.format = settings.log_format == "text" ? telemetry::LogFormat::text : telemetry::LogFormat::json;
  log.environment = settings.environment;
  return telemetry::init_logging(log);
}

}  // namespace

int start(const StartOptions& options) {
  auto loaded = config::load(config::process_environment(), options.overrides);
  if (!loaded.settings.config_file.empty()) {
    config::append_unique(loaded.problems,
                          declare::validate_file(loaded.settings.config_file, config::process_environment()));
  }
  for (const auto& problem : loaded.problems) fmt::print(stderr, "{}: {}\n", problem.where, problem.message);
  if (!loaded.problems.empty()) return kConfiguration;
  config::Settings& settings = loaded.settings;
  if (options.check) {
    if (const int found = doctor(options.overrides); found != kOk) return found;
  }
  if (auto logging = start_logging(settings); !logging) {
    complain(logging.error());
    return kConfiguration;
  }
  auto logger = telemetry::log("app");
  for (const auto& warning : loaded.warnings) logger->warn("{}", warning);
  if (settings.log_message_body)
    logger->warn("GATEWAY_LOG_MESSAGE_BODY is on: request bodies are written to this log");

  auto pid_file = PidFile::acquire(settings.pid_file);
  if (!pid_file) {
    telemetry::shutdown_logging();
    complain(pid_file.error());
    return kFailed;
  }
  if (!pid_file->writable())
    logger->warn("{} is not writable: `relayna-gateway stop` will not find this process", settings.pid_file);
  auto store = open_store(settings);
  if (!store) {
    telemetry::shutdown_logging();
    complain(store.error());
    return kConfiguration;
  }
  int code = kFailed;
  {
    auto told = config::settings_in_force(loaded);
    Application application(std::move(settings), std::move(told), std::move(*store));
    code = application.run();
  }
  telemetry::shutdown_logging();
  return code;
}

}  // namespace relayna::app
