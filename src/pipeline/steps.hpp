#pragma once

#include <optional>

#include "pipeline/exchange.hpp"

namespace relayna::pipeline {

class PolicyCache;

// One function per step of pipeline.cpp, in its order; each in the file of its subject.

/// Step 2 (identify.cpp): the declared body size, then the virtual key and where it may be used from.
core::Result<void> check_declared_size(const Exchange& x, std::uint64_t max_bytes);
runtime::Task<core::Result<void>> identify(Exchange& x);

/// Step 3 (read_request.cpp): route, its switch, the body, what the body says.
core::Result<void> find_route(Exchange& x);
runtime::Task<core::Result<void>> read_body(Exchange& x, std::uint64_t max_bytes);
runtime::Task<core::Result<void>> read_features(Exchange& x, dialect::RequestReader& reader);

/// Step 4 (govern.cpp): candidates for the model, the policy in force, the rules.
core::Result<void> resolve_model(Exchange& x);
core::Result<void> apply_policy(Exchange& x, PolicyCache& policies);
/// The rules for one candidate; also asked before each fallback.
std::optional<core::Error> check_candidate(Exchange& x, const upstream::Candidate& candidate);
/// The counters the request is charged to, and a refusal of one of them that still holds (admit.cpp).
core::Result<void> find_limits(Exchange& x);
/// Whether the answer is made of tokens that count and cost: those of lists, of counting, and of raw calls
/// nobody can read do not (admit.cpp).
bool uses_tokens(const Exchange& x) noexcept;
/// Whether a raw call does something nobody here can price: it only counts as a request (admit.cpp).
bool is_unreadable(const Exchange& x) noexcept;
/// What a provider charges for a model; null when nobody knows (admit.cpp).
const domain::Price* price_of(const Exchange& x, const domain::Provider& provider, std::string_view model);

/// Step 6 (admit.cpp): reserves the most the request can take in every limit it has, and notes the intent.
runtime::Task<core::Result<void>> admit(Exchange& x);
/// The total deadline from the route's timeout and the policy's stream duration.
void set_deadline(Exchange& x);

/// Step 7 (forward.cpp): the answer of the first candidate that gives one.
runtime::Task<core::Result<upstream::Answer>> send_upstream(Exchange& x);
/// Step 8 (forward.cpp): the answer's head for the client, and the body that relays and settles. Takes the
/// exchange with it.
core::Result<http::Response> relay(std::unique_ptr<Exchange>& x, upstream::Answer answer);

/// GET /v1/models and one model (list_models.cpp): what this key may call.
runtime::Task<core::Result<http::Response>> list_models(Exchange& x, PolicyCache& policies);

}  // namespace relayna::pipeline
