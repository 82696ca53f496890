#pragma once

#include "relayna/core/result.hpp"

#include "pipeline/inquiry.hpp"
#include "pipeline/price_memo.hpp"

// What is decided of a request without asking anybody: all that stands between a request and its limits. The
// pipeline calls these as the facts come in, the simulator (simulate.cpp) one after the other.

namespace relayna::pipeline {

/// Step 2 (decide_caller.cpp): the declared size of the body, whether the key may be used now, and from
/// where.
core::Result<void> check_declared_size(const Inquiry& x, std::optional<std::uint64_t> declared,
                                       std::uint64_t max_bytes);
core::Result<void> check_key_status(const Inquiry& x);
/// Takes the snapshot for the rest of the request; then where the key may be used from.
core::Result<void> check_key_source(Inquiry& x, catalog::SnapshotPtr snapshot);

/// Step 3 (decide_route.cpp): the route and whether it is switched on, how long its body may be, and what the
/// body said when it was read.
core::Result<void> find_route(Inquiry& x);
std::uint64_t body_limit(const Inquiry& x, std::uint64_t max_bytes) noexcept;
core::Result<void> check_body_size(const Inquiry& x, std::uint64_t bytes, std::uint64_t max_bytes);
core::Result<void> take_features(Inquiry& x, core::Result<dialect::Features> read);

/// Step 4 (govern.cpp): candidates, the policy in force, its rules, and what the request may take of which
/// limits.
core::Result<void> decide(Inquiry& x, PolicyCache& policies, PriceMemo& prices);
/// Its parts: where the model leads to, the policy in force there and what it says.
core::Result<void> find_candidates(Inquiry& x);
core::Result<void> apply_policy(Inquiry& x, PolicyCache& policies);
/// What the rules look at; `candidate` is null for lists, whose models are filtered one by one. Views into
/// both.
domain::PolicyInput policy_input(const Inquiry& x, const upstream::Candidate* candidate);
/// The rules for one candidate; also asked before each fallback.
std::optional<core::Error> check_candidate(const Inquiry& x, const upstream::Candidate& candidate);

/// The end of step 4 (charge.cpp): the counters the request is charged to, the most it can take of them, and
/// the rules about what it costs. Again after something has changed the request.
core::Result<void> find_charge(Inquiry& x, PriceMemo& prices);
/// Whether the answer is made of tokens that count and cost: those of lists, of counting, and of raw calls
/// nobody can read do not.
bool uses_tokens(const Inquiry& x) noexcept;
/// Whether a raw call does something nobody here can price: it only counts as a request.
bool is_unreadable(const Inquiry& x) noexcept;

}  // namespace relayna::pipeline
