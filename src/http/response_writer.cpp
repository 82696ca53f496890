#include <array>
#include <charconv>

#include "http/server_connection.hpp"

namespace relayna::http {

namespace {

using core::Error;
using core::ErrorCode;

/// Bytes a second below which a reader that never quite stops is cut off all the same.
constexpr std::int64_t kMinRate = 512;
constexpr std::string_view kCrlf = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";

/// `<hex size>CRLF` in a buffer that lives as long as the write.
class ChunkHead {
 public:
  std::string_view operator()(std::size_t size) noexcept {
    char* end = std::to_chars(text_.data(), text_.data() + 16, size, 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    return {text_.data(), static_cast<std::size_t>(end - text_.data())};
  }

 private:
  std::array<char, 18> text_;
};

}  // namespace

/// Writes an answer and decides whether the connection may carry another request.
runtime::Task<void> ServerConnection::respond(Response response) {
  if (parser_ && !broken_ && !body_) drain_request();  // before a chunk can be in the shard's buffer
  Framing framing;
  Chunk first;
  bool carries = false;
  for (bool failed = false;; failed = true) {
    const auto length = response.body ? response.body->length() : std::nullopt;
    framing = frame_response(response.head.status, head_request_, version_, response.body != nullptr, length);
    carries = response.body && framing.kind != Framing::Kind::none && !head_request_;
    if (!carries || response.flush_head) break;
    auto pulled = co_await response.body->next();
    if (pulled) {
      first = *pulled;
      break;
    }
    // Nothing has been sent: the client gets an answer that says what happened.
    keep_alive_ = false;
    if (failed || pulled.error().code == ErrorCode::client_closed) co_return;
    response.body.reset();
    response = render(pulled.error());
  }
  const bool unread = broken_ || !parser_ || (!parser_->done() && (!body_ || owes_continue_));
  owes_continue_ = false;  // the final answer takes its place
  keep_alive_ = !unread && !response.close && !context_.draining && parser_->keeps_alive() &&
                framing.kind != Framing::Kind::until_close;
  auto persistence = Persistence::implicit;
  if (!keep_alive_) {
    persistence = Persistence::close;
  } else if (version_ < 11) {
    persistence = Persistence::keep_alive;
  }
  write_response_head(context_.head, response.head, framing, persistence,
                      context_.date.at(context_.shard.clock().wall()));

  ChunkHead chunk_head;
  std::array<std::string_view, 4> pieces{context_.head};
  const bool chunked = framing.kind == Framing::Kind::chunked;
  if (framing.kind == Framing::Kind::length) first.bytes = first.bytes.substr(0, framing.length);
  if (!first.bytes.empty()) {
    pieces = {context_.head, chunked ? chunk_head(first.bytes.size()) : std::string_view(), first.bytes,
              chunked ? kCrlf : std::string_view()};
  } else if (chunked && first.end) {
    pieces[1] = kLastChunk;
  }
  const std::size_t sent = first.bytes.size();
  std::string rest;
  bool ok = send_now(pieces, rest);
  if (ok && !rest.empty()) ok = co_await send_rest(std::move(rest));
  if (ok && carries && !first.end) ok = co_await stream_body(*response.body, framing, sent);
  if (ok && carries && first.end && framing.kind == Framing::Kind::length) ok = framing.length == sent;
  if (!ok) keep_alive_ = false;
  response.body.reset();
  if (keep_alive_ && !parser_->done()) {  // the answer's body held the request's
    drain_request();
    if (broken_ || !parser_->done()) keep_alive_ = false;
  }
}

/// The rest of a body behind its first chunk. False when the answer could not be finished.
runtime::Task<bool> ServerConnection::stream_body(BodySource& body, Framing framing, std::uint64_t sent) {
  const bool chunked = framing.kind == Framing::Kind::chunked;
  ChunkHead chunk_head;
  for (;;) {
    auto chunk = co_await body.next();
    if (!chunk) {
      context_.log->debug("a response body broke: {}", chunk.error().describe());
      co_return false;  // without the last chunk, so the client can tell
    }
    if (framing.kind == Framing::Kind::length && chunk->bytes.size() > framing.length - sent) {
      context_.log->error("a response body is longer than it said, which is a bug");
      co_return false;
    }
    std::array<std::string_view, 4> pieces{};
    if (!chunk->bytes.empty()) {
      pieces = {chunked ? chunk_head(chunk->bytes.size()) : std::string_view(), chunk->bytes,
                chunked ? kCrlf : std::string_view()};
    }
    if (chunk->end && chunked) pieces[3] = kLastChunk;
    sent += chunk->bytes.size();
    const bool end = chunk->end;
    if (!chunk->bytes.empty() || (end && chunked)) {
      std::string rest;
      bool ok = send_now(pieces, rest);
      if (ok && !rest.empty()) ok = co_await send_rest(std::move(rest));
      if (!ok) co_return false;
    }
    if (!end) continue;
    if (framing.kind == Framing::Kind::length && sent != framing.length) {
      context_.log->error("a response body is shorter than it said, which is a bug");
      co_return false;
    }
    co_return true;
  }
}

/// Writes what the socket takes. What it does not take is copied to `rest`, because the pieces die at the
/// next suspension. False when the client is gone; the exchange is stopped then.
bool ServerConnection::send_now(std::span<const std::string_view> pieces, std::string& rest) {
  const net::IoResult put = stream_->try_write(pieces);
  if (!put.ok() && put.status != net::IoStatus::would_block) {
    stop_exchange(runtime::StopReason::client_gone);
    return false;
  }
  std::size_t skip = put.bytes;
  for (const std::string_view piece : pieces) {
    const std::size_t gone = std::min(skip, piece.size());
    skip -= gone;
    if (gone < piece.size()) rest.append(piece.substr(gone));
  }
  return true;
}

/// Waits for a reader that is slower than we are: at most write_timeout without progress, and not for one
/// that takes a byte at a time.
runtime::Task<bool> ServerConnection::send_rest(std::string rest) {
  const core::Duration patience = context_.settings.write_timeout;
  const core::Duration most =
      patience + std::chrono::milliseconds(static_cast<std::int64_t>(rest.size()) * 1000 / kMinRate);
  const core::TimePoint last = now() + most;
  std::string_view left = rest;
  while (!left.empty()) {
    stream_->expires_at(core::Deadline(std::min(now() + patience, last)));
    const net::IoStatus ready = co_await stream_->wait_writable();
    stream_->expires_never();
    const net::IoResult put =
        ready == net::IoStatus::ok ? stream_->try_write({&left, 1}) : net::IoResult{ready, 0};
    if (!put.ok() && put.status != net::IoStatus::would_block) {
      stop_exchange(runtime::StopReason::client_gone);
      co_return false;
    }
    left.remove_prefix(put.bytes);
  }
  co_return true;
}

}  // namespace relayna::http
