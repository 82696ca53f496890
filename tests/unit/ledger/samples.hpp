#pragma once

#include <string>

#include "relayna/core/ids.hpp"

#include "ledger/codec.hpp"

namespace relayna::ledger::test {

/// The n-th request's id.
inline std::string id_of(std::uint32_t n) {
  core::Uuid id;
  for (std::size_t i = 0; i < 4; ++i) id.bytes[15 - i] = static_cast<std::uint8_t>(n >> (8 * i));
  id.bytes[0] = 1;
  return id.str();
}

inline Intent sample_intent(std::uint32_t n) {
  Intent intent;
  intent.event.request_id = id_of(n);
  intent.event.key_id = id_of(1'000'000);
  intent.event.route = "/v1/chat/completions";
  intent.event.model = "gpt-4o";
  intent.event.created_at = core::SystemTime(std::chrono::seconds(1'795'000'000));
  intent.scopes = {"global", "key:" + intent.event.key_id};
  intent.reserved = {.tokens = 4'196, .cost_nanos = 42'000'000};
  intent.admitted_at = intent.event.created_at + std::chrono::milliseconds(1);
  intent.epoch = "e1";
  return intent;
}

inline SettledEvent sample_settled(std::uint32_t n) {
  const Intent intent = sample_intent(n);
  SettledEvent settled{.event = intent.event,
                       .scopes = intent.scopes,
                       .amounts = {.tokens = 77, .cost_nanos = 1'234},
                       .admitted_at = intent.admitted_at,
                       .epoch = intent.epoch,
                       .counted = true};
  settled.event.status_code = 200;
  settled.event.latency_ms = 12;
  settled.event.total_tokens = 77;
  settled.event.cost_nanos = 1'234;
  settled.event.usage_source = "reported";
  return settled;
}

/// Equal when all that is written of them is.
inline std::string bytes_of(const auto& record) {
  std::string out;
  encode(record, out);
  return out;
}

}  // namespace relayna::ledger::test
