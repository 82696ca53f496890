// What it costs to write down what requests used: the spool's calls, and a batch in each store.
//   usage_bench [requests]          starts a PostgreSQL server of its own

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <sys/resource.h>

#include "relayna/core/ids.hpp"
#include "relayna/store/store.hpp"

#include "ledger/spool/spool.hpp"
#include "support/postgres_server.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace relayna;

double cpu_us() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto us = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec);
  };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

/// Prints microseconds of time and of this process's CPU per operation.
template <class F>
void measure(const char* what, std::size_t operations, F work) {
  const double cpu = cpu_us();
  const auto began = std::chrono::steady_clock::now();
  work();
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - began;
  std::printf("%-44s %7.2f us  %7.2f us CPU\n", what, took.count() / static_cast<double>(operations),
              (cpu_us() - cpu) / static_cast<double>(operations));
}

ledger::Intent intent_of(core::IdGenerator& ids) {
  ledger::Intent intent;
  auto& event = intent.event;
  event.request_id = ids.uuid7().str();
  event.correlation_id = event.request_id;
  event.key_id = "0192f0c1-0000-7000-8000-000000000001";
  event.project_id = "0192f0c1-0000-7000-8000-000000000002";
  event.team_id = "0192f0c1-0000-7000-8000-000000000003";
  event.route = "/v1/chat/completions";
  event.model = "gpt-4o-mini";
  event.provider = "litellm";
  event.end_user = "user-1";
  event.http_method = "POST";
  event.endpoint_path = "/v1/chat/completions";
  event.trace_id = "0af7651916cd43dd8448eb211c80319c";
  event.created_at = core::real_clock().wall();
  intent.scopes = {"key:" + event.key_id, "project:" + event.project_id, "team:" + event.team_id, "global"};
  intent.reserved = {.tokens = 4'196, .cost_nanos = 42'000'000};
  intent.admitted_at = event.created_at;
  intent.epoch = "0192f0c1-0000-7000-8000-000000000009";
  return intent;
}

ledger::SettledEvent settled_of(const ledger::Intent& intent) {
  ledger::SettledEvent settled{.event = intent.event,
                               .scopes = intent.scopes,
                               .amounts = {.tokens = 77, .cost_nanos = 1'234},
                               .admitted_at = intent.admitted_at,
                               .epoch = intent.epoch,
                               .counted = true};
  settled.event.status_code = 200;
  settled.event.latency_ms = 812;
  settled.event.input_tokens = 50;
  settled.event.output_tokens = 27;
  settled.event.total_tokens = 77;
  settled.event.cost_nanos = 1'234;
  settled.event.cost_source = "catalog";
  settled.event.usage_source = "reported";
  settled.event.upstream_attempts = 1;
  return settled;
}

/// Requests that end as they come, `at_once` in each turn of the loop, delivered 512 at a time.
void spool(std::size_t requests, std::size_t at_once) {
  test::TempDir dir;
  auto folder = ledger::SpoolFolder::open(dir.path(""), {});
  if (!folder) std::abort();
  core::IdGenerator ids;
  std::vector<ledger::Intent> intents;
  std::vector<ledger::SettledEvent> events;
  for (std::size_t i = 0; i < requests; ++i) {
    intents.push_back(intent_of(ids));
    events.push_back(settled_of(intents.back()));
  }
  ledger::Spool spool(**folder, 0, core::real_clock());
  std::vector<ledger::Spool::Mark> marks;
  const std::string name = "intent + event, " + std::to_string(at_once) + " in a turn";
  measure(name.c_str(), requests, [&] {
    for (std::size_t i = 0; i + at_once <= requests; i += at_once) {
      for (std::size_t k = i; k < i + at_once; ++k) {
        if (!spool.intent(intents[k])) std::abort();
      }
      for (std::size_t k = i; k < i + at_once; ++k) {
        const auto place = spool.settled(events[k]);
        marks.push_back({.id = *core::Uuid::parse(events[k].event.request_id), .segment = place->segment});
      }
      spool.flush();
      if (marks.size() >= 512) {
        spool.delivered(marks);
        marks.clear();
      }
    }
  });
}

void inserts(store::Store& store, const char* name, std::size_t requests) {
  if (!store.migrations().apply()) std::abort();
  core::IdGenerator ids;
  std::vector<domain::UsageEvent> batch;
  double total = 0;
  for (std::size_t done = 0; done < requests; done += batch.size()) {
    batch.clear();
    for (std::size_t i = 0; i < 512; ++i) {
      auto event = settled_of(intent_of(ids)).event;
      // A hundred keys, as many rows of the day.
      event.key_id.replace(34, 2, std::to_string(10 + i % 90));
      batch.push_back(std::move(event));
    }
    const auto began = std::chrono::steady_clock::now();
    if (!store.usage().insert(batch)) std::abort();
    total += std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began).count();
  }
  std::printf("%-44s %7.2f us\n", name, total / static_cast<double>(requests));
  store::BalanceQuery query{.key_id = batch.front().key_id, .at = core::real_clock().wall()};
  measure("  a key's balance", 1'000, [&] {
    for (int i = 0; i < 1'000; ++i) {
      if (!store.usage().balance(query)) std::abort();
    }
  });
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t requests = argc > 1 ? std::stoul(argv[1]) : 102'400;
  spool(requests, 1);
  spool(requests, 32);
  {
    test::TempDir dir;
    auto store = store::make_sqlite_store({.path = dir.path("gateway.db")});
    inserts(**store, "SQLite, a row of a batch of 512", requests);
  }
  test::FreshDatabase database;
  auto store = store::make_postgres_store({.url = database.url()});
  inserts(**store, "PostgreSQL, a row of a batch of 512", requests);
}
