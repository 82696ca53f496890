#pragma once

#include <memory>
#include <string>

#include "relayna/runtime/stop.hpp"

#include "net/socket_stream.hpp"

namespace relayna::net {

/// The outcome of one connection attempt; `stream` is set when `status` is ok.
struct Dialled {
  IoStatus status = IoStatus::ok;
  std::string reason;
  std::unique_ptr<SocketStream> stream;
};

/// Connects to one address. The stream keeps `deadline`. `stop` may be null and ends the attempt.
runtime::Task<Dialled> dial(runtime::Shard& shard, Endpoint endpoint, core::Deadline deadline,
                            runtime::StopSource* stop);

}  // namespace relayna::net
