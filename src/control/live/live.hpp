#pragma once

#include <memory>
#include <string>

#include "relayna/pipeline/health.hpp"
#include "relayna/pipeline/request_feed.hpp"
#include "relayna/runtime/shard.hpp"
#include "relayna/store/store.hpp"
#include "relayna/telemetry/metrics.hpp"

#include "control/api/api.hpp"

// What operators see of the requests of this replica while they happen. Each `add_…` adds its operations.

namespace relayna::control {

/// Which replica answers: what is seen live is its own only.
struct ThisReplica {
  std::string id;
  std::string host;
  std::string version;
};

/// What the live operations work with; outlives the API.
struct Live {
  runtime::Shard& shard;
  store::Store& store;
  telemetry::Metrics& metrics;
  const pipeline::RequestFeed& feed;
  const pipeline::Health& health;
  ThisReplica replica;
};

/// `GET /admin/requests/tail` and `GET /admin/requests/recent`.
void add_requests(Api& api, const Live& with);
/// `GET /admin/debug-bundles/{request_id}`.
void add_debug_bundles(Api& api, const Live& with);

json::Document show(const ThisReplica& replica);
json::Document replica_schema();

}  // namespace relayna::control
