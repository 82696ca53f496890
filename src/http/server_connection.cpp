#include "http/server_connection.hpp"

#include <exception>

#include <sys/socket.h>

#include "http/ascii.hpp"

namespace relayna::http {

namespace {

using core::Error;
using core::ErrorCode;
using Status = HeadScanner::Status;

/// A request body that nobody read is skipped up to here when it has already arrived; beyond, closing the
/// connection is cheaper.
constexpr std::size_t kMaxDrain = 128 * 1024;
/// Enough of the target to choose the shape of an error.
constexpr std::size_t kTargetKept = 256;

std::string describe(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "an exception of an unknown type";
  }
}

const char* explain(Status status) noexcept {
  switch (status) {
    case Status::bare_line_feed:
      return "A line of the request head does not end in CRLF.";
    case Status::folded_line:
      return "Folded header lines are refused.";
    default:
      return "This is not an HTTP/1.1 request.";
  }
}

}  // namespace

ServerConnection::ServerConnection(ServerContext& context, std::unique_ptr<net::Stream> stream,
                                   net::Address peer)
    : context_(context),
      stream_(std::move(stream)),
      peer_(std::move(peer)),
      trusted_(context.settings.trusted_proxies.trusts(peer_)) {
  context_.shard.sweep().add(*this);
  list_position = context_.connections.size();
  context_.connections.push_back(this);
}

ServerConnection::~ServerConnection() {
  if (body_) body_->detach();
  context_.connections.back()->list_position = list_position;
  context_.connections[list_position] = context_.connections.back();
  context_.connections.pop_back();
}

runtime::Task<void> ServerConnection::run() {
  while (co_await read_head()) {
    if (refusal_) {
      ++context_.stats.refused_heads;
      broken_ = true;
      co_await respond(render(*refusal_));
      break;
    }
    co_await exchange();
    if (!keep_alive_) break;
  }
  co_await linger();
  if (stream_->is_tls())
    stream_->shutdown_send();  // close_notify: a body that ends by closing is not cut off
  stream_->close();
}

/// Waits for the next request and takes its head apart. True when there is something to answer: a request, or
/// a refusal. Between requests nothing is held.
runtime::Task<bool> ServerConnection::read_head() {
  phase_ = Phase::idle;
  parser_.reset();
  scanner_ = {};
  broken_ = false;
  head_request_ = false;
  version_ = 11;
  target_.clear();
  expires_at(core::Deadline(now() + context_.settings.keep_alive_timeout));
  Status status = leftover_.empty() ? Status::need_more : look(leftover_.view());
  while (status == Status::need_more && !refusal_) {
    const net::IoStatus ready = co_await stream_->wait_readable();
    if (ready != net::IoStatus::ok) co_return false;
    status = receive_head();
    if (broken_) co_return refusal_.has_value();
  }
  expires_never();
  co_return true;
}

/// Reads once. `broken_` when the stream ended.
Status ServerConnection::receive_head() {
  auto& buffer = context_.shard.read_buffer();
  const net::IoResult got = stream_->try_read(buffer);
  if (got.status == net::IoStatus::would_block) return Status::need_more;
  if (!got.ok() || read_timed_out_) {  // bytes that arrive behind the deadline are too late
    broken_ = true;
    if (read_timed_out_ && phase_ == Phase::head) refuse_head(Error(ErrorCode::request_timeout));
    return Status::need_more;
  }
  const std::string_view bytes(buffer.data(), got.bytes);
  if (leftover_.empty()) {
    const Status status = look(bytes);  // the usual case: the head is whole and is never copied
    if (status == Status::need_more && !refusal_) leftover_.replace(bytes);
    return status;
  }
  leftover_.append(bytes);
  return look(leftover_.view());
}

Status ServerConnection::look(std::string_view bytes) {
  const Status status = scanner_.scan(bytes);
  if (status == Status::need_more || status == Status::complete) {
    const std::size_t size = (status == Status::complete ? scanner_.end() : bytes.size()) - scanner_.begin();
    if (size > context_.settings.max_head_bytes) {
      refuse_head(Error(ErrorCode::request_head_too_large));
    } else if (status == Status::complete) {
      take_head(bytes);
    } else if (phase_ == Phase::idle) {
      phase_ = Phase::head;
      expires_at(core::Deadline(now() + context_.settings.head_timeout));
    }
  } else {
    refuse_head(Error(ErrorCode::malformed_http, explain(status)));
  }
  return status;
}

/// `bytes` holds a whole head and what came behind it: in the shard's buffer, or in `leftover_`.
void ServerConnection::take_head(std::string_view bytes) {
  head_.fields.clear();
  parser_.emplace(head_, context_.settings.max_fields);
  const std::string_view raw = bytes.substr(scanner_.begin(), scanner_.end() - scanner_.begin());
  const Refusal refusal =
      parser_->parse_head(raw, std::min(scanner_.field_lines(), context_.settings.max_fields));
  if (leftover_.empty()) {
    leftover_.replace(bytes.substr(scanner_.end()));
  } else {
    leftover_.consume(scanner_.end());
    leftover_.tidy();
  }
  target_.assign(head_.target, 0, kTargetKept);
  version_ = head_.version;
  head_request_ = head_.method == "HEAD";
  if (refusal) return refuse_head(Error(refusal.code, refusal.message));
  owes_continue_ = parser_->expects_continue();
  const auto declared = parser_->declared_left();
  if (declared && *declared > context_.settings.max_body_bytes) {
    refuse_head(Error(ErrorCode::request_body_too_large));
  }
}

void ServerConnection::refuse_head(Error error) {
  context_.log->debug("refused a request head: {}", error.describe());
  refusal_.emplace(std::move(error));
}

Peer ServerConnection::make_peer() const {
  Peer peer{.address = peer_, .local_port = context_.local_port, .tls = stream_->is_tls()};
  if (!trusted_) return peer;
  std::string chain;
  for (const Field field : head_.fields) {
    if (!same_text(field.name, "x-forwarded-for")) continue;
    if (!chain.empty()) chain.append(", ");
    chain.append(field.value);
  }
  peer.address = context_.settings.trusted_proxies.client(peer_, chain);
  std::string_view protocols = head_.fields.get("x-forwarded-proto");
  std::string_view nearest;
  while (next_element(protocols, nearest)) {
  }
  if (!nearest.empty()) peer.tls = same_text(nearest, "https");
  return peer;
}

Request ServerConnection::make_request() {
  Request request;
  request.peer = make_peer();
  request.head = std::move(head_);
  if (parser_->done()) {
    request.body = empty_body();
  } else {
    request.body = std::make_unique<ServerBody>(*this);
  }
  request.received = now();
  request.stop = &stop_;
  return request;
}

Response ServerConnection::render(const Error& error) {
  try {
    return context_.handler.refuse(target_, error);
  } catch (...) {
    context_.log->error("rendering an error threw, which is a bug: {}", describe(std::current_exception()));
    Response plain;
    plain.head.status = error.info().http_status;
    return plain;
  }
}

/// From the head to the last byte of the answer.
runtime::Task<void> ServerConnection::exchange() {
  struct InFlight {
    ServerConnection& c;
    explicit InFlight(ServerConnection& connection) : c(connection) {
      c.phase_ = Phase::exchange;
      ++c.context_.stats.in_flight;
    }
    InFlight(const InFlight&) = delete;
    InFlight& operator=(const InFlight&) = delete;
    ~InFlight() {
      c.phase_ = Phase::closing;
      --c.context_.stats.in_flight;
    }
  };
  const InFlight in_flight(*this);
  Response response;
  std::exception_ptr thrown;
  try {
    response = co_await context_.handler.handle(make_request());
  } catch (...) {
    thrown = std::current_exception();
  }
  if (thrown) {
    context_.log->error("a handler threw, which is a bug: {}", describe(thrown));
    response = render(Error(ErrorCode::internal_error, {}, describe(thrown)));
    response.close = true;
  }
  co_await respond(std::move(response));
  if (stop_.stop_requested()) keep_alive_ = false;
  stop_.reset();
}

/// Skips what is already here of a body that nobody will read. Writes over the shard's buffer.
void ServerConnection::drain_request() {
  std::size_t drained = 0;
  auto reader = body_reader();
  BodyStep step = reader.step();
  while (drained <= kMaxDrain) {
    if (step.kind == BodyStep::Kind::wait) {
      step = reader.receive(*stream_, context_.shard.read_buffer());
      if (step.kind == BodyStep::Kind::wait) return;
    }
    if (step.kind == BodyStep::Kind::end) return;
    if (step.kind != BodyStep::Kind::data) {
      broken_ = true;
      return;
    }
    drained += step.bytes.size();
    step = reader.step();
  }
}

/// Closing while bytes of the client are unread makes the kernel reset the connection, and the answer is lost
/// with it: say that nothing more comes, and read until the client has understood.
runtime::Task<void> ServerConnection::linger() {
  phase_ = Phase::closing;
  expires_never();
  auto& buffer = context_.shard.read_buffer();
  const bool unread = broken_ || !leftover_.empty() || (parser_ && !parser_->done());
  if (!unread && stream_->try_read(buffer).status != net::IoStatus::ok) co_return;
  leftover_.replace({});
  stream_->shutdown_send();
  expires_at(core::Deadline(now() + context_.settings.lingering_close));
  while (!read_timed_out_) {
    if (co_await stream_->wait_readable() != net::IoStatus::ok) break;
    const net::IoStatus status = stream_->try_read(buffer).status;
    if (status != net::IoStatus::ok && status != net::IoStatus::would_block) break;
  }
  expires_never();
}

/// The time for reading is over. Only the receiving side is shut: a waiting read sees the end, and an answer
/// can still be written.
void ServerConnection::on_expired() {
  read_timed_out_ = true;
  if (stream_->native_handle() >= 0) ::shutdown(stream_->native_handle(), SHUT_RD);
}

int ServerConnection::watched_descriptor() const noexcept {
  if (phase_ != Phase::exchange || read_timed_out_ || stop_.stop_requested()) return -1;
  return stream_->native_handle();
}

void ServerConnection::stop_exchange(runtime::StopReason reason) {
  if (phase_ == Phase::exchange) stop_.request_stop(reason);
}

void ServerConnection::close_if_idle() {
  if (phase_ == Phase::idle) stream_->cancel();
}

void ServerConnection::cancel() {
  stop_exchange(runtime::StopReason::client_gone);
  stream_->cancel();
}

}  // namespace relayna::http
