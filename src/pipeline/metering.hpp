#pragma once

#include "pipeline/exchange.hpp"

namespace relayna::pipeline {

/// What the request really took, as far as anybody said: tokens, cost and their sources into `event`; returns
/// what its limits are charged with. What the provider did not report is estimated and marked so
/// (contract 8.5).
counters::Amounts meter(const Exchange& x, domain::UsageEvent& event);

}  // namespace relayna::pipeline
