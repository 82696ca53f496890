// What admission and settlement cost: in memory, and of redis-server's CPU by its own account (INFO
// commandstats).
//   counters_bench [requests]       starts a redis-server of its own

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "relayna/counters/implementations.hpp"
#include "relayna/net/connector.hpp"

#include "support/loop.hpp"
#include "support/redis_server.hpp"

namespace {

using namespace relayna;

counters::AdmitRequest request_of(std::uint64_t number) {
  counters::AdmitRequest request{
      .request_id = "00000000-0000-7000-8000-" + std::to_string(100'000'000'000 + number),
      .amounts = {.tokens = 1'000, .cost_nanos = 2'500'000},
      .memo = std::string(300, 'm')};
  for (const auto* kind : {"key:", "team:", "global"}) {
    counters::Scope scope{.id = kind + (kind[0] == 'g' ? "" : std::to_string(number % 100))};
    scope.limits.set(domain::LimitKind::requests_per_minute, 1'000'000'000);
    scope.limits.set(domain::LimitKind::tokens_per_minute, 1'000'000'000'000);
    scope.limits.set(domain::LimitKind::concurrent_requests, 1'000'000);
    scope.limits.set(domain::LimitKind::usd_per_month, 900'000'000'000);
    request.scopes.push_back(std::move(scope));
  }
  return request;
}

runtime::Task<void> one(counters::Counters* counters, std::uint64_t number) {
  const auto request = request_of(number);
  auto admission = co_await counters->admit(request);
  while (admission && admission->outcome == counters::Outcome::unseeded) {
    for (const auto i : admission->unseeded)
      co_await counters->seed(request.scopes[i].id, {.snapshot = "1:1:"}, {});
    admission = co_await counters->admit(request);
  }
  if (!admission || admission->outcome != counters::Outcome::admitted) std::abort();
  if (!co_await counters->settle(request.request_id, {.tokens = 800, .cost_nanos = 2'000'000})) std::abort();
}

runtime::Task<void> lane(counters::Counters* counters, std::uint64_t from, std::uint64_t to) {
  for (auto number = from; number < to; ++number) co_await one(counters, number);
}

void play(test::Loop& loop, counters::Counters& counters, std::uint64_t requests, std::uint64_t at_once) {
  runtime::TaskGroup lanes(loop.shard.executor());
  for (std::uint64_t i = 0; i < at_once; ++i)
    lanes.spawn(lane(&counters, i * requests / at_once, (i + 1) * requests / at_once));
  while (lanes.size() > 0) loop.shard.io().run_one();
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t requests = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
  test::Loop loop;
  {
    const auto counters = counters::make_memory_counters();
    const auto begun = std::chrono::steady_clock::now();
    play(loop, *counters, requests, 1);
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begun;
    std::printf("memory: %.2f us per admit + settle of 3 scopes with 4 limits each\n",
                took.count() / static_cast<double>(requests));
  }
  test::RedisServer server;
  server.start();
  net::Connector connector(loop.shard, {});
  counters::RedisLink link(
      loop.shard, connector, *counters::RedisAddress::parse(server.url()),
      {.command_timeout = std::chrono::seconds(10), .give_up = std::chrono::seconds(20)});
  link.start();
  if (!loop.until([&] { return link.connected(); })) return 1;
  const auto counters = counters::make_redis_counters(loop.shard, link, {.replica = "bench"});
  for (const std::uint64_t at_once : {1, 32}) {
    loop.run(link.command({"FLUSHALL"}));
    play(loop, *counters, 200, 1);
    loop.run(link.command({"CONFIG", "RESETSTAT"}));
    const auto cpu = [&] {
      const auto text = loop.run(link.command({"INFO", "cpu"}))->text;
      const auto field = [&](const char* name) {
        return std::atof(text.c_str() + text.find(name) + std::string_view(name).size());
      };
      return field("used_cpu_user:") + field("used_cpu_sys:");
    };
    const auto before = cpu();
    const auto begun = std::chrono::steady_clock::now();
    play(loop, *counters, requests, at_once);
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begun;
    std::printf("redis, %2d at once: %.1f us of redis-server's CPU, %.1f us of time per admit + settle\n",
                static_cast<int>(at_once), (cpu() - before) * 1e6 / static_cast<double>(requests),
                took.count() / static_cast<double>(requests));
    const auto stats = loop.run(link.command({"INFO", "commandstats"}))->text;
    for (std::size_t at = 0; (at = stats.find("cmdstat_", at)) != std::string::npos; ++at) {
      const auto line = stats.substr(at + 8, stats.find("\r\n", at) - at - 8);
      if (line.starts_with("evalsha") || line.starts_with("h")) std::printf("  %s\n", line.c_str());
    }
  }
  loop.run(link.stop());
  return 0;
}
