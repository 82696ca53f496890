#pragma once

#include <memory>
#include <vector>

#include "relayna/identity/key_cache.hpp"
#include "relayna/pipeline/pipeline.hpp"
#include "relayna/runtime/shard.hpp"

#include "control/api/api.hpp"

namespace relayna::control {

/// Requests that operators send as a virtual key: the pipeline serves them as it serves the key's own. Keeps
/// hold of their answers, which end before the pipeline does. One shard, the pipeline's.
class Playground {
 public:
  Playground(runtime::Shard& shard, pipeline::Pipeline& pipeline) : shard_(shard), pipeline_(pipeline) {}

  /// What the proxy listener would answer. `stop`: the operator left. shutting_down after `drain`.
  runtime::Task<core::Result<http::Response>> run(http::Request request, identity::CachedKeyPtr key,
                                                  runtime::StopSource* stop);
  /// Tells what is under way to end, and waits until nothing of the pipeline is in use any more.
  runtime::Task<void> drain();

 private:
  struct Run;
  class Body;
  [[nodiscard]] bool busy();

  runtime::Shard& shard_;
  pipeline::Pipeline& pipeline_;
  std::vector<std::weak_ptr<Run>> runs_;
  bool closed_ = false;
};

/// `POST /admin/playground`. All outlive the API.
void add_playground(Api& api, store::Store& store, runtime::Shard& shard, runtime::OffloadPool& pool,
                    Playground& playground);

}  // namespace relayna::control
