#include "pipeline/price_memo.hpp"

#include <chrono>

namespace relayna::pipeline {

const domain::Price* PriceMemo::find(const catalog::SnapshotPtr& snapshot, const domain::Provider& provider,
                                     std::string_view model, core::SystemTime at) {
  const std::int64_t minute = std::chrono::floor<std::chrono::minutes>(at).time_since_epoch().count();
  if (snapshot != snapshot_ || minute != minute_ || prices_.size() >= kMost) {
    prices_.clear();
    snapshot_ = snapshot;
    minute_ = minute;
  }
  scratch_.assign(provider.name).append(1, '\n').append(model);
  if (const auto it = prices_.find(scratch_); it != prices_.end()) return it->second;
  const domain::Price* price =
      snapshot->prices.lookup({.provider = provider.name, .kind = provider.kind, .model = model, .at = at});
  prices_.emplace(scratch_, price);
  return price;
}

}  // namespace relayna::pipeline
