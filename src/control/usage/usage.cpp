#include "control/usage/usage.hpp"

#include "control/api/schemas.hpp"
#include "control/usage/event_shape.hpp"
#include "control/usage/summary_shape.hpp"

namespace relayna::control {

void add_usage(Api& api, const Resources& with) {
  add_schemas(api, event_shape(), false, false);
  add_schemas(api, summary_shape(), false, false);
  add_usage_summary(api, with);
  add_usage_series(api, with);
  add_usage_breakdowns(api, with);
  add_usage_requests(api, with);
  add_usage_dashboard(api, with);
  add_usage_filter_values(api, with);
  add_unused_keys(api, with);
  add_usage_export(api, with);
  add_cost_export(api, with);
}

Operation usage_reading(std::string path, std::string id, std::string summary) {
  Operation made;
  made.method = "GET";
  made.path = std::move(path);
  made.scope = "usage:read";
  made.id = std::move(id);
  made.tag = "Usage";
  made.summary = std::move(summary);
  return made;
}

}  // namespace relayna::control
