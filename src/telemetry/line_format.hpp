#pragma once

#include <memory>
#include <string>

#include <spdlog/formatter.h>

#include "relayna/telemetry/log.hpp"

#include "telemetry/timestamp.hpp"

namespace relayna::telemetry {

/// The target of access lines. They arrive finished, many in one message, and are written as they are.
inline constexpr const char* kAccessTarget = "access";

/// How spdlog's messages become lines. Hostile text cannot break out of its line in either format. One
/// thread.
class LineFormat final : public spdlog::formatter {
 public:
  LineFormat(LogFormat format, std::string environment);
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override;
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override;

 private:
  void json(const spdlog::details::log_msg& message);
  void text(const spdlog::details::log_msg& message);

  LogFormat format_;
  std::string environment_;
  Timestamp timestamp_;
  std::string line_;
};

/// `text` with control characters as \xNN, so that it stays on its line and cannot steer a terminal.
void append_visible(std::string& out, std::string_view text);

}  // namespace relayna::telemetry
