#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <spdlog/logger.h>

#include "relayna/core/error.hpp"
#include "relayna/core/result.hpp"

namespace relayna::telemetry {

enum class LogFormat : std::uint8_t { json, text };

struct LogSettings {
  /// `trace…error`, or a filter: `proxy=debug,store=warn,info`. The targets `gateway_api` and `gateway_proxy`
  /// name control and proxy.
  std::string level = "info";
  LogFormat format = LogFormat::json;
  std::string environment = "local";
  /// Where lines go: stdout when empty (tests pass a file).
  std::string file;
};

/// Sets up the process's loggers. Lines are written by a background thread; a full queue drops the oldest
/// access lines, never blocks. invalid_configuration names the part of `level` that is wrong.
core::Result<void> init_logging(const LogSettings& settings);
/// Checks a level filter without applying it.
core::Result<void> check_level(std::string_view level);
/// Changes levels at run time. Any thread.
core::Result<void> set_level(std::string_view level);
/// Writes what is queued and stops the background thread.
void shutdown_logging();
/// Messages lost to full queues since init_logging, for a gauge; a block of access lines counts as one.
std::size_t dropped_log_messages();

/// The logger of a module (`log("http")->info("…", …)`); resolve it once per object, it takes a lock. Any
/// thread. Before init_logging lines go to stderr as text; the same logger follows when logging starts.
std::shared_ptr<spdlog::logger> log(std::string_view module);

}  // namespace relayna::telemetry
