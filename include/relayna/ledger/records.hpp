#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "relayna/core/result.hpp"
#include "relayna/core/time.hpp"
#include "relayna/counters/counters.hpp"
#include "relayna/domain/catalog_objects.hpp"
#include "relayna/domain/counter_set.hpp"

namespace relayna::ledger {

/// What is written down before a request is sent to an upstream: enough to account for it when nobody is left
/// to settle it.
struct Intent {
  domain::UsageEvent event;  ///< as far as it is known by then; request_id is a UUID
  domain::CounterNames scopes;
  counters::Amounts reserved;
  core::SystemTime admitted_at{};  ///< the counters' clock
  std::string epoch;               ///< of the counters that admitted it
};

/// How a request ended, on its way to the store.
struct SettledEvent {
  domain::UsageEvent event;
  domain::CounterNames scopes;
  counters::Amounts amounts;  ///< what it was settled with
  core::SystemTime admitted_at{};
  std::string epoch;
  bool counted = false;  ///< its settlement was known to the counters of `epoch`
};

/// The event of a request that nobody settled: usage_source and error_code `interrupted`, status 0 because no
/// answer is known to have been completed, and what was reserved as its tokens and cost (no cost when the
/// intent says `unpriced`): a limit may be charged too much by it, never too little.
SettledEvent interrupted(Intent intent);

/// The event of an intent as the counters keep it beside the reservation, for whoever takes over: at most
/// `kMemoBytes`, for which long texts are cut.
inline constexpr std::size_t kMemoBytes = 4096;
std::string to_memo(const domain::UsageEvent& event);
/// invalid_request when it is no memo. Fields of a newer version are left out.
core::Result<domain::UsageEvent> from_memo(std::string_view memo);

}  // namespace relayna::ledger
