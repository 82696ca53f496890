#pragma once

#include <functional>
#include <string>

#include "relayna/catalog/build.hpp"
#include "relayna/runtime/shard.hpp"

namespace relayna::catalog {

/// Keeps the snapshot current: loads at start (retrying while the store is away), reloads after change
/// notices, publishes to every shard. Notices that arrive during a load cause exactly one more. Lives on one
/// shard; `notify` may be called from any thread.
class Refresher {
 public:
  using Publish = std::function<void(SnapshotPtr)>;
  /// All references outlive the refresher. `publish` runs on the shard's thread, `open` on an offload thread.
  Refresher(runtime::Shard& shard, store::Store& store, std::vector<domain::Provider> environment,
            Opener open, Publish publish);

  /// The loop; ends when `stop` is requested. Spawn it once.
  runtime::Task<void> run(runtime::StopSource* stop);
  /// Asks for a reload soon. Any thread.
  void notify();
  /// Replaces the environment's providers (reload of secrets) and reloads. Shard's thread.
  void set_environment(std::vector<domain::Provider> environment);
  [[nodiscard]] bool loaded() const noexcept { return loaded_; }
  /// Why the last load failed; empty when it worked.
  [[nodiscard]] const std::string& last_error() const noexcept { return last_error_; }

 private:
  runtime::Task<bool> load_once();

  runtime::Shard& shard_;
  store::Store& store_;
  std::vector<domain::Provider> environment_;
  Opener open_;
  Publish publish_;
  bool dirty_ = true;
  bool loaded_ = false;
  std::string last_error_;
};

}  // namespace relayna::catalog
