#pragma once

#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "relayna/core/crypto.hpp"

#include "pipeline/exchange.hpp"
#include "pipeline/probe.hpp"
#include "support/loop.hpp"
#include "unit/ledger/fake_counters.hpp"
#include "unit/ledger/fake_store.hpp"

namespace relayna::pipeline::test {

inline constexpr const char* kNoPrices =
    R"({"updated":"2026-11-20","unit":"USD per million tokens","lists":[]})";

/// Exchanges of a pipeline that has no upstream and no key store: what they do by themselves.
class ExchangeTest : public testing::Test {
 protected:
  ExchangeTest() {
    auto known = std::make_shared<catalog::Snapshot>();
    domain::Provider provider;
    provider.name = "acme";
    known->providers.push_back(provider);
    provider.name = "gratis";
    known->providers.push_back(provider);
    domain::PriceOverride price;
    price.price = {
        .provider = "acme",
        .model = "m-1",
        .rates = {.input = core::Money::nanos(1'000'000'000), .output = core::Money::nanos(2'000'000'000)}};
    known->prices = domain::PriceCatalog::from_json(kNoPrices, {price}).value();
    snapshot = std::move(known);
    auto record = std::make_shared<identity::CachedKey>();
    record->key.id = "0a000000-0000-7000-8000-000000000001";
    record->key.project_id = "0a000000-0000-7000-8000-000000000002";
    key = std::move(record);
  }

  /// Lets the ledger tell the counters what was settled, and the sink end.
  void TearDown() override {
    stop_sink.request_stop();
    EXPECT_TRUE(loop.until([&] {
      pass_time();
      return tasks.size() == 0;
    }));
    while (loop.shard.io().poll() > 0) {
    }
  }
  void pass_time() {
    clock.advance(std::chrono::milliseconds(100));
    loop.shard.sweep().sweep(clock.now());
  }
  /// The only event that reaches the store; fails when there is none.
  domain::UsageEvent stored() {
    tasks.spawn(sink.run(&stop_sink));
    EXPECT_TRUE(loop.until([&] {
      pass_time();
      return store.size() > 0;
    }));
    const auto events = store.events();
    EXPECT_EQ(events.size(), 1U);
    return events.empty() ? domain::UsageEvent{} : events.begin()->second;
  }

  static http::Request request() {
    http::Request out;
    out.head.method = "POST";
    out.head.target = "/v1/chat/completions";
    out.body = http::empty_body();
    return out;
  }
  std::unique_ptr<Exchange> exchange(http::Request incoming) {
    incoming.received = clock.now();
    return std::make_unique<Exchange>(parts, probe, prices, std::move(incoming));
  }
  std::unique_ptr<Exchange> exchange() { return exchange(request()); }
  /// One that acme has answered.
  std::unique_ptr<Exchange> answered(std::string_view path = "/v1/chat/completions") {
    auto x = exchange();
    x->match = match_route("POST", path, path).value();
    x->snapshot = snapshot;
    x->provider = "acme";
    x->model = "m-1";
    x->status = 200;
    x->answered_by_upstream = true;
    x->attempts.made = 1;
    x->estimate = {.input = 50, .output = 400};
    return x;
  }

  /// Gives it a reservation under one generous limit of its key.
  void hold(Exchange& x, domain::LimitKind kind, counters::Amounts amounts, std::int64_t limit = 1'000'000) {
    domain::LimitedScope scope{
        .scope = domain::LimitScope::key, .target = {.key_id = "k"}, .hard = {}, .soft = {}};
    scope.hard.set(kind, limit);
    x.key = key;
    auto held = loop.run(books.admit({.scopes = {scope}, .amounts = amounts}, x.event()));
    ASSERT_TRUE(held);
    x.reservation = std::move(*held);
  }

  core::FakeClock clock;
  telemetry::Metrics metrics;
  relayna::test::Loop loop{clock};
  ledger::test::FakeStore store;
  ledger::test::FakeCounters limits{loop.shard, clock};
  ledger::UsageSink sink{
      loop.shard, store, metrics, {.batch_size = 1, .drain = std::chrono::milliseconds(0)}};
  ledger::Ledger books{{.shard = loop.shard,
                        .store = store,
                        .counters = limits,
                        .fallback = nullptr,
                        .usage = sink,
                        .metrics = metrics},
                       {}};
  catalog::View view;
  catalog::SnapshotPtr snapshot;
  std::shared_ptr<const identity::CachedKey> key;
  identity::KeyCache keys{
      loop.shard, [](const core::Digest&) { return core::Result<std::optional<domain::VirtualKey>>(); }};
  core::Hmac hasher{"pepper"};
  net::Connector connector{loop.shard, {}};
  http::Client client{loop.shard, connector, {}};
  upstream::Dispatcher dispatcher{loop.shard, client, metrics};
  upstream::ModelDirectory models{loop.shard, client};
  telemetry::AccessLog access_log;
  BodyAdmission admission{10, 1'000};
  runtime::TaskGroup drains{loop.shard.executor()};
  runtime::StopSource stop_drains, stop_sink;
  runtime::TaskGroup tasks{loop.shard.executor()};
  RequestFeed feed{1, 8};
  Parts parts{.shard = loop.shard,
              .catalog = view,
              .keys = keys,
              .hasher = hasher,
              .upstream = dispatcher,
              .models = models,
              .ledger = books,
              .access_log = access_log,
              .metrics = metrics,
              .admission = admission,
              .drains = drains,
              .stop_drains = stop_drains,
              .finished = feed.ring(0)};
  Probe probe{metrics};
  PriceMemo prices;
};

}  // namespace relayna::pipeline::test
