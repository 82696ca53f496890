#pragma once

#include <memory>
#include <optional>
#include <string>

#include "relayna/runtime/stop.hpp"

#include "http/body_reader.hpp"
#include "http/client_state.hpp"
#include "http/head_scanner.hpp"

namespace relayna::http {

/// One request on one connection: written, answered, and then the source of the answer's body. The connection
/// goes back to the pool as soon as the last byte has been read, not when the last byte has been used.
class ClientExchange final : public BodySource {
 public:
  ClientExchange(Lease lease, bool reused, const ClientTimeouts& timeouts, runtime::StopSource* stop);
  ~ClientExchange() override;

  /// Writes the request and reads the head of the answer into `head`. False: `error()` says why.
  runtime::Task<bool> start(const ClientRequest& request, ResponseHead& head, core::TimePoint now);
  [[nodiscard]] core::Error& error() noexcept { return *error_; }
  /// Whether the failed start may be repeated on a fresh connection: the old one was reused and broke before
  /// a byte of an answer, so the upstream had closed it while it was idle.
  [[nodiscard]] bool worth_retrying() const noexcept { return retryable_; }
  /// The whole body is known to be empty.
  [[nodiscard]] bool without_body() const noexcept { return !lease_.held() && ready_.empty(); }

  runtime::Task<core::Result<Chunk>> next() override;
  [[nodiscard]] std::optional<std::uint64_t> length() const override;

  /// While a large body is being written: has the upstream answered already? Then writing is ended.
  void look_for_early_answer();

 private:
  using Status = HeadScanner::Status;

  // client_exchange.cpp
  runtime::Task<net::IoStatus> write_rest(std::string head, std::span<const std::string_view> body,
                                          std::size_t written);
  Status look_at_leftover();
  Status receive_head();
  enum class HeadKind : std::uint8_t { interim, final, bad };
  HeadKind take_head(Status status, bool head_request, ResponseHead& head);
  void prefetch();
  bool fail_start(net::IoStatus status);
  bool fail_start(core::Error error);
  // client_body.cpp
  core::Result<Chunk> finish(const BodyStep& step);
  void settle();
  core::Error broken(net::IoStatus status) const;

  void wait_until(core::Duration patience) noexcept;
  [[nodiscard]] core::TimePoint now() const noexcept { return lease_.state().shard.clock().now(); }
  [[nodiscard]] BodyReader<ResponseParser> body_reader() { return {*parser_, leftover_}; }

  Lease lease_;
  ClientTimeouts timeouts_;
  runtime::StopSource* stop_;
  std::optional<runtime::StopCallback> on_stop_;
  Leftover leftover_;
  HeadScanner scanner_;
  std::optional<ResponseParser> parser_;
  std::string_view head_bytes_;         // where the scanner looked last: leftover_, or the shard's buffer
  std::unique_ptr<core::Error> error_;  // of start(); here so that no coroutine frame makes room for it
  std::string_view ready_;              // body bytes that came with the head, in leftover_
  const char* malformed_ = nullptr;     // what is wrong with the framing that came with the head
  net::IoStatus read_status_ = net::IoStatus::ok;
  bool reused_;
  bool retryable_ = false;
  bool answered_ = false;  // a byte of the answer has arrived
  bool sent_ = false;      // the whole request has been written
  bool early_ = false;     // a final answer came before that
};

}  // namespace relayna::http
