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

TEST(RefusalMemory, KeepsWhatIsUsedUpUntilItsEnd) {
  RefusalMemory memory;
  const auto scope = key_scope(LimitKind::requests_per_minute, 2);
  memory.remember("s", scope,
                  {.kind = LimitKind::requests_per_minute, .limit = 2, .used = 2, .retry_after = 10}, at(0));
  const core::Error* error = memory.find("s", scope, at(4));
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->retry_after, std::chrono::seconds(6));
  EXPECT_EQ(memory.find("other", scope, at(4)), nullptr);
  EXPECT_EQ(memory.find("s", scope, at(10)), nullptr);
}

TEST(RefusalMemory, ARaisedLimitIsAskedAgain) {
  RefusalMemory memory;
  memory.remember("s", key_scope(LimitKind::usd_per_day, 2),
                  {.kind = LimitKind::usd_per_day, .limit = 2, .used = 2, .retry_after = 10}, at(0));
  EXPECT_EQ(memory.find("s", key_scope(LimitKind::usd_per_day, 3), at(1)), nullptr);
}

TEST(RefusalMemory, ForgetsWhatASmallerRequestOrAnotherEndMayGet) {
  RefusalMemory memory;
  const auto scope = key_scope(LimitKind::tokens_per_minute, 100);
  memory.remember("large", scope,
                  {.kind = LimitKind::tokens_per_minute, .limit = 100, .used = 60, .retry_after = 10}, at(0));
  memory.remember("busy", scope,
                  {.kind = LimitKind::concurrent_requests, .limit = 1, .used = 1, .retry_after = 1}, at(0));
  memory.remember("total", scope, {.kind = LimitKind::usd_total, .limit = 1, .used = 1}, at(0));
  EXPECT_EQ(memory.size(), 0);
}

}  // namespace
}  // namespace relayna::ledger
