#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "relayna/ledger/ledger.hpp"

#include "fake_counters.hpp"
#include "fake_store.hpp"
#include "spool_fixture.hpp"
#include "support/loop.hpp"

namespace relayna::ledger::test {

/// A ledger between counters in memory and a fake store. Time passes only in `until`.
class LedgerTest : public SpoolTest {
 protected:
  using Kind = domain::LimitKind;

  void open(LimiterFailure failure = LimiterFailure::closed, std::size_t replicas = 1) {
    ASSERT_NO_FATAL_FAILURE(open_folder());
    sink.emplace(loop.shard, store, metrics,
                 UsageSink::Settings{.batch_size = 1, .drain = std::chrono::milliseconds(0)}, folder.get());
    if (failure == LimiterFailure::local) fallback = counters::make_memory_counters(clock);
    ledger.emplace(Ledger::Parts{.shard = loop.shard,
                                 .store = store,
                                 .counters = shared,
                                 .fallback = fallback.get(),
                                 .usage = *sink,
                                 .metrics = metrics},
                   Ledger::Settings{.replicas = [replicas] { return replicas; }});
  }
  /// From here on events are delivered, and the books looked after.
  void keep_books() {
    tasks.spawn(sink->run(&stop_sink));
    tasks.spawn(ledger->run(&stop));
  }
  void TearDown() override {
    if (!ledger) return;
    end();
    ledger.reset();
    sink.reset();
    EXPECT_TRUE(loop.bugs.empty()) << loop.bugs.front();
  }
  /// As a process does: the sink after the ledger.
  void end() {
    if (tasks.size() == 0) keep_books();  // which also lets settlements end
    stop.request_stop();
    EXPECT_TRUE(until([&] { return tasks.size() <= 1; }));  // the sink too, when it was stopped before
    stop_sink.request_stop();
    EXPECT_TRUE(until([&] { return tasks.size() == 0; }));
  }
  /// The loop goes on, and so does the clock.
  bool until(const std::function<bool()>& done) {
    return loop.until([&] {
      if (done()) return true;
      clock.advance(std::chrono::milliseconds(100));
      loop.shard.sweep().sweep(clock.now());
      return done();
    });
  }
  /// Everything that can happen without time passing has happened.
  void settle_down() {
    while (loop.shard.io().poll() > 0) {
    }
  }

  static domain::LimitedScope key(Kind kind, std::int64_t limit) {
    domain::LimitedScope scope{
        .scope = domain::LimitScope::key, .target = {.key_id = "k"}, .hard = {}, .soft = {}};
    scope.hard.set(kind, limit);
    return scope;
  }
  static Demand demand(const domain::LimitedScope& scope,
                       counters::Amounts amounts = {.tokens = 10, .cost_nanos = 100}) {
    return {.scopes = {scope}, .amounts = amounts};
  }
  static domain::UsageEvent draft(std::uint32_t n) {
    domain::UsageEvent event = sample_intent(n).event;
    event.key_id.clear();
    return event;
  }
  static domain::UsageEvent finished(std::uint32_t n, counters::Amounts used) {
    domain::UsageEvent event = draft(n);
    event.status_code = 200;
    event.total_tokens = used.tokens;
    event.cost_nanos = used.cost_nanos;
    event.usage_source = "reported";
    return event;
  }
  static void end_with(Reservation& held, domain::UsageEvent event, counters::Amounts used) {
    held.event() = std::move(event);
    held.settle(used);
  }
  Ledger::Admitted admit(std::uint32_t n, Demand wanted) {
    return loop.run(ledger->admit(std::move(wanted), draft(n)));
  }
  /// What `of` (the shared counters) say was used of a scope.
  std::int64_t used(const domain::LimitedScope& scope, Kind kind, counters::Counters* of = nullptr) {
    if (of == nullptr) of = &shared;
    counters::AdmitRequest question{.request_id = id_of(999'999),
                                    .scopes = {{.id = scope.id(), .limits = scope.hard}}};
    auto& limits = question.scopes[0].limits;
    limits.set(kind, 0);  // what is not limited is not told
    for (auto& most : limits.most) {
      if (most != domain::kUnlimited) most = std::int64_t{1} << 59;
    }
    const auto answer = loop.run(of->admit(std::move(question)));
    if (!answer || answer->outcome != counters::Outcome::admitted) return -1;
    EXPECT_TRUE(loop.run(of->release(id_of(999'999))));
    const bool itself = kind == Kind::requests_per_minute || kind == Kind::requests_per_day ||
                        kind == Kind::concurrent_requests;
    return answer->standings[0].used[static_cast<std::size_t>(kind)] - (itself ? 1 : 0);
  }
  bool metric(const std::string& line) const { return metrics.expose().contains(line + "\n"); }

  FakeStore store;
  telemetry::Metrics metrics;
  relayna::test::Loop loop{clock};
  FakeCounters shared{loop.shard, clock};
  std::shared_ptr<counters::Counters> fallback;
  std::optional<UsageSink> sink;
  std::optional<Ledger> ledger;
  runtime::StopSource stop, stop_sink;
  runtime::TaskGroup tasks{loop.shard.executor()};
};

}  // namespace relayna::ledger::test
