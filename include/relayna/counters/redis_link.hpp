#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/core/result.hpp"
#include "relayna/core/secret.hpp"
#include "relayna/net/connector.hpp"
#include "relayna/runtime/shard.hpp"

namespace relayna::counters {

/// What Redis answered (RESP2).
struct RedisReply {
  enum class Kind : std::uint8_t { nil, integer, string, status, error, array };
  Kind kind = Kind::nil;
  std::int64_t integer = 0;
  std::string text;  ///< string, status or error
  std::vector<RedisReply> items;
};

/// Arguments of a command, put into RESP one by one.
class RedisArguments {
 public:
  /// For arguments of `bytes` in all; more may be added.
  void reserve(std::size_t bytes) { resp_.reserve(bytes); }
  void add(std::string_view argument);
  void add(std::int64_t number);
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] std::string_view resp() const noexcept { return resp_; }

 private:
  std::string resp_;
  std::size_t count_ = 0;
};

/// Where a Redis is: `redis://[user:pass@]host:port[/db]`, `rediss://…` for TLS.
struct RedisAddress {
  net::Origin origin;
  std::string user;
  core::Secret password;
  int database = 0;
  /// The error is invalid_configuration and never contains the password.
  static core::Result<RedisAddress> parse(std::string_view url);
  /// `host:port/db`, no credentials.
  [[nodiscard]] std::string describe() const;
};

/// One connection to Redis that carries the commands of a whole shard, pipelined: those asked for in one turn
/// of the loop leave in one write. Reconnects by itself with back-off; AUTH and SELECT go first. A command
/// that timed out keeps its place in the line until its answer comes, so answers never shift. One shard.
class RedisLink {
 public:
  struct Settings {
    std::chrono::milliseconds connect_timeout{1'000};
    std::chrono::milliseconds command_timeout{
        80};  ///< an affected request is answered within 100 ms (contract 8.4)
    std::chrono::milliseconds give_up{2'000};  ///< a connection whose oldest answer is this late is replaced
    std::chrono::milliseconds retry_first{100};
    std::chrono::milliseconds retry_max{2'000};
    std::size_t max_waiting = 100'000;  ///< commands in the line; more are refused
  };
  RedisLink(runtime::Shard& shard, net::Connector& connector, RedisAddress address, Settings settings);
  /// `stop()` must have completed.
  ~RedisLink();

  /// Connects and keeps the connection, until `stop`.
  void start();
  runtime::Task<void> stop();
  /// Sends one command. control_state_unavailable when the link is down, the answer is late or was lost. An
  /// error reply of Redis is a reply. Await it in the expression that makes the arguments.
  runtime::Task<core::Result<RedisReply>> command(const std::vector<std::string>& arguments);
  /// The same for `first` followed by `rest`, with another time-out: for the second command of something that
  /// began earlier.
  runtime::Task<core::Result<RedisReply>> command(std::span<const std::string_view> first,
                                                  const RedisArguments& rest, core::TimePoint due);
  /// When a command sent now is late.
  [[nodiscard]] core::TimePoint due() const noexcept;
  runtime::Task<core::Result<void>> ping();
  [[nodiscard]] bool connected() const noexcept;
  /// Why it is not connected, without credentials.
  [[nodiscard]] const std::string& last_error() const noexcept;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace relayna::counters
