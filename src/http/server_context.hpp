#pragma once

#include <memory>
#include <string>
#include <vector>

#include "relayna/http/server.hpp"
#include "relayna/telemetry/log.hpp"

namespace relayna::http {

class ServerConnection;

/// The value of the Date field, formatted once a second. The sweep updates it, so an answer reads no clock.
class DateCache {
 public:
  void update(core::SystemTime now);
  /// `Sun, 06 Nov 1994 08:49:37 GMT`; valid until the next update.
  [[nodiscard]] std::string_view text() const noexcept { return text_; }

 private:
  std::chrono::sys_seconds second_{};
  std::string text_;
};

/// What the connections of one server share. One shard's thread.
struct ServerContext {
  runtime::Shard& shard;
  Server::Settings settings;
  Handler& handler;
  std::shared_ptr<spdlog::logger> log;
  ServerStats stats;
  std::uint16_t local_port = 0;
  bool draining = false;
  DateCache date;
  std::string head;  ///< response heads are built here; nothing in it survives a suspension
  std::vector<ServerConnection*> connections;
};

}  // namespace relayna::http
