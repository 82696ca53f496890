#include "relayna/identity/key_cache.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

namespace relayna::identity {
namespace {

using namespace std::chrono_literals;
using core::ErrorCode;

core::Digest digest(int n) {
  core::Digest d{};
  d[0] = static_cast<std::uint8_t>(n);
  d[31] = 1;
  return d;
}

domain::VirtualKey row(int n) {
  domain::VirtualKey key;
  key.id = "key-" + std::to_string(n);
  key.hash = digest(n);
  return key;
}

/// A store of keys that answers when it is told to. Called on pool threads.
class FakeStore {
 public:
  core::Result<std::optional<domain::VirtualKey>> operator()(const core::Digest& hash) {
    std::unique_lock lock(mutex_);
    ++asked_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
    if (throws_) throw std::runtime_error("a loader must not throw, but may");
    if (away_) return core::fail(ErrorCode::store_unavailable, {}, "connection refused");
    const auto it = rows_.find(hash);
    if (it == rows_.end()) return std::nullopt;
    return it->second;
  }
  void put(domain::VirtualKey key) {
    const std::lock_guard lock(mutex_);
    rows_[key.hash] = std::move(key);
  }
  void away(bool is) { set(away_, is); }
  void hold(bool is) { set(held_, is); }
  void throws(bool is) { set(throws_, is); }
  int asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  void wait_until_asked(int times) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return asked_ >= times; });
  }

 private:
  void set(bool& flag, bool to) {
    const std::lock_guard lock(mutex_);
    flag = to;
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<core::Digest, domain::VirtualKey> rows_;
  int asked_ = 0;
  bool away_ = false;
  bool held_ = false;
  bool throws_ = false;
};

class KeyCacheTest : public ::testing::Test {
 protected:
  KeyCacheTest() {
    store_.put(row(1));
    store_.put(row(2));
    rebuild({});
  }
  ~KeyCacheTest() override {
    store_.hold(false);
    settle();
  }

  void rebuild(const KeyCacheSettings& settings) {
    cache_ = std::make_unique<KeyCache>(
        shard_, [this](const core::Digest& hash) { return store_(hash); }, settings);
  }
  /// Runs the loop until every task has ended.
  void settle() {
    while (shard_.tasks().size() > 0) shard_.io().run_one_for(10s);
  }
  using Answer = std::optional<core::Result<CachedKeyPtr>>;
  static runtime::Task<void> ask(KeyCache* cache, core::Digest hash, runtime::StopSource* stop, Answer* out) {
    *out = co_await cache->authenticate(hash, stop);
  }
  void begin(int n, Answer& out, runtime::StopSource* stop = nullptr) {
    shard_.tasks().spawn(ask(cache_.get(), digest(n), stop, &out));
  }
  core::Result<CachedKeyPtr> authenticate(int n) {
    Answer answer;
    begin(n, answer);
    while (!answer) shard_.io().run_one_for(10s);
    return *answer;
  }
  static ErrorCode code(const core::Result<CachedKeyPtr>& r) {
    return r ? ErrorCode::count_ : r.error().code;
  }

  core::FakeClock clock_;
  runtime::OffloadPool pool_{2, "test"};
  runtime::Shard shard_{0, pool_, clock_};
  FakeStore store_;
  std::unique_ptr<KeyCache> cache_;
};

TEST_F(KeyCacheTest, AColdKeyIsLoadedThenFoundWithoutTheStore) {
  EXPECT_EQ(cache_->find_fresh(digest(1)), nullptr);
  const auto key = authenticate(1);
  ASSERT_TRUE(key);
  EXPECT_EQ((*key)->key.id, "key-1");
  EXPECT_EQ(cache_->find_fresh(digest(1)), *key);
  EXPECT_EQ(*authenticate(1), *key);
  EXPECT_EQ(store_.asked(), 1);
  const auto stats = cache_->stats();
  EXPECT_EQ(stats.misses, 1U);
  EXPECT_EQ(stats.hits, 2U);
  EXPECT_EQ(stats.loads, 1U);
  EXPECT_EQ(stats.entries, 1U);
}

TEST_F(KeyCacheTest, AnUnknownKeyIsInvalidAndRemembered) {
  EXPECT_EQ(code(authenticate(7)), ErrorCode::invalid_virtual_key);
  EXPECT_EQ(code(authenticate(7)), ErrorCode::invalid_virtual_key);
  EXPECT_EQ(store_.asked(), 1);
  EXPECT_EQ(cache_->find_fresh(digest(7)), nullptr);
  EXPECT_EQ(cache_->stats().negative_hits, 1U);
  store_.put(row(7));
  cache_->invalidate("key-7");
  EXPECT_TRUE(authenticate(7)) << "created a moment ago";
}

TEST_F(KeyCacheTest, ManyRequestsShareOneQuestion) {
  store_.hold(true);
  std::array<Answer, 20> answers;
  for (auto& a : answers) begin(1, a);
  Answer other;
  begin(2, other);
  while (shard_.io().poll_one() > 0) {
  }
  store_.wait_until_asked(2);
  store_.hold(false);
  settle();
  for (auto& a : answers) {
    ASSERT_TRUE(a && *a);
    EXPECT_EQ(**a, *answers.front().value());
  }
  EXPECT_TRUE(other && *other);
  EXPECT_EQ(store_.asked(), 2);
}

TEST_F(KeyCacheTest, RefreshesInTheBackgroundOnce) {
  authenticate(1).value();
  auto changed = row(1);
  changed.name = "renamed";
  store_.put(changed);
  clock_.advance(50s);
  store_.hold(true);
  for (int i = 0; i < 5; ++i) {
    const auto served = cache_->find_fresh(digest(1));
    ASSERT_NE(served, nullptr);
    EXPECT_EQ(served->key.name, "");
  }
  store_.hold(false);
  settle();
  EXPECT_EQ(store_.asked(), 2);
  EXPECT_EQ(cache_->find_fresh(digest(1))->key.name, "renamed");
  clock_.advance(44s);
  EXPECT_EQ(cache_->find_fresh(digest(1))->key.name, "renamed");
  EXPECT_EQ(store_.asked(), 2) << "the clock restarted";
}

TEST_F(KeyCacheTest, WarmKeysServeAndUnknownOnesGet503WhileTheStoreIsAway) {
  authenticate(1).value();
  store_.away(true);
  clock_.advance(61s);
  EXPECT_EQ(cache_->find_fresh(digest(1)), nullptr);
  EXPECT_TRUE(authenticate(1));
  const auto cold = authenticate(2);
  EXPECT_EQ(code(cold), ErrorCode::store_unavailable);
  EXPECT_EQ(cold.error().retry_after, 1s);
  clock_.advance(1h);
  EXPECT_NE(cache_->find_fresh(digest(1)), nullptr);
  settle();
  EXPECT_TRUE(cache_->stats().store_away);
  clock_.advance(5h);
  EXPECT_EQ(code(authenticate(1)), ErrorCode::store_unavailable) << "the hard grace is over";
  store_.away(false);
  clock_.advance(1s);
  EXPECT_TRUE(authenticate(2));
  EXPECT_TRUE(authenticate(1));
  EXPECT_FALSE(cache_->stats().store_away);
}

TEST_F(KeyCacheTest, StaleServiceEndsAtTheKeysOwnExpiry) {
  auto key = row(1);
  key.expires_at = clock_.wall() + 10min;
  store_.put(key);
  authenticate(1).value();
  store_.away(true);
  clock_.advance(9min);
  auto served = authenticate(1);
  ASSERT_TRUE(served);
  EXPECT_TRUE(check_usable(**served, clock_.wall()));
  clock_.advance(1min);
  served = authenticate(1);
  ASSERT_TRUE(served);
  EXPECT_EQ(check_usable(**served, clock_.wall()).error().code, ErrorCode::expired_virtual_key);
}

TEST_F(KeyCacheTest, ARevocationIsInForceAfterItsNotice) {
  authenticate(1).value();
  auto revoked = row(1);
  revoked.revoked_at = clock_.wall();
  store_.put(revoked);
  EXPECT_FALSE(cache_->find_fresh(digest(1))->key.revoked_at) << "nobody told us";
  cache_->invalidate("key-1");
  EXPECT_EQ(cache_->find_fresh(digest(1)), nullptr);
  const auto key = authenticate(1);
  ASSERT_TRUE(key);
  EXPECT_EQ(check_usable(**key, clock_.wall()).error().code, ErrorCode::revoked_virtual_key);
}

TEST_F(KeyCacheTest, ALateAnswerDoesNotUndoAnInvalidation) {
  store_.hold(true);
  Answer answer;
  begin(1, answer);
  while (shard_.io().poll_one() > 0) {
  }
  store_.wait_until_asked(1);
  cache_->invalidate_all();
  store_.hold(false);
  settle();
  EXPECT_EQ(store_.asked(), 2) << "asked again after the change";
  EXPECT_TRUE(answer && *answer);
}

TEST_F(KeyCacheTest, AClientThatLeftStopsWaitingAndTheLoadGoesOn) {
  store_.hold(true);
  runtime::StopSource stop;
  Answer answer;
  begin(1, answer, &stop);
  while (shard_.io().poll_one() > 0) {
  }
  store_.wait_until_asked(1);
  stop.request_stop();
  while (!answer) shard_.io().run_one_for(10s);
  EXPECT_EQ(code(*answer), ErrorCode::client_closed);
  store_.hold(false);
  settle();
  EXPECT_NE(cache_->find_fresh(digest(1)), nullptr);
}

TEST_F(KeyCacheTest, ASlowStoreCostsAStaleEntryAtMostItsWait) {
  authenticate(1).value();
  clock_.advance(61s);
  store_.hold(true);
  Answer stale;
  Answer cold;
  begin(1, stale);
  begin(2, cold);
  while (shard_.io().poll_one() > 0) {
  }
  store_.wait_until_asked(3);
  clock_.advance(500ms);
  shard_.sweep().sweep(clock_.now());
  while (shard_.io().poll_one() > 0) {
  }
  ASSERT_TRUE(stale) << "took the old entry";
  EXPECT_TRUE(*stale);
  EXPECT_FALSE(cold);
  clock_.advance(8s);
  shard_.sweep().sweep(clock_.now());
  while (shard_.io().poll_one() > 0) {
  }
  ASSERT_TRUE(cold);
  EXPECT_EQ(code(*cold), ErrorCode::store_unavailable);
}

TEST_F(KeyCacheTest, AChangedKeyIsWaitedForLonger) {
  authenticate(1).value();
  cache_->invalidate("key-1");
  store_.hold(true);
  Answer answer;
  begin(1, answer);
  while (shard_.io().poll_one() > 0) {
  }
  store_.wait_until_asked(2);
  clock_.advance(1s);
  shard_.sweep().sweep(clock_.now());
  while (shard_.io().poll_one() > 0) {
  }
  EXPECT_FALSE(answer);
  store_.hold(false);
  settle();
  EXPECT_TRUE(answer && *answer);
}

TEST_F(KeyCacheTest, ALoaderThatThrowsCountsAsAway) {
  store_.throws(true);
  EXPECT_EQ(code(authenticate(1)), ErrorCode::store_unavailable);
  store_.throws(false);
  clock_.advance(1s);
  EXPECT_TRUE(authenticate(1));
}

TEST_F(KeyCacheTest, TheCacheMayGoWhileALoadIsUnderWay) {
  authenticate(1).value();
  clock_.advance(50s);
  store_.hold(true);
  ASSERT_NE(cache_->find_fresh(digest(1)), nullptr);
  while (shard_.io().poll_one() > 0) {
  }
  store_.wait_until_asked(2);
  cache_.reset();
  store_.hold(false);
  settle();
}

TEST_F(KeyCacheTest, UsesAreTakenOnceEachWithTheLatestTime) {
  const auto one = authenticate(1).value();
  const auto two = authenticate(2).value();
  EXPECT_TRUE(cache_->take_used().empty()) << "being found is no use";
  cache_->mark_used(one);
  cache_->mark_used(two);
  clock_.advance(5s);
  cache_->mark_used(one);
  std::map<std::string, core::SystemTime> taken;
  for (const auto& [id, at] : cache_->take_used()) EXPECT_TRUE(taken.emplace(id, at).second);
  EXPECT_EQ(taken.at("key-1"), clock_.wall());
  EXPECT_EQ(taken.at("key-2"), clock_.wall() - 5s);
  EXPECT_TRUE(cache_->take_used().empty());
  cache_->mark_used(one);
  EXPECT_EQ(cache_->take_used().size(), 1U);
}

TEST_F(KeyCacheTest, UsesBeforeAndAfterARefreshAreOneRow) {
  cache_->mark_used(authenticate(1).value());
  cache_->invalidate("key-1");
  const auto refreshed = authenticate(1).value();
  clock_.advance(3s);
  cache_->mark_used(refreshed);
  const auto taken = cache_->take_used();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].second, clock_.wall());
}

TEST_F(KeyCacheTest, ARefusedUseDoesNotKeepAnIdleKeyAlive) {
  auto key = row(1);
  key.created_at = clock_.wall() - std::chrono::days(8);
  key.policy.unused_key_auto_disable_after_days = 7;
  store_.put(key);
  for (int i = 0; i < 2; ++i) {
    const auto found = authenticate(1).value();
    EXPECT_EQ(check_usable(*found, clock_.wall()).error().code, ErrorCode::disabled_virtual_key);
  }
  EXPECT_TRUE(cache_->take_used().empty());
}

}  // namespace
}  // namespace relayna::identity
