#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "relayna/store/store.hpp"

namespace relayna::store {

/// What grows with time and may go when it is old. What is added up from it stays: balances, sums of usage.
enum class History : std::uint8_t {
  usage_events,
  audit_events,
  sessions,            ///< of operators, by when they expired
  idempotent_answers,  ///< kept for `Idempotency-Key`
  alert_deliveries,    ///< those that have ended
};
inline constexpr std::array kHistories{History::usage_events, History::audit_events, History::sessions,
                                       History::idempotent_answers, History::alert_deliveries};
std::string_view to_string(History history) noexcept;

/// Deletes at most `at_most` rows from before `before`, the oldest first, in one transaction, and says how
/// many: fewer when none are left.
core::Result<std::int64_t> purge(Store& store, History history, core::SystemTime before, std::size_t at_most);

}  // namespace relayna::store
