#include <gmock/gmock.h>

#include "exchange_fixture.hpp"
#include "pipeline/answers.hpp"
#include "pipeline/steps.hpp"

// What a request reserves, and what it is refused for before anybody is asked.

namespace relayna::pipeline::test {
namespace {

using core::ErrorCode;
using domain::LimitKind;
using testing::HasSubstr;

/// 1 USD for a million tokens in, 2 USD out: acme's price for m-1, in nano-USD.
constexpr std::int64_t kIn = 1'000;
constexpr std::int64_t kOut = 2'000;

class AdmitTest : public ExchangeTest {
 protected:
  /// Of 300 tokens, that asks for 200 at most.
  std::unique_ptr<Exchange> asking(std::string_view path = "/v1/chat/completions") {
    auto x = exchange();
    x->match = match_route("POST", path, path).value();
    x->snapshot = snapshot;
    x->key = key;
    x->features.model = "m-1";
    x->features.estimated_input_tokens = 300;
    x->features.max_output_tokens = 200;
    x->candidates = {{.provider = snapshot->provider("acme"), .model = "m-1"}};
    return x;
  }
  static domain::LimitedScope scope(LimitKind kind, std::int64_t limit) {
    domain::LimitedScope out{
        .scope = domain::LimitScope::key, .target = {.key_id = "k"}, .hard = {}, .soft = {}};
    out.hard.set(kind, limit);
    return out;
  }
  /// As step 4 leaves it to step 6.
  core::Result<void> admitted(Exchange& x) {
    x.governed = std::make_shared<const Governed>(policy, scopes, nullptr);
    x.policy = {x.governed, &x.governed->policy};
    if (auto charged = find_charge(x, prices); !charged) return charged;
    return loop.run(admit(x));
  }

  domain::Policy policy;
  std::vector<domain::LimitedScope> scopes;
};

TEST_F(AdmitTest, ReservesTheMostItCanTake) {
  auto x = asking();
  ASSERT_TRUE(admitted(*x));
  EXPECT_EQ(x->reservation.reserved(),
            (counters::Amounts{.tokens = 500, .cost_nanos = 300 * kIn + 200 * kOut}));
}

TEST_F(AdmitTest, WhatNamesNoMaximumTakesThePolicysOrTheUsual) {
  auto x = asking();
  x->features.max_output_tokens.reset();
  ASSERT_TRUE(admitted(*x));
  EXPECT_EQ(x->reservation.reserved().tokens, 300 + 4'096);
  policy.default_output_tokens = 10;
  x = asking();
  x->features.max_output_tokens.reset();
  x->features.choices = 3;
  ASSERT_TRUE(admitted(*x));
  EXPECT_EQ(x->reservation.reserved().tokens, 300 + 3 * 10) << "for each of the answers";
}

TEST_F(AdmitTest, EmbeddingsHaveInputOnly) {
  auto x = asking("/v1/embeddings");
  ASSERT_TRUE(admitted(*x));
  EXPECT_EQ(x->reservation.reserved(), (counters::Amounts{.tokens = 300, .cost_nanos = 300 * kIn}));
}

TEST_F(AdmitTest, CountingTokensTakesNone) {
  auto x = asking("/v1/messages/count_tokens");
  ASSERT_TRUE(admitted(*x));
  EXPECT_EQ(x->reservation.reserved(), counters::Amounts{});
}

TEST_F(AdmitTest, WithoutAPriceABudgetCannotBeKept) {
  auto x = asking();
  x->candidates.push_back({.provider = snapshot->provider("gratis"), .model = "m-9"});
  scopes = {scope(LimitKind::usd_total, 1'000'000'000)};
  const auto refused = admitted(*x);
  ASSERT_FALSE(refused) << "one of those that may answer has no price";
  EXPECT_EQ(refused.error().code, ErrorCode::unpriced_model);
  EXPECT_EQ(refused.error().reason, "allow_unpriced_models");
  EXPECT_FALSE(x->reservation);
}

TEST_F(AdmitTest, ThePolicyMayLetWhatHasNoPricePass) {
  policy.allow_unpriced_models = true;
  auto x = asking();
  x->candidates = {{.provider = snapshot->provider("gratis"), .model = "m-9"}};
  scopes = {scope(LimitKind::requests_per_minute, 10)};
  ASSERT_TRUE(admitted(*x));
  EXPECT_EQ(x->reservation.reserved(), (counters::Amounts{.tokens = 500, .cost_nanos = 0}));
  const auto& draft = x->reservation.event();
  EXPECT_EQ(draft.cost_source, "unpriced");
  EXPECT_EQ(draft.provider, "gratis");
  EXPECT_EQ(draft.model, "m-9");
}

TEST_F(AdmitTest, WithoutABudgetNobodyNeedsThePrice) {
  auto x = asking();
  x->candidates = {{.provider = snapshot->provider("gratis"), .model = "m-9"}};
  scopes = {scope(LimitKind::tokens_per_minute, 1'000)};
  EXPECT_TRUE(admitted(*x));
}

TEST_F(AdmitTest, ARequestMayCostSoMuch) {
  policy.max_cost_per_request = core::Money::nanos(300 * kIn + 200 * kOut);
  auto x = asking();
  EXPECT_TRUE(admitted(*x)) << "exactly that";
  policy.max_cost_per_request = core::Money::nanos(300 * kIn + 200 * kOut - 1);
  x = asking();
  const auto refused = admitted(*x);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::policy_denied);
  EXPECT_EQ(refused.error().reason, "max_cost_per_request");
  EXPECT_THAT(refused.error().message, HasSubstr("0.0007 USD"));
}

TEST_F(AdmitTest, ARefusalTellsTheClientWhatIsLeft) {
  scopes = {scope(LimitKind::tokens_per_minute, 600)};
  auto first = asking();
  ASSERT_TRUE(admitted(*first));
  auto x = asking();
  const auto refused = admitted(*x);
  ASSERT_FALSE(refused);
  const auto answer = error_answer(*x, refused.error());
  const auto& fields = answer.head.fields;
  EXPECT_EQ(answer.head.status, 429);
  EXPECT_EQ(fields.get("x-relayna-error"), "token_rate_limit_exceeded");
  EXPECT_EQ(fields.get("x-ratelimit-limit-tokens"), "600");
  EXPECT_EQ(fields.get("x-ratelimit-remaining-tokens"), "100");
  EXPECT_TRUE(fields.find("retry-after"));
  EXPECT_TRUE(fields.find("x-relayna-request-id"));
}

TEST_F(AdmitTest, WithoutCountersTheClientIsToldWhenToComeBack) {
  limits.away = true;
  auto x = asking();
  scopes = {scope(LimitKind::requests_per_minute, 600)};
  const auto refused = admitted(*x);
  ASSERT_FALSE(refused);
  const auto answer = error_answer(*x, refused.error());
  EXPECT_EQ(answer.head.status, 503);
  EXPECT_EQ(answer.head.fields.get("retry-after"), "1");
  EXPECT_FALSE(answer.head.fields.find("x-ratelimit-limit-requests"));
}

}  // namespace
}  // namespace relayna::pipeline::test
