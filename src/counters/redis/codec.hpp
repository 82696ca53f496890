#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "relayna/counters/redis_link.hpp"

struct redisReader;

namespace relayna::counters {

/// Appends one command in RESP: `first`, then `rest`.
void append_command(std::string& out, std::span<const std::string_view> first, const RedisArguments& rest);

/// Turns bytes into replies, however they are cut. hiredis's reader used as a codec; no I/O.
class ReplyParser {
 public:
  ReplyParser();
  ~ReplyParser();
  ReplyParser(const ReplyParser&) = delete;
  ReplyParser& operator=(const ReplyParser&) = delete;
  /// False when the bytes are not RESP; the parser is then unusable.
  bool feed(std::string_view bytes);
  /// The next complete reply; nullopt when more bytes are needed or the parser broke.
  std::optional<RedisReply> next();
  [[nodiscard]] bool broken() const noexcept { return broken_; }

 private:
  redisReader* reader_;
  bool broken_ = false;
};

}  // namespace relayna::counters
