#include "relayna/ledger/usage_sink.hpp"

#include <fstream>
#include <iterator>

#include "fake_store.hpp"
#include "spool_fixture.hpp"
#include "support/loop.hpp"

namespace relayna::ledger::test {
namespace {

class UsageSinkTest : public SpoolTest, public DeliveryObserver {
 protected:
  /// A process's life. `kill` ends it without a word, `stop` in order.
  struct Life {
    Life(UsageSinkTest& test, UsageSink::Settings settings, SpoolFolder* folder)
        : loop(test.clock), sink(loop.shard, test.store, test.metrics, settings, folder) {
      sink.observe(&test);
      tasks.spawn(sink.run(&stop));
    }
    relayna::test::Loop loop;
    runtime::StopSource stop;
    UsageSink sink;
    runtime::TaskGroup tasks{loop.shard.executor()};
  };
  static UsageSink::Settings quick() { return {.batch_size = 8, .in_memory = 20, .max_waiting = 50}; }
  Life& live(UsageSink::Settings settings, bool with_folder = true) {
    if (with_folder) open_folder();
    lives.push_back(std::make_unique<Life>(*this, settings, folder.get()));
    return *lives.back();
  }
  /// The loop goes on, and so does the clock.
  bool until(Life& life, const std::function<bool()>& done) {
    return life.loop.until([&] {
      clock.advance(std::chrono::milliseconds(100));
      life.loop.shard.sweep().sweep(clock.now());  // or each sleep would last until the next real one
      return done();
    });
  }
  void end(Life& life) {
    life.stop.request_stop();
    ASSERT_TRUE(until(life, [&] { return life.tasks.size() == 0; }));
  }
  /// The end of a turn of the loop.
  void turn(Life& life) { life.loop.shard.io().poll(); }
  /// The only life ends, and its files are as kill -9 would have left them.
  void kill() {
    std::filesystem::copy(dir.path("spool"), dir.path("as_it_was"));
    const bool was_away = store.away.exchange(true);
    end(*lives.back());
    store.away = was_away;
    lives.clear();
    std::filesystem::remove_all(dir.path("spool"));
    std::filesystem::rename(dir.path("as_it_was"), dir.path("spool"));
  }

  runtime::Task<void> delivered(std::vector<StoredEvent> events) override {
    for (auto& event : events) told.push_back(std::move(event));
    co_return;
  }
  bool metric(const std::string& line) const { return metrics.expose().contains(line + "\n"); }

  FakeStore store;
  telemetry::Metrics metrics;
  std::vector<StoredEvent> told;
  std::vector<std::unique_ptr<Life>> lives;
};

TEST_F(UsageSinkTest, WhatEndsIsStoredAndToldAndForgotten) {
  Life& life = live(quick());
  for (std::uint32_t n = 1; n <= 20; ++n) {
    ASSERT_TRUE(life.sink.intend_at_once(sample_intent(n)));
    life.sink.record(sample_settled(n));
  }
  EXPECT_EQ(life.sink.waiting(), 20U);
  ASSERT_TRUE(until(life, [&] { return store.size() == 20 && life.sink.waiting() == 0; }));
  EXPECT_LE(store.largest_batch, 8U);
  end(life);
  ASSERT_EQ(told.size(), 20U);
  EXPECT_EQ(bytes_of(told[0].settled), bytes_of(sample_settled(1)));
  EXPECT_EQ(told[0].stamp, 101U);
  EXPECT_EQ(told[19].stamp, 103U);
  EXPECT_TRUE(files().empty());
  EXPECT_TRUE(metric("gateway_usage_events_written_total 20"));
  EXPECT_TRUE(metric("gateway_usage_delivery_lag_seconds_count 20"));
  EXPECT_TRUE(metric("gateway_usage_spool_records{shard=\"0\"} 0"));
  EXPECT_TRUE(metric("gateway_usage_open_intents{shard=\"0\"} 0"));
}

TEST_F(UsageSinkTest, AnIntentIsOnDiskWhenItsTimeHasCome) {
  Life& life = live(quick());
  EXPECT_TRUE(life.loop.run(life.sink.intend(sample_intent(1))));
  EXPECT_EQ(replay().interrupted, ids({1}));
  life.sink.record(sample_settled(1));
  ASSERT_TRUE(until(life, [&] { return store.size() == 1; }));
  end(life);
}

TEST_F(UsageSinkTest, AnIntentThatCannotBeWrittenIsCounted) {
  Life& life = live(quick());
  std::filesystem::remove_all(dir.path("spool"));
  EXPECT_FALSE(life.loop.run(life.sink.intend(sample_intent(1))));
  EXPECT_TRUE(metric("gateway_usage_spool_failures_total 1"));
  end(life);
}

TEST_F(UsageSinkTest, WorksWithoutASpool) {
  Life& life = live(quick(), false);
  ASSERT_TRUE(life.sink.intend_at_once(sample_intent(1)));
  life.sink.record(sample_settled(1));
  life.sink.record(sample_settled(2).event);
  ASSERT_TRUE(until(life, [&] { return store.size() == 2; }));
  end(life);
}

TEST_F(UsageSinkTest, ALostAnswerIsAskedForAgain) {
  Life& life = live(quick());
  store.lose_answers = 2;
  for (std::uint32_t n = 1; n <= 3; ++n) life.sink.record(sample_settled(n));
  ASSERT_TRUE(until(life, [&] { return told.size() == 3; }));
  EXPECT_EQ(store.calls, 3);
  EXPECT_EQ(told[0].stamp, 101U) << "of the transaction that stored it, not of the last";
  EXPECT_TRUE(metric("gateway_usage_write_failures_total 2"));
  end(life);
}

TEST_F(UsageSinkTest, WhileTheStoreIsAwayTheSpoolHoldsWhatMemoryDoesNot) {
  Life& life = live(quick());
  store.away = true;
  for (std::uint32_t n = 1; n <= 300; ++n) {
    ASSERT_TRUE(life.sink.intend_at_once(sample_intent(n)));
    life.sink.record(sample_settled(n));
    if (n % 50 == 0) turn(life);
  }
  ASSERT_TRUE(until(life, [&] { return store.calls >= 3; }));
  EXPECT_EQ(life.sink.waiting(), 300U);
  store.away = false;
  std::uint32_t later = 300;  // and it goes on meanwhile
  ASSERT_TRUE(until(life, [&] {
    if (later < 400) {
      life.sink.record(sample_settled(++later));
      life.sink.record(sample_settled(++later));
    }
    return store.size() == 400 && life.sink.waiting() == 0;
  }));
  EXPECT_EQ(told.size(), 400U) << "each once";
  end(life);
  EXPECT_TRUE(files().empty());
}

TEST_F(UsageSinkTest, AfterAKillTheNextProcessDeliversWhatWasLeft) {
  {
    Life& killed = live(quick());
    store.away = true;
    for (std::uint32_t n = 1; n <= 120; ++n) {
      ASSERT_TRUE(killed.sink.intend_at_once(sample_intent(n)));
      if (n % 4 != 0) killed.sink.record(sample_settled(n));
    }
    turn(killed);
    ASSERT_TRUE(until(killed, [&] { return store.calls >= 1; }));
    kill();
  }
  store.away = false;
  Life& next = live(quick());
  ASSERT_TRUE(until(next, [&] { return store.size() == 120 && files().empty(); }));
  end(next);
  EXPECT_EQ(told.size(), 120U);
  for (std::uint32_t n = 1; n <= 120; ++n) {
    const auto event = store.events().at(id_of(n));
    EXPECT_EQ(event.usage_source, n % 4 == 0 ? "interrupted" : "reported");
    EXPECT_EQ(event.total_tokens, n % 4 == 0 ? 4'196 : 77);
  }
  EXPECT_TRUE(metric("gateway_usage_events_recovered_total{kind=\"event\"} 90"));
  EXPECT_TRUE(metric("gateway_usage_events_recovered_total{kind=\"interrupted\"} 30"));
}

TEST_F(UsageSinkTest, WhatAnEarlierProcessLeftIsKeptUntilItIsDelivered) {
  {
    Life& killed = live(quick());
    for (std::uint32_t n = 1; n <= 30; ++n) killed.sink.record(sample_settled(n));
    turn(killed);
    kill();
  }
  store.away = true;
  {
    Life& second = live(quick());
    ASSERT_TRUE(until(second, [&] { return store.calls >= 2; }));
    kill();
  }
  EXPECT_FALSE(files().empty());
  store.away = false;
  Life& third = live(quick());
  ASSERT_TRUE(until(third, [&] { return store.size() == 30 && files().empty(); }));
  end(third);
}

TEST_F(UsageSinkTest, ARowTheStoreRefusesIsPutAsideAndTheOthersGoOn) {
  store.refuses = [](const domain::UsageEvent& event) {
    return event.request_id == id_of(3) || event.request_id == id_of(6);
  };
  Life& life = live(quick());
  for (std::uint32_t n = 1; n <= 8; ++n) {
    ASSERT_TRUE(life.sink.intend_at_once(sample_intent(n)));
    life.sink.record(sample_settled(n));
  }
  ASSERT_TRUE(until(life, [&] { return store.size() == 6 && life.sink.waiting() == 0; }));
  end(life);
  EXPECT_TRUE(metric("gateway_usage_events_rejected_total 2"));
  EXPECT_TRUE(files().empty()) << "nobody tries them again";
  std::vector<std::string> aside;
  for (const auto& entry : std::filesystem::directory_iterator(dir.path("spool"))) {
    if (entry.path().filename().string().starts_with("rejected.")) aside.push_back(entry.path().string());
  }
  ASSERT_EQ(aside.size(), 1U);
  EXPECT_EQ(replay(aside).events, ids({3, 6})) << "they can be read";
}

TEST_F(UsageSinkTest, AnOutageInTheMiddleOfHalvingKeepsTheRest) {
  std::atomic<int> asked = 0;
  store.refuses = [&](const domain::UsageEvent& event) {
    if (event.request_id != id_of(5)) return false;
    if (++asked == 2) store.away = true;
    return true;
  };
  Life& life = live(quick());
  for (std::uint32_t n = 1; n <= 8; ++n) life.sink.record(sample_settled(n));
  ASSERT_TRUE(until(life, [&] { return store.away && metric("gateway_usage_write_failures_total 1"); }));
  store.away = false;
  ASSERT_TRUE(until(life, [&] { return store.size() == 7 && life.sink.waiting() == 0; }));
  EXPECT_EQ(told.size(), 7U);
  end(life);
}

TEST_F(UsageSinkTest, WithoutASpoolTheOldestAreDroppedInTheEnd) {
  Life& life = live(quick(), false);
  store.away = true;
  for (std::uint32_t n = 1; n <= 60; ++n) life.sink.record(sample_settled(n));
  EXPECT_EQ(life.sink.waiting(), 44U);
  store.away = false;
  ASSERT_TRUE(until(life, [&] { return store.size() == 44; }));
  EXPECT_FALSE(store.events().contains(id_of(16)));
  EXPECT_TRUE(store.events().contains(id_of(17)));
  EXPECT_TRUE(metric("gateway_usage_events_dropped_total 16"));
  end(life);
}

TEST_F(UsageSinkTest, AStoreThatStaysAwayDoesNotHoldUpTheEnd) {
  Life& life = live(quick());
  store.away = true;
  for (std::uint32_t n = 1; n <= 5; ++n) life.sink.record(sample_settled(n));
  end(life);
  EXPECT_EQ(replay().events, ids({1, 2, 3, 4, 5})) << "for the next start";
  EXPECT_TRUE(metric("gateway_usage_events_dropped_total 0"));
}

TEST_F(UsageSinkTest, AFullDiskIsCountedAndStopsNothing) {
  Life& life = live(quick());
  std::filesystem::remove_all(dir.path("spool"));
  EXPECT_FALSE(life.sink.intend_at_once(sample_intent(1)));
  life.sink.record(sample_settled(1));
  ASSERT_TRUE(until(life, [&] { return store.size() == 1; }));
  EXPECT_TRUE(metric("gateway_usage_spool_failures_total 2"));
  end(life);
}

}  // namespace
}  // namespace relayna::ledger::test
