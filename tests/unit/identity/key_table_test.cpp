#include "identity/key_table.hpp"

#include <gtest/gtest.h>

namespace relayna::identity {
namespace {

using namespace std::chrono_literals;
using Action = KeyTable::Action;
using Verdict = KeyTable::Verdict;

core::Digest digest(int n) {
  core::Digest d{};
  d[0] = static_cast<std::uint8_t>(n);
  d[1] = static_cast<std::uint8_t>(n >> 8);
  d[31] = 1;
  return d;
}

domain::VirtualKey row(int n) {
  domain::VirtualKey key;
  key.id = "key-" + std::to_string(n);
  key.hash = digest(n);
  return key;
}

class KeyTableTest : public ::testing::Test {
 protected:
  KeyTableTest() { rebuild(); }

  void rebuild() { table_ = std::make_unique<KeyTable>(settings_); }
  void pass(core::Duration d) { now_ += d; }
  KeyTable::Lookup find(int n) { return table_->find(digest(n), now_); }
  KeyTable::Settled answer(int n, KeyTable::Answer with) {
    return table_->settle(digest(n), std::move(with), now_);
  }
  KeyTable::Settled load(int n, KeyTable::Answer with) {
    EXPECT_TRUE(table_->begin_load(digest(n)));
    return answer(n, std::move(with));
  }
  KeyTable::Settled load(int n) { return load(n, row(n)); }
  KeyTable::Settled fail(int n) { return load(n, core::fail(core::ErrorCode::store_unavailable)); }
  KeyTable::Settled unknown(int n) { return load(n, std::nullopt); }
  bool serves(int n) {
    const Action a = find(n).action;
    return a == Action::serve || a == Action::serve_and_refresh;
  }

  KeyCacheSettings settings_;
  std::unique_ptr<KeyTable> table_;
  core::TimePoint now_{1000h};
};

TEST_F(KeyTableTest, AColdKeyWaitsAndIsThenServed) {
  EXPECT_EQ(find(1).action, Action::wait);
  EXPECT_EQ(find(1).key, nullptr);
  const auto settled = load(1);
  EXPECT_EQ(settled.verdict, Verdict::key);
  const auto found = find(1);
  EXPECT_EQ(found.action, Action::serve);
  EXPECT_EQ(found.key, settled.key);
  EXPECT_EQ(found.key->key.id, "key-1");
  EXPECT_EQ(found.key->fetched_at, now_);
  EXPECT_EQ(table_->stats().hits, 1U);
}

TEST_F(KeyTableTest, RefreshBeginsAtThreeQuartersOfTheTtlAndWaitingAtItsEnd) {
  load(1);
  pass(45s - 1ns);
  EXPECT_EQ(find(1).action, Action::serve);
  pass(1ns);
  EXPECT_EQ(find(1).action, Action::serve_and_refresh);
  ASSERT_TRUE(table_->begin_load(digest(1)));
  EXPECT_EQ(find(1).action, Action::serve) << "one question at a time";
  pass(15s - 1ns);
  EXPECT_EQ(find(1).action, Action::serve);
  pass(1ns);
  const auto late = find(1);
  EXPECT_EQ(late.action, Action::wait);
  EXPECT_NE(late.key, nullptr) << "to fall back on";
  EXPECT_FALSE(late.changed);
  EXPECT_FALSE(table_->begin_load(digest(1))) << "joins the open question";
  EXPECT_EQ(answer(1, row(1)).verdict, Verdict::key);
  EXPECT_EQ(find(1).action, Action::serve);
}

TEST_F(KeyTableTest, StaleLadderUpToTheHardGrace) {
  load(1);
  const auto good = now_;
  pass(61s);
  EXPECT_EQ(find(1).action, Action::wait);
  EXPECT_EQ(fail(1).verdict, Verdict::key) << "served although the store is away";
  // Extended by the soft bump: no waiting, one attempt per ten seconds of use.
  pass(9s);
  EXPECT_EQ(find(1).action, Action::serve);
  pass(1s);
  EXPECT_EQ(find(1).action, Action::serve_and_refresh);
  EXPECT_EQ(fail(1).verdict, Verdict::key);
  // Step by step to the end of the grace, each failure extending.
  int steps = 0;
  while (now_ < good + 6h - 5min) {
    pass(5min);
    ASSERT_TRUE(serves(1)) << steps;
    ASSERT_EQ(fail(1).verdict, Verdict::key) << steps;
    ++steps;
  }
  EXPECT_GT(steps, 60);
  now_ = good + 6h - 1ns;
  EXPECT_TRUE(serves(1));
  now_ = good + 6h;
  EXPECT_FALSE(serves(1));
  EXPECT_EQ(fail(1).verdict, Verdict::away);
  EXPECT_TRUE(table_->stats().store_away);
  // And the store's return heals it.
  pass(1s);
  EXPECT_EQ(find(1).action, Action::wait);
  EXPECT_EQ(load(1).verdict, Verdict::key);
  EXPECT_EQ(find(1).action, Action::serve);
  EXPECT_FALSE(table_->stats().store_away);
}

TEST_F(KeyTableTest, TheSoftBumpEndsWhereTheHardGraceDoes) {
  settings_.hard_grace = 2min;
  rebuild();
  load(1);
  pass(100s);
  EXPECT_EQ(fail(1).verdict, Verdict::key);
  pass(20s - 1ns);
  EXPECT_TRUE(serves(1));
  pass(1ns);
  EXPECT_FALSE(serves(1));
}

TEST_F(KeyTableTest, WithoutHardGraceNothingIsServedStale) {
  settings_.hard_grace = 0ms;
  rebuild();
  load(1);
  pass(50s);
  EXPECT_EQ(find(1).action, Action::serve_and_refresh);
  EXPECT_EQ(fail(1).verdict, Verdict::key) << "still fresh";
  EXPECT_TRUE(serves(1));
  pass(10s);
  EXPECT_EQ(find(1).action, Action::wait);
  EXPECT_EQ(find(1).key, nullptr);
  EXPECT_EQ(fail(1).verdict, Verdict::away);
  load(2);
  table_->invalidate("key-2");
  EXPECT_EQ(fail(2).verdict, Verdict::away) << "an invalidated one neither";
}

TEST_F(KeyTableTest, WithoutSoftBumpEachUseTriesAgain) {
  settings_.soft_bump = 0ms;
  rebuild();
  load(1);
  pass(61s);
  EXPECT_EQ(fail(1).verdict, Verdict::key);
  EXPECT_EQ(find(1).action, Action::serve) << "known to be away a moment ago";
  pass(250ms);
  EXPECT_EQ(find(1).action, Action::serve_and_refresh);
}

TEST_F(KeyTableTest, WhenAwayAnUnknownKeyIsRefusedAtOnceAndTriedAgainSoon) {
  EXPECT_EQ(fail(1).verdict, Verdict::away);
  EXPECT_EQ(find(2).action, Action::away);
  pass(250ms);
  EXPECT_EQ(find(2).action, Action::wait);
  ASSERT_TRUE(table_->begin_load(digest(2)));
  EXPECT_EQ(find(3).action, Action::away) << "one question at a time while the store is away";
  EXPECT_EQ(find(2).action, Action::wait) << "joined";
  EXPECT_EQ(answer(2, std::nullopt).verdict, Verdict::unknown);
  EXPECT_EQ(find(3).action, Action::wait) << "back again";
}

TEST_F(KeyTableTest, WhenAwayAnExpiredEntryIsServedWithoutWaiting) {
  load(1);
  load(2);
  pass(61s);
  EXPECT_EQ(fail(1).verdict, Verdict::key);
  const auto other = find(2);
  EXPECT_EQ(other.action, Action::serve);
  EXPECT_EQ(other.key->key.id, "key-2");
  pass(1s);
  EXPECT_EQ(find(2).action, Action::serve_and_refresh);
  EXPECT_GE(table_->stats().stale_hits, 3U);
}

TEST_F(KeyTableTest, AnyErrorOfTheLoaderIsNoAnswer) {
  load(1);
  pass(61s);
  EXPECT_EQ(load(1, core::fail(core::ErrorCode::internal_error)).verdict, Verdict::key);
  EXPECT_EQ(load(2, core::fail(core::ErrorCode::not_found)).verdict, Verdict::away);
}

TEST_F(KeyTableTest, DefiniteAnswersReplaceAtOnce) {
  load(1);
  pass(50s);
  auto revoked = row(1);
  revoked.revoked_at = core::SystemTime{};
  load(1, revoked);
  EXPECT_TRUE(find(1).key->key.revoked_at);
  pass(50s);
  EXPECT_EQ(unknown(1).verdict, Verdict::unknown);
  EXPECT_EQ(find(1).action, Action::unknown);
  EXPECT_EQ(table_->stats().entries, 0U);
}

TEST_F(KeyTableTest, NegativeEntriesAreShortAndNeverOutliveAChange) {
  unknown(1);
  pass(5s - 1ns);
  EXPECT_EQ(find(1).action, Action::unknown);
  pass(1ns);
  EXPECT_EQ(find(1).action, Action::wait);
  unknown(1);
  table_->invalidate("a key that was just created");
  EXPECT_EQ(find(1).action, Action::wait);
  unknown(1);
  table_->invalidate_all();
  EXPECT_EQ(find(1).action, Action::wait);
  EXPECT_EQ(load(1).verdict, Verdict::key);
  EXPECT_EQ(find(1).action, Action::serve);
  EXPECT_EQ(table_->stats().negative_entries, 0U);
}

TEST_F(KeyTableTest, AnExpiredNegativeEntryIsNoExcuseWhileTheStoreIsAway) {
  unknown(1);
  pass(6s);
  EXPECT_EQ(fail(1).verdict, Verdict::away);
}

TEST_F(KeyTableTest, AnInvalidatedKeyIsReadBeforeItsNextUse) {
  load(1);
  load(2);
  table_->invalidate("key-1");
  const auto found = find(1);
  EXPECT_EQ(found.action, Action::wait);
  EXPECT_TRUE(found.changed);
  EXPECT_EQ(find(2).action, Action::serve) << "others are untouched";
  auto changed = row(1);
  changed.disabled = true;
  load(1, changed);
  EXPECT_TRUE(find(1).key->key.disabled);
  EXPECT_EQ(find(1).action, Action::serve);
}

TEST_F(KeyTableTest, AnInvalidatedKeyMayServeWhenTheStoreTurnsOutToBeAway) {
  load(1);
  table_->invalidate_all();
  EXPECT_EQ(fail(1).verdict, Verdict::key);
  EXPECT_TRUE(serves(1));
  pass(6h);
  EXPECT_FALSE(serves(1));
}

TEST_F(KeyTableTest, AnInvalidationEndsTheBeliefThatTheStoreIsAway) {
  load(1);
  pass(61s);
  fail(1);
  EXPECT_EQ(find(1).action, Action::serve);
  EXPECT_EQ(find(9).action, Action::away);
  table_->invalidate("key-5");
  EXPECT_EQ(find(9).action, Action::wait);
  EXPECT_EQ(find(1).action, Action::serve) << "another key's change, and the bump still runs";
  fail(9);
  table_->invalidate_all();
  EXPECT_EQ(find(1).action, Action::wait);
  EXPECT_EQ(find(9).action, Action::wait);
}

TEST_F(KeyTableTest, AChangedKeyWaitsEvenWhileAnotherQuestionFailed) {
  load(1);
  load(2);
  table_->invalidate("key-1");
  fail(2);
  pass(1s);
  EXPECT_EQ(find(1).action, Action::wait);
  EXPECT_TRUE(find(1).changed);
}

TEST_F(KeyTableTest, AnAnswerOvertakenByAChangeIsAskedAgain) {
  load(1);
  pass(50s);
  ASSERT_TRUE(table_->begin_load(digest(1)));
  table_->invalidate("key-1");  // the key was revoked after the database read its old row
  EXPECT_EQ(answer(1, row(1)).verdict, Verdict::ask_again);
  EXPECT_EQ(find(1).action, Action::wait) << "the late answer was not kept";
  EXPECT_FALSE(table_->begin_load(digest(1))) << "the question is still open";
  auto revoked = row(1);
  revoked.revoked_at = core::SystemTime{};
  EXPECT_EQ(answer(1, revoked).verdict, Verdict::key);
  EXPECT_TRUE(find(1).key->key.revoked_at);
}

TEST_F(KeyTableTest, OnlyChangesThatConcernTheAnswerOvertakeIt) {
  ASSERT_TRUE(table_->begin_load(digest(1)));
  table_->invalidate("key-2");
  EXPECT_EQ(answer(1, row(1)).verdict, Verdict::key);
  ASSERT_TRUE(table_->begin_load(digest(2)));
  table_->invalidate("key-9");
  EXPECT_EQ(answer(2, std::nullopt).verdict, Verdict::ask_again) << "key-9 may be the one asked for";
  EXPECT_EQ(answer(2, std::nullopt).verdict, Verdict::unknown);
  ASSERT_TRUE(table_->begin_load(digest(3)));
  table_->invalidate_all();
  EXPECT_EQ(answer(3, row(3)).verdict, Verdict::ask_again);
  EXPECT_EQ(answer(3, row(3)).verdict, Verdict::key);
}

TEST_F(KeyTableTest, AnAnswerOvertakenAgainAndAgainIsUsedOnceButNotKept) {
  ASSERT_TRUE(table_->begin_load(digest(1)));
  for (int i = 0; i < 2; ++i) {
    table_->invalidate("key-1");
    EXPECT_EQ(answer(1, row(1)).verdict, Verdict::ask_again);
  }
  table_->invalidate("key-1");
  EXPECT_EQ(answer(1, row(1)).verdict, Verdict::key);
  EXPECT_EQ(find(1).action, Action::wait);
  ASSERT_TRUE(table_->begin_load(digest(2)));
  for (int i = 0; i < 3; ++i) {
    table_->invalidate_all();
    EXPECT_EQ(answer(2, std::nullopt).verdict, i < 2 ? Verdict::ask_again : Verdict::unknown);
  }
  EXPECT_EQ(find(2).action, Action::wait) << "not remembered as unknown";
}

TEST_F(KeyTableTest, AChangeDuringAFailingQuestionStillAsksNext) {
  load(1);
  ASSERT_TRUE(table_->begin_load(digest(1)));
  table_->invalidate("key-1");
  EXPECT_EQ(answer(1, core::fail(core::ErrorCode::store_unavailable)).verdict, Verdict::key);
  pass(11s);
  EXPECT_EQ(find(1).action, Action::serve_and_refresh);
}

TEST_F(KeyTableTest, BothSecretsOfARotatedKeyLeadToItAndBothAreInvalidated) {
  auto rotated = row(1);
  rotated.previous_hash = digest(2);
  load(1, rotated);
  load(2, rotated);
  EXPECT_FALSE(find(1).key->by_previous_hash);
  EXPECT_TRUE(find(2).key->by_previous_hash);
  table_->invalidate("key-1");
  EXPECT_EQ(find(1).action, Action::wait);
  EXPECT_EQ(find(2).action, Action::wait);
  EXPECT_EQ(unknown(2).verdict, Verdict::unknown) << "the next rotation forgot it";
  load(1, rotated);
  table_->invalidate("key-1");
  EXPECT_EQ(find(1).action, Action::wait);
}

TEST_F(KeyTableTest, ARowOfAnotherHashIsNoAnswerToThisOne) {
  EXPECT_EQ(load(1, row(2)).verdict, Verdict::unknown);
  EXPECT_EQ(find(1).action, Action::unknown);
}

TEST_F(KeyTableTest, ARefreshKeepsUsesAndWhatWasComputedFromTheSamePolicy) {
  load(1);
  const auto before = find(1).key;
  before->used_at = core::SystemTime{} + 5s;
  before->policy_cache = std::make_shared<int>(7);
  before->policy_revision = 3;
  load(1);
  const auto same = find(1).key;
  EXPECT_NE(same, before);
  EXPECT_EQ(same->policy_cache, before->policy_cache);
  EXPECT_EQ(same->policy_revision, 3);
  EXPECT_EQ(same->used_at, before->used_at);
  auto other = row(1);
  other.policy.allow_tools = false;
  load(1, other);
  EXPECT_EQ(find(1).key->policy_cache, nullptr);
  EXPECT_EQ(find(1).key->policy_revision, -1);
  EXPECT_EQ(find(1).key->used_at, before->used_at);
  find(1).key->policy_cache = std::make_shared<int>(8);
  other.project_id = "p2";
  load(1, other);
  EXPECT_EQ(find(1).key->policy_cache, nullptr) << "other layers hold in another project";
}

TEST_F(KeyTableTest, SourcesAreParsedOnce) {
  auto key = row(1);
  key.policy.allowed_source_addresses = {"10.0.0.0/8", "nonsense"};
  load(1, key);
  EXPECT_EQ(find(1).key->sources.size(), 1U);
}

TEST_F(KeyTableTest, SizeIsBoundedAndTheLeastRecentlyUsedGoes) {
  settings_.size = 16;  // 14 keys and 2 that do not exist
  rebuild();
  for (int n = 0; n < 14; ++n) load(n);
  EXPECT_EQ(table_->stats().entries, 14U);
  EXPECT_EQ(find(0).action, Action::serve);  // now the most recent
  load(100);
  EXPECT_EQ(table_->stats().entries, 14U);
  EXPECT_EQ(table_->stats().evictions, 1U);
  EXPECT_EQ(find(0).action, Action::serve);
  EXPECT_EQ(find(1).action, Action::wait) << "evicted";
  EXPECT_EQ(find(100).action, Action::serve);
  table_->invalidate("key-1");  // gone from every index
}

TEST_F(KeyTableTest, AFloodOfMadeUpKeysEvictsNoRealOne) {
  settings_.size = 16;
  rebuild();
  for (int n = 0; n < 10; ++n) load(n);
  for (int n = 1'000; n < 3'000; ++n) unknown(n);
  EXPECT_EQ(table_->stats().negative_entries, 2U);
  for (int n = 0; n < 10; ++n) EXPECT_EQ(find(n).action, Action::serve) << n;
}

TEST_F(KeyTableTest, OpenQuestionsAreBounded) {
  load(1);
  for (int n = 2; n < 2 + 1'024; ++n) ASSERT_TRUE(table_->begin_load(digest(n)));
  EXPECT_EQ(find(5'000).action, Action::away);
  EXPECT_EQ(find(2).action, Action::wait) << "joins its own";
  pass(61s);
  EXPECT_EQ(find(1).action, Action::serve) << "rather an old entry than none";
  answer(2, std::nullopt);
  EXPECT_EQ(find(5'000).action, Action::wait);
}

TEST_F(KeyTableTest, TinyAndZeroSizesWork) {
  for (const std::size_t size : {0, 1, 2}) {
    settings_.size = size;
    rebuild();
    load(1);
    load(2);
    unknown(3);
    unknown(4);
    EXPECT_LE(table_->stats().entries, 1U);
    EXPECT_LE(table_->stats().negative_entries, 1U);
    EXPECT_EQ(find(2).action, Action::serve);
  }
}

TEST_F(KeyTableTest, NegativeTtlOfZeroKeepsNone) {
  settings_.negative_ttl = 0ms;
  rebuild();
  EXPECT_EQ(unknown(1).verdict, Verdict::unknown);
  EXPECT_EQ(find(1).action, Action::wait);
}

}  // namespace
}  // namespace relayna::identity
