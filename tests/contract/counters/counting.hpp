#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "contract/counters/backend.hpp"

// What the tests of one promise each have in common.

namespace relayna::test {

using counters::Admission;
using counters::AdmitRequest;
using counters::Outcome;
using counters::Scope;
using domain::Balance;
using domain::LimitKind;
using std::chrono::seconds;

inline Scope scope(std::string id, std::initializer_list<std::pair<LimitKind, std::int64_t>> limits) {
  Scope made{.id = std::move(id)};
  for (const auto& [kind, limit] : limits) made.limits.set(kind, limit);
  return made;
}

inline core::SystemTime at(std::string_view text) {
  return *core::parse_rfc3339(text);
}
inline std::int64_t used(const Admission& admission, LimitKind kind, std::size_t of = 0) {
  return admission.standings.at(of).used[static_cast<std::size_t>(kind)];
}

/// A balance as the store would say it at `now`.
inline Balance balance(core::SystemTime now, std::int64_t cost_today, std::int64_t cost_total) {
  return {.periods = domain::Periods::of(now),
          .requests_today = 1,
          .tokens_today = 10,
          .cost_today = cost_today,
          .cost_this_week = cost_today,
          .cost_this_month = cost_today,
          .cost_total = cost_total,
          .snapshot = "100:100:"};
}

class Counting : public CountersContract {
 protected:
  Admission admit(std::string id, std::vector<Scope> scopes, counters::Amounts amounts = {}) {
    return value(
        counters().admit({.request_id = std::move(id), .scopes = std::move(scopes), .amounts = amounts}));
  }
  /// Admits and seeds until it is admitted or refused.
  Admission admit_seeded(const AdmitRequest& request, const Balance& balance) {
    auto admission = value(counters().admit(request));
    if (admission.outcome != Outcome::unseeded) return admission;
    for (const auto i : admission.unseeded) value(counters().seed(request.scopes[i].id, balance, {}));
    return value(counters().admit(request));
  }
};

}  // namespace relayna::test
