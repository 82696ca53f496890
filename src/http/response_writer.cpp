#include <algorithm>
#include <array>
#include <charconv>

#include <boost/asio/post.hpp>

#include "http/server_connection.hpp"

namespace relayna::http {

namespace {

using core::Error;
using core::ErrorCode;

/// Bytes a second below which a reader that never quite stops is cut off all the same.
constexpr std::int64_t kMinRate = 512;
/// An answer larger than this is written at once: to copy it would cost more than is won.
constexpr std::size_t kMaxTogether = 16 * 1024;
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

/// Writes an answer. Head and first chunk leave in one write; a chunk is written before the next is pulled,
/// but a short answer that is whole may wait for others until this turn of the loop ends.
runtime::Task<void> ServerConnection::respond(Response response) {
  if (parser_ && !broken_ && !body_) drain_request();  // before a chunk can be in the shard's buffer
  Sending sending = plan(response);
  bool ok = true;
  std::string whole;  // the answer, while it waits for others
  for (bool more = true; ok && more;) {
    Chunk chunk{.bytes = {}, .end = !sending.carries};
    if (sending.carries && (sending.head_sent || !response.flush_head)) {
      auto pulled = co_await response.body->next();
      if (!pulled) {
        if (replace_by_error(response, sending, pulled.error())) continue;
        ok = false;  // without the last chunk, so that the client can tell
        break;
      }
      chunk = *pulled;
    }
    more = !chunk.end;
    std::string rest;
    ok = send_chunk(response, sending, chunk, rest);
    if (!ok || rest.empty()) continue;
    if (sending.together) {
      whole = std::move(rest);
    } else {
      ok = co_await send_rest(std::move(rest));
    }
  }
  if (!whole.empty() && !co_await send_with_others(std::move(whole))) ok = false;
  if (!ok) keep_alive_ = false;
  response.body.reset();
  if (keep_alive_ && !parser_->done()) {  // the answer's body held the request's
    drain_request();
    if (broken_ || !parser_->done()) keep_alive_ = false;
  }
}

ServerConnection::Sending ServerConnection::plan(const Response& response) const {
  Sending sending;
  const auto length = response.body ? response.body->length() : std::nullopt;
  sending.framing =
      frame_response(response.head.status, head_request_, version_, response.body != nullptr, length);
  sending.carries = response.body && sending.framing.kind != Framing::Kind::none && !head_request_;
  return sending;
}

/// A body that breaks before anything was sent becomes an answer that says so. False when it is too late, or
/// there is nobody to tell.
bool ServerConnection::replace_by_error(Response& response, Sending& sending, const Error& error) {
  context_.log->debug("a response body broke: {}", error.describe());
  if (sending.head_sent || sending.replaced || error.code == ErrorCode::client_closed) return false;
  response.body.reset();
  response = render(error);
  sending = plan(response);
  sending.replaced = true;
  return true;
}

/// Whether the connection may carry another request after this answer, and what the head says about it.
Persistence ServerConnection::decide_persistence(const Response& response, const Framing& framing) {
  const bool unread = broken_ || !parser_ || (!parser_->done() && (!body_ || owes_continue_));
  owes_continue_ = false;  // the final answer takes its place
  keep_alive_ = !unread && !response.close && !context_.draining && parser_->keeps_alive() &&
                framing.kind != Framing::Kind::until_close;
  if (!keep_alive_) return Persistence::close;
  return version_ < 11 ? Persistence::keep_alive : Persistence::implicit;
}

/// Frames and writes one chunk, behind the head when that has not been sent. False when the answer cannot be
/// finished.
bool ServerConnection::send_chunk(const Response& response, Sending& sending, const Chunk& chunk,
                                  std::string& rest) {
  const Framing& framing = sending.framing;
  sending.sent += chunk.bytes.size();
  if (sending.carries && framing.kind == Framing::Kind::length &&
      (sending.sent > framing.length || (chunk.end && sending.sent < framing.length))) {
    context_.log->error("a response body has not the length it said, which is a bug");
    return false;
  }
  ChunkHead chunk_head;
  std::array<std::string_view, 5> pieces{};
  if (!sending.head_sent) {
    write_response_head(context_.head, response.head, framing, decide_persistence(response, framing),
                        context_.date.text());
    pieces[0] = context_.head;
    sending.head_sent = true;
    sending.together = sending.carries && framing.kind == Framing::Kind::length &&
                       sending.sent == framing.length && framing.length <= kMaxTogether &&
                       context_.stats.in_flight > 1;
  }
  pieces[2] = chunk.bytes;
  if (framing.kind == Framing::Kind::chunked) {
    if (!chunk.bytes.empty()) {
      pieces[1] = chunk_head(chunk.bytes.size());
      pieces[3] = kCrlf;
    }
    if (chunk.end) pieces[4] = kLastChunk;
  }
  if (sending.together && !chunk.bytes.empty()) {
    for (const std::string_view piece : pieces) rest.append(piece);
    return true;
  }
  return send_now(pieces, rest);
}

/// Writes that follow each other closely cost less than half of what single ones do: the reader at the other
/// end is woken once for all of them.
runtime::Task<bool> ServerConnection::send_with_others(std::string answer) {
  co_await boost::asio::post(context_.shard.executor(), runtime::use_task);
  const std::string_view piece = answer;
  std::string rest;
  if (!send_now({&piece, 1}, rest)) co_return false;
  co_return rest.empty() || co_await send_rest(std::move(rest));
}

/// Writes what the socket takes. What it does not take is copied to `rest`, because the pieces die at the
/// next suspension. False when the client is gone; the exchange is stopped then.
bool ServerConnection::send_now(std::span<const std::string_view> pieces, std::string& rest) {
  if (std::all_of(pieces.begin(), pieces.end(), [](std::string_view piece) { return piece.empty(); }))
    return true;
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
