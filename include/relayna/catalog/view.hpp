#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "relayna/catalog/snapshot.hpp"

namespace relayna::catalog {

/// One shard's current snapshot. A plain shared_ptr, swapped only on the shard's thread; a request takes a
/// copy and keeps it to its end.
class View {
 public:
  View() : current_(std::make_shared<const Snapshot>()) {}
  [[nodiscard]] const SnapshotPtr& current() const noexcept { return current_; }
  /// False until the first snapshot arrived: a gateway that starts while the store is away knows nothing yet.
  [[nodiscard]] bool loaded() const noexcept { return loaded_; }
  void replace(SnapshotPtr next) {
    current_ = std::move(next);
    loaded_ = true;
  }

 private:
  SnapshotPtr current_;
  bool loaded_ = false;
};

}  // namespace relayna::catalog
