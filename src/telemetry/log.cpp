#include "relayna/telemetry/log.hpp"

#include <map>
#include <mutex>
#include <utility>

#include <unistd.h>

#include "telemetry/level_filter.hpp"
#include "telemetry/line_format.hpp"
#include "telemetry/logging.hpp"
#include "telemetry/output.hpp"

namespace relayna::telemetry {

namespace {

/// Loggers live as long as the process and are never swapped, so one resolved before init_logging is as good
/// as one after: only the output behind them changes.
struct Logging {
  std::mutex mutex;
  std::shared_ptr<Output> output = std::make_shared<Output>();
  std::map<std::string, std::shared_ptr<spdlog::logger>, std::less<>> loggers;
  LevelFilter filter;
  LineStyle style;

  void apply(LevelFilter wanted) {
    const std::scoped_lock lock(mutex);
    filter = std::move(wanted);
    for (const auto& [target, logger] : loggers) logger->set_level(filter.level_of(target));
  }
};

Logging& logging() {
  // Never destroyed: destructors of other statics may still log.
  static auto& state = *new Logging;
  return state;
}

}  // namespace

core::Result<void> init_logging(const LogSettings& settings) {
  auto filter = LevelFilter::parse(settings.level);
  if (!filter) return std::unexpected(std::move(filter.error()));
  auto sink = std::make_shared<DescriptorSink>(STDOUT_FILENO, false);
  if (!settings.file.empty()) {
    auto file = DescriptorSink::open(settings.file);
    if (!file) return std::unexpected(std::move(file.error()));
    sink = std::move(*file);
  }
  sink->set_formatter(std::make_unique<LineFormat>(settings.format, settings.environment));
  Logging& state = logging();
  state.apply(std::move(*filter));
  {
    const std::scoped_lock lock(state.mutex);
    state.style = {settings.format, settings.environment};
  }
  state.output->start(std::move(sink));
  return {};
}

core::Result<void> check_level(std::string_view level) {
  auto filter = LevelFilter::parse(level);
  if (!filter) return std::unexpected(std::move(filter.error()));
  return {};
}

core::Result<void> set_level(std::string_view level) {
  auto filter = LevelFilter::parse(level);
  if (!filter) return std::unexpected(std::move(filter.error()));
  logging().apply(std::move(*filter));
  return {};
}

void shutdown_logging() {
  logging().output->stop();
}

std::size_t dropped_log_messages() {
  return logging().output->dropped();
}

std::shared_ptr<spdlog::logger> log(std::string_view module) {
  Logging& state = logging();
  const std::scoped_lock lock(state.mutex);
  if (const auto known = state.loggers.find(module); known != state.loggers.end()) return known->second;
  auto logger = std::make_shared<spdlog::logger>(std::string(module), state.output);
  logger->set_level(state.filter.level_of(module));
  state.loggers.emplace(module, logger);
  return logger;
}

LineStyle line_style() {
  Logging& state = logging();
  const std::scoped_lock lock(state.mutex);
  return state.style;
}

}  // namespace relayna::telemetry
