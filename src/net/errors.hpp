#pragma once

#include <string>

#include "relayna/core/result.hpp"
#include "relayna/net/stream.hpp"

namespace relayna::net {

/// upstream_connection: the message is for callers and says nothing about hosts, the detail is for the log.
core::Error connection_failed(std::string detail);
/// upstream_timeout.
core::Error connection_timed_out(std::string detail);
/// The error of a failed stream operation while a connection is being set up. `doing` names the step and the
/// peer, `reason` (may be empty) what is known beyond the status.
core::Error setup_failed(IoStatus status, const std::string& doing, const std::string& reason = {});

}  // namespace relayna::net
