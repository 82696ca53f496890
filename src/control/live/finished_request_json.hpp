#pragma once

#include "relayna/json/document.hpp"
#include "relayna/pipeline/finished_request.hpp"

namespace relayna::control {

/// A finished request as the tail and the list of recent ones show it. Times are microseconds.
json::Document show(const pipeline::FinishedRequest& request);
/// Its schema, to be referred to as `FinishedRequest`.
json::Document finished_request_schema();

/// The candidates that were tried, in their order.
json::Document show_attempts(const pipeline::FinishedRequest& request);

std::int64_t microseconds(core::Duration duration) noexcept;

}  // namespace relayna::control
