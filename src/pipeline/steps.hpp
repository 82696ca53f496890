#pragma once

#include "pipeline/decide.hpp"
#include "pipeline/exchange.hpp"

namespace relayna::pipeline {

// One function per step of pipeline.cpp, in its order; each in the file of its subject. What is decided
// without asking anybody is in decide.hpp.

/// Step 2 (identify.cpp): the virtual key, its state, and where it may be used from.
runtime::Task<core::Result<void>> identify(Exchange& x);

/// Step 3 (read_request.cpp): the body, and what it says.
runtime::Task<core::Result<void>> read_body(Exchange& x, std::uint64_t max_bytes);
runtime::Task<core::Result<void>> read_features(Exchange& x, dialect::RequestReader& reader);

/// Step 6 (admit.cpp): a refusal by one of its limits that still holds; then the reservation of the most the
/// request can take in each of them, and the note of the intent.
core::Result<void> check_remembered_refusals(Exchange& x);
runtime::Task<core::Result<void>> admit(Exchange& x);

/// Step 7 (forward.cpp): the total deadline from the route's timeout and the policy's stream duration, and
/// the answer of the first candidate that gives one.
void set_deadline(Exchange& x);
runtime::Task<core::Result<upstream::Answer>> send_upstream(Exchange& x);
/// Step 8 (forward.cpp): the answer's head for the client, and the body that relays and settles. Takes the
/// exchange with it.
core::Result<http::Response> relay(std::unique_ptr<Exchange>& x, upstream::Answer answer);

/// GET /v1/models and one model (list_models.cpp): what this key may call.
runtime::Task<core::Result<http::Response>> list_models(Exchange& x, PolicyCache& policies);

}  // namespace relayna::pipeline
