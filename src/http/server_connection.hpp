#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "relayna/runtime/sweep.hpp"

#include "http/body_reader.hpp"
#include "http/head_parser.hpp"
#include "http/head_scanner.hpp"
#include "http/response_head.hpp"
#include "http/server_context.hpp"

namespace relayna::http {

class ServerBody;

/// One accepted connection and its only coroutine: head, guard, handler, answer, again. Requests that were
/// pipelined are served in order.
///
/// Two deadlines watch it. Reads use the connection's own, which on expiry shuts the receiving side only, so
/// that the client can still be told; writes use the stream's, which ends the connection.
class ServerConnection final : private runtime::Expirable {
 public:
  ServerConnection(ServerContext& context, std::unique_ptr<net::Stream> stream, net::Address peer);
  ~ServerConnection() override;

  /// Serves until the connection ends. Called once.
  runtime::Task<void> run();

  /// The descriptor to poll for a vanished client, -1 when there is nothing to stop.
  [[nodiscard]] int watched_descriptor() const noexcept;
  /// Stops the running exchange, if any.
  void stop_exchange(runtime::StopReason reason);
  /// Ends a connection that waits for its next request.
  void close_if_idle();
  /// Ends it whatever it does.
  void cancel();
  std::size_t list_position = 0;  ///< in ServerContext::connections

 private:
  friend class ServerBody;
  enum class Phase : std::uint8_t { idle, head, exchange, closing };
  /// An answer on its way out.
  struct Sending {
    Framing framing;
    bool carries = false;  // there is a body to pull
    bool head_sent = false;
    bool replaced = false;  // by an error, because its body broke
    bool together = false;  // it waits until others can leave with it
    std::uint64_t sent = 0;
  };

  // server_connection.cpp: the requests
  runtime::Task<bool> read_head();
  HeadScanner::Status receive_head();
  HeadScanner::Status look(std::string_view bytes);
  void take_head(std::string_view bytes);
  void refuse_head(core::Error error);
  runtime::Task<void> exchange();
  Request make_request();
  Peer make_peer() const;
  runtime::Task<void> linger();
  void on_expired() override;
  void drain_request();
  [[nodiscard]] core::TimePoint now() const noexcept { return context_.shard.clock().now(); }
  [[nodiscard]] BodyReader<RequestParser> body_reader() { return {*parser_, leftover_}; }
  Response render(const core::Error& error);

  // response_writer.cpp: the answers
  runtime::Task<void> respond(Response response);
  Sending plan(const Response& response) const;
  bool replace_by_error(Response& response, Sending& sending, const core::Error& error);
  Persistence decide_persistence(const Response& response, const Framing& framing);
  bool send_chunk(const Response& response, Sending& sending, const Chunk& chunk, std::string& rest);
  bool send_now(std::span<const std::string_view> pieces, std::string& rest);
  runtime::Task<bool> send_rest(std::string rest);
  runtime::Task<bool> send_with_others(std::string answer);

  ServerContext& context_;
  std::unique_ptr<net::Stream> stream_;
  net::Address peer_;
  bool trusted_ = false;  // the peer is a proxy whose X-Forwarded-* we believe
  Phase phase_ = Phase::idle;

  Leftover leftover_;
  HeadScanner scanner_;
  RequestHead head_;
  std::optional<RequestParser> parser_;
  std::optional<core::Error> refusal_;
  std::string target_;  // of the running request, for errors
  bool head_request_ = false;
  int version_ = 11;

  ServerBody* body_ = nullptr;  // the handler's, while it lives
  bool owes_continue_ = false;
  bool read_timed_out_ = false;
  bool broken_ = false;  // the request cannot be read to its end
  bool keep_alive_ = false;
  runtime::StopSource stop_;
};

/// The body of a request, pulled off its connection.
class ServerBody final : public BodySource {
 public:
  explicit ServerBody(ServerConnection& connection);
  ~ServerBody() override;
  runtime::Task<core::Result<Chunk>> next() override;
  [[nodiscard]] std::optional<std::uint64_t> length() const override;
  /// The connection is going away first.
  void detach() noexcept { connection_ = nullptr; }

 private:
  core::Result<Chunk> finish(const BodyStep& step);
  core::Duration patience() const noexcept;

  ServerConnection* connection_;
  std::uint64_t received_ = 0;
  core::Duration waited_{0};
};

}  // namespace relayna::http
