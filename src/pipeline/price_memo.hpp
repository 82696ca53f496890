#pragma once

#include <string>
#include <unordered_map>

#include "relayna/catalog/snapshot.hpp"

namespace relayna::pipeline {

/// What a provider charges for a model, so that the search through names and lists is paid once a minute:
/// prices change at dates, and with the catalog. One shard.
class PriceMemo {
 public:
  /// Null when nobody knows. The price lives as long as `snapshot`.
  const domain::Price* find(const catalog::SnapshotPtr& snapshot, const domain::Provider& provider,
                            std::string_view model, core::SystemTime at);

 private:
  static constexpr std::size_t kMost = 10'000;
  catalog::SnapshotPtr snapshot_;
  std::int64_t minute_ = 0;
  std::string scratch_;
  std::unordered_map<std::string, const domain::Price*> prices_;
};

}  // namespace relayna::pipeline
