#include "ledger/seeder.hpp"

#include <vector>

#include "relayna/ledger/balance_query.hpp"
#include "relayna/runtime/offload.hpp"
#include "relayna/runtime/waiter.hpp"

namespace relayna::ledger {

/// One read that is under way, and who else waits for it.
struct Seeder::Reading {
  std::vector<runtime::Waiter*> waiting;
  std::optional<core::Error> problem;
};

Seeder::Seeder(runtime::Shard& shard, store::Store& store, counters::Counters& counters)
    : shard_(shard), store_(store), counters_(counters) {}

Seeder::~Seeder() = default;

runtime::Task<core::Result<void>> Seeder::seed(domain::LimitedScope scope, std::string epoch) {
  const std::string id = scope.id();
  if (const auto it = readings_.find(id); it != readings_.end()) {
    const std::shared_ptr<Reading> reading = it->second;
    runtime::Waiter waiter(shard_);
    reading->waiting.push_back(&waiter);
    co_await waiter.wait();
    if (reading->problem) co_return std::unexpected(*reading->problem);
    co_return core::Result<void>();
  }
  const auto reading = std::make_shared<Reading>();
  readings_[id] = reading;
  auto done = co_await read_and_seed(scope, id, std::move(epoch));
  if (!done) reading->problem = done.error();
  readings_.erase(id);
  for (runtime::Waiter* waiter : reading->waiting) waiter->notify();
  co_return done;
}

runtime::Task<core::Result<void>> Seeder::read_and_seed(const domain::LimitedScope& scope, std::string id,
                                                        std::string epoch) {
  auto* store = &store_;
  auto found = co_await runtime::offload(
      shard_.offload_pool(),
      [store, query = balance_query(scope, shard_.clock().wall())] { return store->usage().balance(query); });
  if (!found) {
    co_return core::fail(core::ErrorCode::control_state_unavailable, {},
                         "the balance of " + id + " could not be read: " + found.error().describe());
  }
  co_return co_await counters_.seed(std::move(id), std::move(*found), std::move(epoch));
}

}  // namespace relayna::ledger
