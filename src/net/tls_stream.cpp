#include "net/tls_stream.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>

#include <openssl/err.h>
#include <sys/socket.h>

namespace relayna::net {
namespace {

constexpr std::size_t kMaxRecord = SSL3_RT_MAX_PLAIN_LENGTH;

// The bytes of the next record. Small pieces are copied together: a record per piece would cost 29 bytes and
// a system call each. A large first piece is used where it is.
std::string_view next_record(std::span<const std::string_view> pieces) {
  static thread_local std::array<char, kMaxRecord> scratch;
  while (!pieces.empty() && pieces.front().empty()) pieces = pieces.subspan(1);
  if (pieces.empty()) return {};
  if (pieces.size() == 1 || pieces.front().size() >= kMaxRecord) return pieces.front().substr(0, kMaxRecord);
  std::size_t size = 0;
  for (const auto piece : pieces) {
    const auto take = std::min(piece.size(), kMaxRecord - size);
    if (take != 0) std::memcpy(scratch.data() + size, piece.data(), take);
    size += take;
    if (size == kMaxRecord) break;
  }
  return {scratch.data(), size};
}

}  // namespace

TlsStream::TlsStream(runtime::Shard& shard, Socket socket, SslPtr ssl, std::shared_ptr<void> keep)
    : SocketStream(shard, std::move(socket)), keep_(std::move(keep)), ssl_(std::move(ssl)) {
  bio_.fd = native_handle();
  BIO* bio = make_socket_bio(bio_);
  SSL_set_bio(ssl_.get(), bio, bio);
}

TlsStream::~TlsStream() {
  // Without this OpenSSL takes the session for broken and never resumes it. After a real failure it is.
  if (SSL_is_init_finished(ssl_.get()) && failure() != IoStatus::tls_error) {
    SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }
  ssl_.reset();
}

IoStatus TlsStream::classify(int result, Need& need) {
  const int saved_errno = errno;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      need = Need::readable;
      return IoStatus::would_block;
    case SSL_ERROR_WANT_WRITE:
      need = Need::writable;
      return IoStatus::would_block;
    case SSL_ERROR_ZERO_RETURN:
      return IoStatus::closed;
    case SSL_ERROR_SYSCALL:
      reason_ = saved_errno != 0 ? std::strerror(saved_errno) : "the connection ended";
      fail(IoStatus::reset);
      return IoStatus::reset;
    default:
      reason_ = openssl_reason();
      if (const long verdict = SSL_get_verify_result(ssl_.get()); verdict != X509_V_OK) {
        reason_.append(": ").append(X509_verify_cert_error_string(verdict));
      }
      fail(IoStatus::tls_error);
      return IoStatus::tls_error;
  }
}

Socket::wait_type TlsStream::wait_for(Need need, Socket::wait_type usual) noexcept {
  if (need == Need::none) return usual;
  return need == Need::readable ? Socket::wait_read : Socket::wait_write;
}

runtime::Task<IoStatus> TlsStream::handshake() {
  for (;;) {
    if (failure() != IoStatus::ok) co_return failure();
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) co_return IoStatus::ok;
    Need need = Need::none;
    const auto status = classify(result, need);
    if (status != IoStatus::would_block) co_return status;
    const auto ready = co_await wait(wait_for(need, Socket::wait_read));
    if (ready != IoStatus::ok) co_return ready;
  }
}

IoResult TlsStream::try_read(std::span<char> into) {
  if (failure() != IoStatus::ok) return {failure(), 0};
  if (into.empty()) return {};
  ERR_clear_error();
  std::size_t bytes = 0;
  const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &bytes);
  if (result == 1) return {IoStatus::ok, bytes};
  return {classify(result, read_need_), 0};
}

IoResult TlsStream::try_write(std::span<const std::string_view> pieces) {
  if (failure() != IoStatus::ok) return {failure(), 0};
  auto record = next_record(pieces);
  if (record.empty()) return {};
  if (unsent_ != 0) {
    if (record.size() < unsent_) {  // the caller changed its mind about bytes that are already encrypted
      assert(false);
      reason_ = "a blocked write was not repeated";
      fail(IoStatus::tls_error);
      return {failure(), 0};
    }
    record = record.substr(0, unsent_);
  }
  ERR_clear_error();
  std::size_t bytes = 0;
  const int result = SSL_write_ex(ssl_.get(), record.data(), record.size(), &bytes);
  if (result == 1) {
    unsent_ = 0;
    return {IoStatus::ok, bytes};
  }
  const auto status = classify(result, write_need_);
  if (status == IoStatus::would_block) unsent_ = record.size();
  return {status, 0};
}

runtime::Task<IoStatus> TlsStream::wait_readable() {
  // A whole record may already be in OpenSSL's buffer, then the socket stays silent. After a read that
  // blocked, what it holds is at most a part of one.
  const bool ready = read_need_ == Need::none && SSL_has_pending(ssl_.get()) == 1;
  const auto what = wait_for(read_need_, Socket::wait_read);
  read_need_ = Need::none;
  return wait(what, ready);
}

runtime::Task<IoStatus> TlsStream::wait_writable() {
  const auto what = wait_for(write_need_, Socket::wait_write);
  write_need_ = Need::none;
  return wait(what);
}

void TlsStream::shutdown_send() noexcept {
  if (failure() == IoStatus::ok && unsent_ == 0 && SSL_is_init_finished(ssl_.get())) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
  SocketStream::shutdown_send();
}

bool TlsStream::stale() noexcept {
  if (failure() != IoStatus::ok) return true;
  if (SSL_has_pending(ssl_.get()) == 0 && !SocketStream::stale()) return false;
  // Bytes are there, but they may be TLS's own (session tickets after the first answer).
  ERR_clear_error();
  char byte;
  std::size_t bytes = 0;
  const int result = SSL_peek_ex(ssl_.get(), &byte, 1, &bytes);
  return result == 1 || classify(result, read_need_) != IoStatus::would_block;
}

}  // namespace relayna::net
