#include "ledger/delivery/insert_batch.hpp"

#include <span>
#include <utility>

namespace relayna::ledger {

runtime::Task<Attempt> insert_batch(runtime::Shard* shard, store::Store* store, std::vector<Queued> batch) {
  const auto events = std::make_shared<std::vector<domain::UsageEvent>>();  // also the blocking call's
  events->reserve(batch.size());
  for (Queued& queued : batch) events->push_back(std::move(queued.settled->event));
  const auto whole = [&](std::size_t i) {
    batch[i].settled->event = std::move((*events)[i]);
    return std::move(batch[i]);
  };

  Attempt attempt;
  using Range = std::pair<std::size_t, std::size_t>;
  std::vector<Range> ranges{{0, batch.size()}};  // the last is tried first
  while (!ranges.empty()) {
    const auto [begin, end] = ranges.back();
    if (attempt.failure) {
      for (std::size_t i = begin; i < end; ++i) attempt.left.push_back(whole(i));
      ranges.pop_back();
      continue;
    }
    auto stamps = co_await runtime::offload(shard->offload_pool(), [store, events, begin, end] {
      return store->usage().insert(std::span(*events).subspan(begin, end - begin));
    });
    if (stamps) {
      attempt.stored.reserve(batch.size());
      for (std::size_t i = begin; i < end; ++i)
        attempt.stored.push_back({.event = whole(i), .stamp = (*stamps)[i - begin]});
      ranges.pop_back();
    } else if (stamps.error().code != core::ErrorCode::invalid_request) {
      attempt.failure = std::move(stamps.error());
    } else if (end - begin == 1) {
      attempt.rejected.push_back(whole(begin));
      ranges.pop_back();
    } else {
      const std::size_t middle = begin + (end - begin) / 2;
      ranges.back() = {middle, end};
      ranges.emplace_back(begin, middle);
    }
  }
  co_return attempt;
}

}  // namespace relayna::ledger
