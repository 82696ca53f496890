#pragma once

#include <vector>

#include "relayna/http/fields.hpp"
#include "relayna/ledger/ledger.hpp"

namespace relayna::pipeline {

/// Whether the gateway says itself what is left, so that the upstream's own `x-ratelimit-*` must not be
/// passed on.
bool tells_limits(const std::vector<ledger::ScopeStanding>& standings) noexcept;
/// `x-ratelimit-{limit,remaining,reset}-{requests,tokens}` in OpenAI's names, of the scope with the least
/// room, and `x-relayna-budget-warning` for budgets that are four fifths used (contract 8.3). `now` is the
/// wall clock.
void add_limit_fields(const std::vector<ledger::ScopeStanding>& standings, core::SystemTime now,
                      http::Fields& fields);

}  // namespace relayna::pipeline
