#include "http/server_connection.hpp"

namespace relayna::http {

namespace {

using core::ErrorCode;
using core::fail;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
/// Bytes a second below which a body that never quite stops is cut off all the same.
constexpr std::int64_t kMinRate = 512;

}  // namespace

ServerBody::ServerBody(ServerConnection& connection) : connection_(&connection) {
  connection.body_ = this;
}

ServerBody::~ServerBody() {
  if (connection_) connection_->body_ = nullptr;
}

std::optional<std::uint64_t> ServerBody::length() const {
  if (!connection_ || !connection_->parser_) return std::nullopt;
  return connection_->parser_->declared_left();
}

/// How long the next wait may last: the idle timeout, and less for a client that drips.
core::Duration ServerBody::patience() const noexcept {
  const core::Duration idle = connection_->context_.settings.body_idle_timeout;
  const core::Duration earned =
      std::chrono::milliseconds(static_cast<std::int64_t>(received_) * 1000 / kMinRate);
  return std::min(idle, idle + earned - waited_);
}

runtime::Task<core::Result<Chunk>> ServerBody::next() {
  if (!connection_) co_return fail(ErrorCode::client_closed, {}, "the connection is gone");
  BodyStep step = connection_->body_reader().step();
  if (step.kind == BodyStep::Kind::wait && connection_->owes_continue_) {
    connection_->owes_continue_ = false;
    std::string rest;
    bool ok = connection_->send_now({&kContinue, 1}, rest);
    if (ok && !rest.empty()) ok = co_await connection_->send_rest(std::move(rest));
    if (!ok) co_return fail(ErrorCode::client_closed, {}, "100 Continue could not be written");
  }
  while (step.kind == BodyStep::Kind::wait) {
    ServerConnection& connection = *connection_;
    const core::TimePoint begin = connection.now();
    connection.expires_at(core::Deadline(begin + patience()));
    const net::IoStatus ready = co_await connection.stream_->wait_readable();
    if (!connection_) co_return fail(ErrorCode::client_closed, {}, "the connection is gone");
    connection.expires_never();
    waited_ += connection.now() - begin;
    if (ready != net::IoStatus::ok || connection.read_timed_out_) {
      step = {.kind = BodyStep::Kind::failed, .status = ready};
    } else {
      step = connection.body_reader().receive(*connection.stream_, connection.context_.shard.read_buffer());
    }
  }
  co_return finish(step);
}

core::Result<Chunk> ServerBody::finish(const BodyStep& step) {
  switch (step.kind) {
    case BodyStep::Kind::data:
      received_ += step.bytes.size();
      if (received_ <= connection_->context_.settings.max_body_bytes) return Chunk{.bytes = step.bytes};
      connection_->broken_ = true;
      return fail(ErrorCode::request_body_too_large);
    case BodyStep::Kind::end:
      return Chunk{.bytes = {}, .end = true};
    case BodyStep::Kind::malformed:
      connection_->broken_ = true;
      return fail(ErrorCode::malformed_http, step.error);
    default:
      break;
  }
  connection_->broken_ = true;
  if (connection_->read_timed_out_) return fail(ErrorCode::request_timeout);
  return fail(ErrorCode::client_closed, {}, "the request body was cut off");
}

}  // namespace relayna::http
