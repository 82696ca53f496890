// Many at once: limits hold whoever asks, on however many shards and connections.

#include <atomic>
#include <thread>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "contract/counters/backend.hpp"

namespace relayna::test {
namespace {

using counters::Counters;
using counters::Outcome;
using counters::Scope;
using domain::LimitKind;

constexpr int kShards = 4;
constexpr int kTasks = 8;
constexpr int kRequests = 60;
constexpr std::int64_t kAtOnce = 5;
constexpr std::int64_t kBudget = 1'000;

struct Tally {
  std::atomic<std::int64_t> inside{0};
  std::atomic<std::int64_t> most{0};
  std::atomic<std::int64_t> spent{0};
  std::atomic<std::int64_t> failed{0};
};

std::vector<Scope> scopes(int task) {
  Scope everybody{.id = "everybody"};
  everybody.limits.set(LimitKind::concurrent_requests, kAtOnce);
  everybody.limits.set(LimitKind::usd_total, kBudget);
  Scope one{.id = "one:" + std::to_string(task)};
  one.limits.set(LimitKind::requests_per_minute, 1'000'000);
  return {one, everybody};
}

/// Each request reserves 10 and uses 4 to 10.
runtime::Task<void> visit(Counters* counters, std::string name, int task, Tally* tally) {
  for (int i = 0; i < kRequests; ++i) {
    const auto id = name + ":" + std::to_string(i);
    auto admission =
        co_await counters->admit({.request_id = id, .scopes = scopes(task), .amounts = {.cost_nanos = 10}});
    if (admission && admission->outcome == Outcome::unseeded) {
      co_await counters->seed("everybody", {.snapshot = "1:1:"}, {});
      admission =
          co_await counters->admit({.request_id = id, .scopes = scopes(task), .amounts = {.cost_nanos = 10}});
    }
    if (!admission) ++tally->failed;
    if (!admission || admission->outcome != Outcome::admitted) continue;
    const auto inside = ++tally->inside;
    for (auto most = tally->most.load(); most < inside && !tally->most.compare_exchange_weak(most, inside);) {
    }
    const std::int64_t used = 4 + (task + i) % 7;
    // Memory answers at once; the others of this shard come in between.
    co_await boost::asio::post(co_await boost::asio::this_coro::executor, runtime::use_task);
    --tally->inside;
    tally->spent += used;
    if (!co_await counters->settle(id, {.cost_nanos = used})) ++tally->failed;
  }
}

void run_shard(int shard, Counters* shared, const std::string& prefix, Tally* tally) {
  Loop loop;
  std::optional<RedisClient> client;
  std::shared_ptr<Counters> own;
  if (shared == nullptr) {
    client.emplace(loop);
    own = counters::make_redis_counters(loop.shard, client->link(),
                                        {.replica = "r" + std::to_string(shard % 2), .prefix = prefix});
    shared = own.get();
  }
  runtime::TaskGroup tasks(loop.shard.executor());
  for (int task = 0; task < kTasks; ++task)
    tasks.spawn(visit(shared, std::to_string(shard) + ":" + std::to_string(task), task, tally));
  while (tasks.size() > 0) loop.shard.io().run_one();
}

void crowd(Counters* shared) {
  Tally tally;
  const auto prefix = new_prefix();
  std::vector<std::jthread> threads;
  for (int shard = 0; shard < kShards; ++shard)
    threads.emplace_back(run_shard, shard, shared, prefix, &tally);
  threads.clear();
  EXPECT_EQ(tally.failed, 0);
  EXPECT_LE(tally.most, kAtOnce);
  EXPECT_GE(tally.most, 2) << "they did not meet";
  EXPECT_LE(tally.spent, kBudget);
  EXPECT_GT(tally.spent, kBudget - 10) << "refused although there was room";
}

TEST(CountersCrowd, HoldsLimitsAcrossShardsInMemory) {
  const auto counters = counters::make_memory_counters();
  crowd(counters.get());
}

TEST(CountersCrowd, HoldsLimitsAcrossConnectionsInRedis) {
  redis_server();
  crowd(nullptr);
}

}  // namespace
}  // namespace relayna::test
