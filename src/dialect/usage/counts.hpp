#pragma once

#include <cstdint>
#include <optional>

#include "relayna/dialect/usage.hpp"
#include "relayna/json/reader.hpp"

namespace relayna::dialect {

/// Token counts in the words of the Messages API, where `input` leaves out what the cache served or took in.
/// Kept apart because a stream reports them twice: what `message_delta` repeats replaces what `message_start`
/// said, count by count.
struct MessageCounts {
  std::optional<std::int64_t> input;
  std::optional<std::int64_t> cache_read;
  std::optional<std::int64_t> cache_write;
  std::optional<std::int64_t> cache_write_1h;
  void take(json::Value usage);
  void apply(Usage& to) const;
};

/// A count: an integer of 0 or more, also when written as 12.0; nothing else.
std::optional<std::int64_t> count(json::Value value);
/// Takes the value over when there is one.
void set(std::optional<std::int64_t>& to, std::optional<std::int64_t> value);

/// `usage` as chat completions, completions and embeddings write it. Counts that are absent leave `to` as it
/// is.
void take_chat_usage(json::Value usage, Usage& to);
/// `usage` as the Responses API writes it.
void take_responses_usage(json::Value usage, Usage& to);
/// `usage` as the Messages API writes it.
void take_messages_usage(json::Value usage, MessageCounts& counts, Usage& to);

}  // namespace relayna::dialect
