#include <chrono>
#include <cstdlib>

#include "contract/counters/schedules.hpp"

namespace relayna::test {
namespace {

constexpr std::uint64_t kMemorySchedules = 100'000;
constexpr std::uint64_t kLanes = 64;

/// About 80 s on two busy cores; RELAYNA_SCHEDULES asks for another number.
std::uint64_t redis_schedules() {
  const char* asked = std::getenv("RELAYNA_SCHEDULES");
  return asked == nullptr ? 100'000 : std::strtoull(asked, nullptr, 10);
}

/// A schedule that differs is played again with its log.
runtime::Task<std::string> play_in_memory(std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t number = from; number < to; ++number) {
    for (const bool keep_log : {false, true}) {
      WallClock clock;
      const auto counters = counters::make_memory_counters(clock);
      auto failure = co_await play_schedule({*counters, nullptr, clock, "memory"}, number, keep_log);
      if (failure.empty()) break;
      if (keep_log) co_return failure;
    }
  }
  co_return std::string();
}

TEST(CountersProperty, RandomSchedulesInMemoryAgreeWithTheModel) {
  Loop loop;
  // In pieces: the loop gives up what takes long.
  for (std::uint64_t number = 0; number < kMemorySchedules; number += 1'000)
    ASSERT_EQ(loop.run(play_in_memory(number, number + 1'000)), "");
}

/// Every `kLanes`-th schedule, one after the other, as replica `name`.
runtime::Task<void> play_lane(runtime::Shard* shard, counters::RedisLink* link, std::string prefix,
                              std::uint64_t lane, std::string* failure) {
  WallClock clock;
  for (std::uint64_t number = lane; number < redis_schedules() && failure->empty(); number += kLanes) {
    for (const bool keep_log : {false, true}) {
      const auto name = std::to_string(number) + (keep_log ? "again" : "");
      const auto counters =
          counters::make_redis_counters(*shard, *link, {.replica = name, .prefix = prefix, .clock = &clock});
      const auto rescuer = counters::make_redis_counters(
          *shard, *link, {.replica = "rescuer", .prefix = prefix, .clock = &clock});
      auto found = co_await play_schedule({*counters, rescuer.get(), clock, name}, number, keep_log);
      if (found.empty()) break;
      if (keep_log) *failure = std::move(found);
    }
  }
}

TEST(CountersProperty, RandomSchedulesInRedisAgreeWithTheModel) {
  Loop loop;
  RedisClient client(loop);
  const auto prefix = new_prefix();
  std::string failure;
  const auto begun = std::chrono::steady_clock::now();
  {
    runtime::TaskGroup lanes(loop.shard.executor());
    for (std::uint64_t lane = 0; lane < kLanes; ++lane)
      lanes.spawn(play_lane(&loop.shard, &client.link(), prefix, lane, &failure));
    while (lanes.size() > 0) loop.shard.io().run_one();
  }
  EXPECT_EQ(failure, "");
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  RecordProperty("seconds", std::to_string(took.count()));
  client.command({"FLUSHALL"});
}

}  // namespace
}  // namespace relayna::test
