#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "relayna/store/store.hpp"

namespace relayna::store::postgres {

/// How to reach one server: libpq's keywords and values. Holds the password; there is no way to print it.
using Target = std::vector<std::pair<std::string, std::string>>;

struct ConnectOptions {
  std::vector<Target> targets;                  ///< tried in order; several when the URL names several hosts
  std::chrono::milliseconds connect_timeout{};  ///< for each target
  std::string display;                          ///< `host:port/db`
};

/// libpq's own reading of the URL, with our defaults (timeouts, keep-alive, application name) where it says
/// nothing. invalid_configuration when malformed; the message never quotes the URL.
core::Result<ConnectOptions> connect_options(const PostgresSettings& settings);

}  // namespace relayna::store::postgres
