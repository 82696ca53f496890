#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "relayna/core/time.hpp"

namespace relayna::telemetry {

/// One request as its access line tells it. Views need only live through `write`. No field can hold a secret,
/// prompt or body.
struct AccessRecord {
  core::SystemTime time{};
  std::string_view request_id;
  std::string_view correlation_id;
  std::string_view trace_id;
  std::string_view method;
  std::string_view route;
  std::string_view path;
  std::string_view client;
  std::string_view key_id;
  std::string_view project_id;
  std::string_view model;
  std::string_view upstream;
  std::string_view error_code;
  int status = 0;
  bool stream = false;
  bool client_gone = false;
  int attempts = 0;
  std::int64_t duration_us = 0;
  std::int64_t overhead_us = 0;
  std::int64_t request_bytes = 0;
  std::int64_t response_bytes = 0;
  std::optional<std::int64_t> ttft_us;
  std::optional<std::int64_t> input_tokens;
  std::optional<std::int64_t> output_tokens;
  std::optional<std::int64_t> cost_nanos;
};

/// One JSON line per request, built into a reused buffer and handed to the log's background thread in blocks.
/// One shard's thread.
class AccessLog {
 public:
  /// Off when logging of the `access` target is off.
  AccessLog();
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;
  [[nodiscard]] bool enabled() const noexcept;
  void write(const AccessRecord& record);
  /// Hands over what is buffered; called by the shard every sweep.
  void flush();

 private:
  struct State;
  State* state_;
};

}  // namespace relayna::telemetry
