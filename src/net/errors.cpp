#include "net/errors.hpp"

#include <fmt/format.h>

namespace relayna::net {
namespace {

const char* describe(IoStatus status) {
  switch (status) {
    case IoStatus::closed:
      return "the peer closed the connection";
    case IoStatus::reset:
      return "the connection was reset";
    case IoStatus::tls_error:
      return "TLS failed";
    default:
      return "the connection failed";
  }
}

}  // namespace

core::Error connection_failed(std::string detail) {
  return core::Error(core::ErrorCode::upstream_connection, "could not connect to the upstream",
                     std::move(detail));
}

core::Error connection_timed_out(std::string detail) {
  return core::Error(core::ErrorCode::upstream_timeout, "could not connect to the upstream in time",
                     std::move(detail));
}

core::Error setup_failed(IoStatus status, const std::string& doing, const std::string& reason) {
  if (status == IoStatus::cancelled) return core::Error(core::ErrorCode::client_closed, {}, doing);
  if (status == IoStatus::timed_out) return connection_timed_out(fmt::format("{}: timed out", doing));
  return connection_failed(fmt::format("{}: {}", doing, reason.empty() ? describe(status) : reason));
}

}  // namespace relayna::net
