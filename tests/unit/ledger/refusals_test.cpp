#include "ledger/refusals.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace relayna::ledger {
namespace {

using core::ErrorCode;
using counters::Refusal;
using domain::LimitKind;
using testing::HasSubstr;

domain::LimitedScope key_scope(LimitKind kind, std::int64_t limit) {
  domain::LimitedScope scope;
  scope.target.key_id = "k-1";
  scope.hard.set(kind, limit);
  return scope;
}

constexpr core::TimePoint at(int seconds) {
  return core::TimePoint(std::chrono::seconds(seconds));
}

TEST(RefusalError, SaysWhoseLimitWhichAndUntilWhen) {
  const auto scope = key_scope(LimitKind::requests_per_minute, 60);
  const core::Error error = refusal_error(
      scope, {.kind = LimitKind::requests_per_minute, .limit = 60, .used = 60, .retry_after = 17});
  EXPECT_EQ(error.code, ErrorCode::rate_limit_exceeded);
  EXPECT_EQ(error.scope, "key");
  EXPECT_EQ(error.reason, "requests_per_minute");
  EXPECT_EQ(error.retry_after, std::chrono::seconds(17));
  EXPECT_THAT(error.message, HasSubstr("60 requests per minute for this API key is reached"));
  EXPECT_EQ(error.message.find("k-1"), std::string::npos);
}

TEST(RefusalError, EveryKindHasItsCode) {
  const auto code = [](LimitKind kind) {
    return refusal_error(key_scope(kind, 1), {.kind = kind, .limit = 1, .used = 1}).code;
  };
  EXPECT_EQ(code(LimitKind::requests_per_day), ErrorCode::rate_limit_exceeded);
  EXPECT_EQ(code(LimitKind::tokens_per_minute), ErrorCode::token_rate_limit_exceeded);
  EXPECT_EQ(code(LimitKind::tokens_per_day), ErrorCode::token_rate_limit_exceeded);
  EXPECT_EQ(code(LimitKind::concurrent_requests), ErrorCode::concurrency_limit_exceeded);
  for (const LimitKind kind :
       {LimitKind::usd_per_day, LimitKind::usd_per_week, LimitKind::usd_per_month, LimitKind::usd_total}) {
    EXPECT_EQ(code(kind), ErrorCode::budget_exceeded);
  }
}

TEST(RefusalError, MoneyIsDollarsAndATotalHasNoEnd) {
  const core::Error error =
      refusal_error(key_scope(LimitKind::usd_total, 2'500'000'000),
                    {.kind = LimitKind::usd_total, .limit = 2'500'000'000, .used = 2'400'000'000});
  EXPECT_THAT(error.message,
              HasSubstr("2.5 USD in total for this API key has no room for this request: 2.4 used"));
  EXPECT_FALSE(error.retry_after);
}

TEST(RefusalError, ARequestThatCanNeverFitIsToldHowItMight) {
  const auto scope = key_scope(LimitKind::tokens_per_minute, 4'000);
  Refusal refusal{.kind = LimitKind::tokens_per_minute, .limit = 4'000, .used = 0, .wanted = 4'126};
  EXPECT_THAT(refusal_error(scope, refusal).message,
              HasSubstr("has no room for this request: 0 used, and it may take 4126 more. Ask for less"));
  refusal.wanted = 3'000;
  refusal.used = 2'000;
  EXPECT_THAT(refusal_error(scope, refusal).message, testing::EndsWith("and it may take 3000 more."));
}

/// Half an hour before midnight of a Sunday that ends a month.
core::SystemTime last_of_may() {
  return core::parse_rfc3339("2026-05-31T23:30:00Z").value();
}

counters::Standing full() {
  return {.used = {1, 2, 3, 4, 5, 6, 7, 8, 9}, .requests_reset_seconds = 40, .tokens_reset_seconds = 61};
}

TEST(AgedStanding, SecondsLeaveTheMinute) {
  const auto later = aged(full(), last_of_may(), std::chrono::milliseconds(45'900));
  EXPECT_EQ(later.used, full().used) << "some of it may still count";
  EXPECT_EQ(later.requests_reset_seconds, 0);
  EXPECT_EQ(later.tokens_reset_seconds, 16);
  EXPECT_EQ(aged(full(), last_of_may(), std::chrono::seconds(61)).used,
            (domain::PerLimit{0, 2, 0, 4, 5, 6, 7, 8, 9}));
}

TEST(AgedStanding, PeriodsEnd) {
  EXPECT_EQ(aged(full(), last_of_may(), std::chrono::minutes(29)).used,
            (domain::PerLimit{0, 2, 0, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(aged(full(), last_of_may(), std::chrono::minutes(30)).used,
            (domain::PerLimit{0, 0, 0, 0, 5, 0, 0, 0, 9}))
      << "a Monday, and the first";
}

class RefusalMemoryTest : public testing::Test {
 protected:
  void remember(const domain::LimitedScope& scope, Refusal refusal, std::vector<ScopeStanding> known = {}) {
    memory.remember(scope, refusal, std::move(known), last_of_may(), at(0));
  }
  RefusalMemory memory;
};

TEST_F(RefusalMemoryTest, KeepsWhatIsUsedUpUntilItsEnd) {
  const auto scope = key_scope(LimitKind::requests_per_minute, 2);
  remember(scope, {.kind = LimitKind::requests_per_minute, .limit = 2, .used = 2, .retry_after = 10});
  const auto refusal = memory.find({scope}, at(4));
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code, ErrorCode::rate_limit_exceeded);
  EXPECT_EQ(refusal->retry_after, std::chrono::seconds(6));
  auto other = scope;
  other.target.key_id = "k-2";
  EXPECT_FALSE(memory.find({other}, at(4)));
  EXPECT_TRUE(memory.find({other, scope}, at(4))) << "any of a request's scopes";
  EXPECT_FALSE(memory.find({scope}, at(10)));
}

TEST_F(RefusalMemoryTest, ForgetsWhatRequestsUnderWayMayGiveBack) {
  const auto scope = key_scope(LimitKind::usd_per_day, 200);
  remember(scope,
           {.kind = LimitKind::usd_per_day, .limit = 200, .used = 200, .held = 1, .retry_after = 3'600});
  EXPECT_FALSE(memory.find({scope}, at(1))) << "they may fail and cost nothing";
  remember(scope,
           {.kind = LimitKind::usd_per_day, .limit = 200, .used = 260, .held = 60, .retry_after = 3'600});
  EXPECT_TRUE(memory.find({scope}, at(1))) << "whatever becomes of them";
}

TEST_F(RefusalMemoryTest, TellsWhatItKnowsOfTheScopesOfWhoeverAsks) {
  auto project = key_scope(LimitKind::requests_per_day, 2);
  project.scope = domain::LimitScope::project;
  project.target = {.project_id = "p"};
  const auto key = key_scope(LimitKind::tokens_per_minute, 100);
  counters::Standing standing;
  standing.used[static_cast<std::size_t>(LimitKind::tokens_per_minute)] = 30;
  standing.tokens_reset_seconds = 50;
  remember(project, {.kind = LimitKind::requests_per_day, .limit = 2, .used = 2, .retry_after = 1'800},
           {{std::make_shared<const domain::LimitedScope>(project), {}},
            {std::make_shared<const domain::LimitedScope>(key), standing}});
  const auto own = memory.find({key, project}, at(20));
  ASSERT_TRUE(own);
  ASSERT_EQ(own->standings.size(), 2U);
  EXPECT_EQ(own->standings[1].scope->target, key.target);
  EXPECT_EQ(own->standings[1].standing.tokens_reset_seconds, 30);

  auto another = key;
  another.target.key_id = "k-2";
  const auto others = memory.find({another, project}, at(20));
  ASSERT_TRUE(others);
  ASSERT_EQ(others->standings.size(), 1U) << "what another key has left is not this one's business";
  EXPECT_EQ(others->standings[0].scope->target, project.target);
}

TEST_F(RefusalMemoryTest, AsksAgainAfterAReset) {
  const auto scope = key_scope(LimitKind::usd_per_day, 2);
  remember(scope, {.kind = LimitKind::usd_per_day, .limit = 2, .used = 2, .retry_after = 10'000});
  ASSERT_TRUE(memory.find({scope}, at(1)));
  memory.forget();
  EXPECT_FALSE(memory.find({scope}, at(1)));
}

TEST_F(RefusalMemoryTest, ARaisedLimitIsAskedAgain) {
  remember(key_scope(LimitKind::usd_per_day, 2),
           {.kind = LimitKind::usd_per_day, .limit = 2, .used = 2, .retry_after = 10});
  EXPECT_FALSE(memory.find({key_scope(LimitKind::usd_per_day, 3)}, at(1)));
}

TEST_F(RefusalMemoryTest, ForgetsWhatASmallerRequestOrAnotherEndMayGet) {
  const auto scope = key_scope(LimitKind::tokens_per_minute, 100);
  remember(scope, {.kind = LimitKind::tokens_per_minute, .limit = 100, .used = 60, .retry_after = 10});
  remember(scope, {.kind = LimitKind::concurrent_requests, .limit = 1, .used = 1, .retry_after = 1});
  remember(scope, {.kind = LimitKind::usd_total, .limit = 1, .used = 1});
  EXPECT_EQ(memory.size(), 0);
}

}  // namespace
}  // namespace relayna::ledger
