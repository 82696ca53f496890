#include "http/client_exchange.hpp"

namespace relayna::http {

using core::Error;
using core::ErrorCode;
using core::fail;
using net::IoStatus;

runtime::Task<core::Result<Chunk>> ClientExchange::next() {
  if (!ready_.empty()) co_return Chunk{.bytes = std::exchange(ready_, {})};
  if (malformed_) co_return fail(ErrorCode::upstream_protocol, {}, malformed_);
  BodyStep step = body_reader().step();
  while (step.kind == BodyStep::Kind::wait) {
    wait_until(timeouts_.idle);
    const IoStatus ready = co_await lease_.stream().wait_readable();
    lease_.stream().expires_never();  // a consumer that is slow to pull is no fault of the upstream
    if (ready != IoStatus::ok) {
      step = {.kind = BodyStep::Kind::failed, .status = ready};
    } else {
      step = body_reader().receive(lease_.stream(), lease_.state().shard.read_buffer());
    }
  }
  co_return finish(step);
}

core::Result<Chunk> ClientExchange::finish(const BodyStep& step) {
  if (parser_->done() && lease_.held()) settle();
  switch (step.kind) {
    case BodyStep::Kind::data:
      return Chunk{.bytes = step.bytes};
    case BodyStep::Kind::end:
      return Chunk{.bytes = {}, .end = true};
    case BodyStep::Kind::malformed:
      return fail(ErrorCode::upstream_protocol, {}, step.error);
    case BodyStep::Kind::truncated:
      return fail(ErrorCode::upstream_protocol, {}, "the answer ended before its end");
    default:
      return std::unexpected(broken(step.status));
  }
}

std::optional<std::uint64_t> ClientExchange::length() const {
  if (malformed_) return std::nullopt;
  if (parser_->done()) return ready_.size();
  const auto left = parser_->declared_left();
  return left ? std::optional<std::uint64_t>(*left + ready_.size()) : std::nullopt;
}

/// The answer has been read: the connection may serve another, when both sides stand at the same place.
void ClientExchange::settle() {
  on_stop_.reset();
  lease_.stream().expires_never();
  if (sent_ && parser_->keeps_alive() && leftover_.empty()) {
    lease_.give_back();
  } else {
    lease_.drop();
  }
}

core::Error ClientExchange::broken(IoStatus status) const {
  switch (status) {
    case IoStatus::timed_out:
      return Error(ErrorCode::upstream_timeout, {}, "the upstream fell silent");
    case IoStatus::cancelled:
      if (stop_ && stop_->stop_requested()) return Error(ErrorCode::client_closed);
      return Error(ErrorCode::upstream_connection, {}, "the connection was cancelled");
    case IoStatus::closed:
      return Error(ErrorCode::upstream_connection, {},
                   "the upstream closed the connection without an answer");
    case IoStatus::tls_error:
      return Error(ErrorCode::upstream_connection, {}, "the upstream broke TLS");
    default:
      return Error(ErrorCode::upstream_connection, {}, "the upstream reset the connection");
  }
}

}  // namespace relayna::http
