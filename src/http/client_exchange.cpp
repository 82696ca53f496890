#include "http/client_exchange.hpp"

#include <algorithm>
#include <array>

#include <boost/asio/post.hpp>
#include <sys/socket.h>

#include "http/ascii.hpp"
#include "http/request_head.hpp"

namespace relayna::http {

namespace {

using core::Error;
using core::ErrorCode;
using net::IoStatus;

constexpr std::size_t kMaxPieces = 16;  // of one gather-write
constexpr std::size_t kYieldEvery = 256 * 1024;
constexpr int kMaxInterim = 32;

/// Fills `window` with what follows the first `skip` bytes of head and body.
std::span<const std::string_view> pieces_behind(std::size_t skip, std::string_view head,
                                                std::span<const std::string_view> body,
                                                std::array<std::string_view, kMaxPieces>& window) noexcept {
  std::size_t count = 0;
  const auto add = [&](std::string_view piece) {
    const std::size_t gone = std::min(skip, piece.size());
    skip -= gone;
    if (gone < piece.size()) window[count++] = piece.substr(gone);
  };
  add(head);
  for (const auto piece : body) {
    if (count == kMaxPieces) break;
    add(piece);
  }
  return {window.data(), count};
}

std::size_t size_of(std::span<const std::string_view> pieces) noexcept {
  std::size_t n = 0;
  for (const auto piece : pieces) n += piece.size();
  return n;
}

}  // namespace

ClientExchange::ClientExchange(Lease lease, bool reused, const ClientTimeouts& timeouts,
                               runtime::StopSource* stop)
    : lease_(std::move(lease)), timeouts_(timeouts), stop_(stop), reused_(reused) {
  if (stop) on_stop_.emplace(stop, [this] { lease_.stream().cancel(); });
}

ClientExchange::~ClientExchange() {
  on_stop_.reset();
  if (lease_.held() && !sent_) std::erase(lease_.state().uploading, this);
}

void ClientExchange::wait_until(core::Duration patience) noexcept {
  lease_.stream().expires_at(core::Deadline(now() + patience).sooner(timeouts_.total));
}

runtime::Task<bool> ClientExchange::start(const ClientRequest& request, ResponseHead& head,
                                          core::TimePoint now) {
  ClientState& state = lease_.state();
  if (auto built = write_request_head(state.head, request, lease_.origin().authority); !built) {
    co_return fail_start(std::move(built.error()));
  }
  std::array<std::string_view, kMaxPieces> window;
  const std::size_t total = state.head.size() + size_of(request.body);
  const net::IoResult put = lease_.stream().try_write(pieces_behind(0, state.head, request.body, window));
  IoStatus written = put.status;
  if (put.bytes < total && (put.ok() || put.status == IoStatus::would_block)) {
    written = co_await write_rest(state.head, request.body, put.bytes);
    now = this->now();
  }
  sent_ = written == IoStatus::ok;
  if (request.sent != nullptr) *request.sent = sent_;
  if (written == IoStatus::timed_out || written == IoStatus::cancelled) co_return fail_start(written);
  // A failed write still leaves an answer to be read: an upstream that refuses a body closes behind its
  // answer.

  lease_.stream().expires_at(core::Deadline(now + timeouts_.first_byte).sooner(timeouts_.total));
  Status status = look_at_leftover();
  for (int interim = 0; interim <= kMaxInterim; ++interim) {
    while (status == Status::need_more && leftover_.size() <= state.settings.max_head_bytes) {
      const IoStatus ready = co_await lease_.stream().wait_readable();
      if (ready != IoStatus::ok) co_return fail_start(ready);
      status = receive_head();
      if (read_status_ != IoStatus::ok) co_return fail_start(read_status_);
    }
    const HeadKind kind = take_head(status, request.method == "HEAD", head);
    if (kind == HeadKind::bad) co_return false;
    if (kind == HeadKind::final) {
      lease_.stream().expires_never();
      prefetch();
      co_return true;
    }
    scanner_ = {};
    status = look_at_leftover();
  }
  co_return fail_start(Error(ErrorCode::upstream_protocol, {}, "too many interim answers"));
}

/// The slow path of a request that the socket did not take at once. `head` is a copy: the caller's is shared.
runtime::Task<IoStatus> ClientExchange::write_rest(std::string head, std::span<const std::string_view> body,
                                                   std::size_t written) {
  ClientState& state = lease_.state();
  state.uploading.push_back(this);
  const std::size_t total = head.size() + size_of(body);
  std::size_t since_yield = 0;
  IoStatus status = IoStatus::ok;
  while (written < total && status == IoStatus::ok && !early_) {
    std::array<std::string_view, kMaxPieces> window;
    const net::IoResult put = lease_.stream().try_write(pieces_behind(written, head, body, window));
    written += put.bytes;
    since_yield += put.bytes;
    if (put.status == IoStatus::would_block) {
      since_yield = 0;
      wait_until(timeouts_.idle);
      status = co_await lease_.stream().wait_writable();
      if (status == IoStatus::ok) look_for_early_answer();
    } else if (put.status != IoStatus::ok) {
      status = put.status;
    } else if (since_yield >= kYieldEvery) {
      since_yield = 0;
      co_await boost::asio::post(boost::asio::use_awaitable_t<runtime::Executor>{});
    }
  }
  std::erase(state.uploading, this);
  if (status == IoStatus::ok && written < total) status = IoStatus::closed;
  co_return status;
}

void ClientExchange::look_for_early_answer() {
  if (early_ || leftover_.size() > lease_.state().settings.max_head_bytes) return;
  auto& buffer = lease_.state().shard.read_buffer();
  const net::IoResult got = lease_.stream().try_read(buffer);
  if (got.status == IoStatus::would_block) return;
  if (got.ok()) {
    answered_ = true;
    leftover_.append({buffer.data(), got.bytes});
    // `HTTP/1.1 4xx`: only a refusal makes the rest of the body pointless. Anything else may be the answer of
    // an upstream that streams both ways.
    const std::string_view line = leftover_.view();
    const bool refusal = line.size() > 9 && line.starts_with("HTTP/1.") && (line[9] == '4' || line[9] == '5');
    if (!refusal) return;
  }
  early_ = true;
  // Whoever waits for room to write sees the sending side closed, and goes on to read.
  if (lease_.stream().native_handle() >= 0) ::shutdown(lease_.stream().native_handle(), SHUT_WR);
}

ClientExchange::Status ClientExchange::look_at_leftover() {
  head_bytes_ = leftover_.view();
  return leftover_.empty() ? Status::need_more : scanner_.scan(head_bytes_);
}

/// Reads once; `read_status_` says when that failed. A head that is whole stays where it was read; only a
/// part of one is kept.
ClientExchange::Status ClientExchange::receive_head() {
  auto& buffer = lease_.state().shard.read_buffer();
  const net::IoResult got = lease_.stream().try_read(buffer);
  if (got.status == IoStatus::would_block) return Status::need_more;
  if (!got.ok()) {
    read_status_ = got.status;
    return Status::need_more;
  }
  const std::string_view bytes(buffer.data(), got.bytes);
  Status status;
  if (leftover_.empty()) {
    head_bytes_ = bytes;
    status = scanner_.scan(bytes);
    if (status == Status::need_more) leftover_.replace(bytes);
  } else {
    leftover_.append(bytes);
    status = look_at_leftover();
  }
  // One idle timeout for the rest of the head, not one for each piece of it.
  if (status == Status::need_more && !answered_) wait_until(timeouts_.idle);
  answered_ = true;
  return status;
}

ClientExchange::HeadKind ClientExchange::take_head(Status status, bool head_request, ResponseHead& head) {
  const auto bad = [this](const char* why) {
    fail_start(Error(ErrorCode::upstream_protocol, {}, why));
    return HeadKind::bad;
  };
  const std::size_t size = scanner_.end() - scanner_.begin();
  if (status == Status::need_more ||
      (status == Status::complete && size > lease_.state().settings.max_head_bytes)) {
    return bad("the answer's head is too large");
  }
  if (status != Status::complete) return bad("the answer is not HTTP/1.1");
  head.fields.clear();
  parser_.emplace(head, SIZE_MAX);
  if (head_request) parser_->expect_no_body();
  const Refusal refusal =
      parser_->parse_head(head_bytes_.substr(scanner_.begin(), size), scanner_.field_lines());
  if (refusal) return bad(refusal.message);
  if (leftover_.empty()) {
    leftover_.replace(head_bytes_.substr(scanner_.end()));
  } else {
    leftover_.consume(scanner_.end());
  }
  if (head.status == 101) return bad("the upstream switched protocols");
  return head.status >= 200 ? HeadKind::final : HeadKind::interim;
}

/// Takes the framing off what came with the head. When that is all, the connection is free before anybody
/// has looked at the answer, and the length is known even of a chunked one.
void ClientExchange::prefetch() {
  const BodyStep step = body_reader().step();
  if (step.kind == BodyStep::Kind::data) ready_ = step.bytes;
  if (step.kind == BodyStep::Kind::malformed) malformed_ = step.error;
  if (parser_->done()) settle();
}

bool ClientExchange::fail_start(core::Error error) {
  error_ = std::make_unique<Error>(std::move(error));
  return false;
}

bool ClientExchange::fail_start(IoStatus status) {
  const bool broke = status == IoStatus::closed || status == IoStatus::reset || status == IoStatus::tls_error;
  retryable_ = reused_ && !answered_ && broke;
  if (broke && answered_) {
    return fail_start(
        Error(ErrorCode::upstream_protocol, {}, "the connection ended inside the answer's head"));
  }
  if (status == IoStatus::timed_out) {
    const char* why = sent_ ? "no answer in time" : "the request was not taken in time";
    return fail_start(Error(ErrorCode::upstream_timeout, {}, why));
  }
  return fail_start(broken(status));
}

}  // namespace relayna::http
