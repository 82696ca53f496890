#include "relayna/catalog/refresher.hpp"

#include "relayna/telemetry/log.hpp"

namespace relayna::catalog {

namespace {
constexpr std::chrono::milliseconds kRetryFirst{250};
constexpr std::chrono::milliseconds kRetryMax{5'000};
}  // namespace

Refresher::Refresher(runtime::Shard& shard, store::Store& store, std::vector<domain::Provider> environment,
                     Opener open, Publish publish)
    : shard_(shard),
      store_(store),
      environment_(std::move(environment)),
      open_(std::move(open)),
      publish_(std::move(publish)) {}

void Refresher::notify() {
  shard_.post([this] { dirty_ = true; });
}

void Refresher::set_environment(std::vector<domain::Provider> environment) {
  environment_ = std::move(environment);
  dirty_ = true;
}

runtime::Task<bool> Refresher::load_once() {
  dirty_ = false;
  store::Store* store = &store_;
  // Built there too: opening credentials may ask the store for a data key that has just been rotated in.
  auto built = co_await runtime::offload(
      shard_.offload_pool(), [store, environment = environment_, open = open_]() -> core::Result<Built> {
        auto rows = store->catalog().load();
        if (!rows) return std::unexpected(std::move(rows.error()));
        return build_snapshot(*rows, environment, open);
      });
  auto logger = telemetry::log("catalog");
  if (!built) {
    if (last_error_.empty()) logger->warn("catalog not loaded, retrying: {}", built.error().describe());
    last_error_ = built.error().describe();
    dirty_ = true;
    co_return false;
  }
  last_error_.clear();
  for (const auto& problem : built->problems) logger->error("{}", problem);
  const Snapshot& snapshot = *built->snapshot;
  logger->info("catalog revision {} loaded: {} providers, {} models, {} policy layers, {} limits",
               snapshot.revision, snapshot.providers.size(), snapshot.models.size(), snapshot.layers.size(),
               snapshot.limits.size());
  loaded_ = true;
  publish_(std::move(built->snapshot));
  co_return true;
}

runtime::Task<void> Refresher::run(runtime::StopSource* stop) {
  auto backoff = kRetryFirst;
  while (!stop->stop_requested()) {
    if (dirty_) {
      if (co_await load_once()) {
        backoff = kRetryFirst;
      } else {
        if (!co_await shard_.sleep(backoff, stop)) co_return;
        backoff = std::min(backoff * 2, kRetryMax);
        continue;
      }
    }
    // A notice sets `dirty_`; looking once per sweep coalesces bursts and keeps the delay far below the
    // promised second.
    if (!co_await shard_.sleep(runtime::Shard::kSweepInterval, stop)) co_return;
  }
}

}  // namespace relayna::catalog
