#include "relayna/store/history.hpp"

#include "relayna/store/analytics.hpp"

namespace relayna::store {

std::string_view to_string(History history) noexcept {
  switch (history) {
    case History::usage_events:
      return "usage_events";
    case History::audit_events:
      return "audit_events";
    case History::sessions:
      return "sessions";
    case History::idempotent_answers:
      return "idempotent_answers";
    case History::alert_deliveries:
      return "alert_deliveries";
  }
  return "unknown";
}

core::Result<std::int64_t> purge(Store& store, History history, core::SystemTime before,
                                 std::size_t at_most) {
  auto& administration = store.administration();
  switch (history) {
    case History::usage_events:
      return store.analytics().purge_events(before, at_most);
    case History::audit_events:
      return administration.purge_audit(before, at_most);
    case History::sessions:
      return administration.purge_sessions(before, at_most);
    case History::idempotent_answers:
      return administration.purge_idempotent_answers(before, at_most);
    case History::alert_deliveries:
      return administration.purge_deliveries(before, at_most);
  }
  return 0;
}

}  // namespace relayna::store
