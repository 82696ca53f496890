#pragma once

#include <string>
#include <string_view>

#include "control/resources/resources.hpp"

// What was used and what it cost: totals, series, breakdowns, single requests, exports. Each `add_…` adds its
// operations. All read the store from the admin pool, where a question ends within the statement timeout.

namespace relayna::control {

/// All of them.
void add_usage(Api& api, const Resources& with);

void add_usage_summary(Api& api, const Resources& with);
void add_usage_series(Api& api, const Resources& with);
void add_usage_breakdowns(Api& api, const Resources& with);
void add_usage_requests(Api& api, const Resources& with);
void add_usage_dashboard(Api& api, const Resources& with);
void add_usage_filter_values(Api& api, const Resources& with);
void add_unused_keys(Api& api, const Resources& with);
void add_usage_export(Api& api, const Resources& with);
void add_cost_export(Api& api, const Resources& with);

/// `GET <path>`, for operators who may see usage; `run` and the schemas are for the caller to set.
Operation usage_reading(std::string path, std::string id, std::string summary);

}  // namespace relayna::control
