#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "relayna/store/analytics.hpp"

#include "control/api/operation.hpp"

namespace relayna::control {

/// A period as callers may ask for it.
struct PeriodRule {
  std::chrono::hours usual{24};           ///< when no `from` is given
  std::chrono::hours most{24 * 366 * 5};  ///< the longest that is answered
  bool ever_by_id = false;                ///< without beginning when a request's or a trace's id is given
};

/// Reads `from` and `to` (RFC 3339, half-open) into the filter: by default what is `usual` before now.
void read_period(Call& call, const PeriodRule& rule, store::UsageFilter& filter);
/// Reads every condition on requests; all must hold. What is wrong goes to the call's problems.
store::UsageFilter read_usage_filter(Call& call, const PeriodRule& rule);

/// The same for documents.
std::vector<Parameter> period_parameters(const PeriodRule& rule);
std::vector<Parameter> usage_filter_parameters(const PeriodRule& rule);

/// `from` and `to`, as an answer begins with them.
json::Document show_period(const store::UsageFilter& filter);

}  // namespace relayna::control
