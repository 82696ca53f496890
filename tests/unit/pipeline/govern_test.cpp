#include <gtest/gtest.h>

#include "exchange_fixture.hpp"
#include "pipeline/steps.hpp"

// Step 4: what the merged policy says of a request.

namespace relayna::pipeline::test {
namespace {

using core::ErrorCode;
using std::chrono::seconds;

class GovernTest : public ExchangeTest {
 protected:
  /// A layer for everybody.
  void everybody(domain::Policy policy) {
    auto next = std::make_shared<catalog::Snapshot>(*snapshot);
    next->revision += 1;
    next->layers = {{.kind = domain::LayerKind::global, .policy = std::move(policy)}};
    snapshot = std::move(next);
  }
  std::unique_ptr<Exchange> asking(std::string_view path = "/v1/chat/completions") {
    auto x = exchange();
    x->match = match_route("POST", path, path).value();
    x->snapshot = snapshot;
    x->key = key;
    x->features.model = "m-1";
    x->features.estimated_input_tokens = 300;
    x->candidates = {{.provider = snapshot->provider("acme"), .model = "m-1"}};
    return x;
  }
  core::Error refused(Exchange& x) {
    const auto allowed = apply_policy(x, policies);
    EXPECT_FALSE(allowed);
    return allowed ? core::Error(ErrorCode::internal_error) : allowed.error();
  }
  PolicyCache policies;
};

TEST_F(GovernTest, ARuleThatRefusesIsNamed) {
  everybody({.allowed_models = {"other-*"}});
  auto x = asking();
  const auto error = refused(*x);
  EXPECT_EQ(error.code, ErrorCode::policy_denied);
  EXPECT_EQ(error.reason, "allowed_models");
}

TEST_F(GovernTest, EachCandidateIsAskedFor) {
  everybody({.allowed_providers = {"acme"}});
  auto x = asking();
  ASSERT_TRUE(apply_policy(*x, policies));
  EXPECT_FALSE(check_candidate(*x, x->candidates.front()));
  const auto denied = check_candidate(*x, {.provider = snapshot->provider("gratis"), .model = "m-1"});
  ASSERT_TRUE(denied) << "a fallback is held to the same rules";
  EXPECT_EQ(denied->reason, "allowed_providers");
}

TEST_F(GovernTest, LayersSayWhereAKeyMayBeUsedFrom) {
  everybody({.allowed_source_addresses = {"10.0.0.0/8"}});
  auto x = asking();
  x->source = boost::asio::ip::make_address("192.0.2.7");
  EXPECT_EQ(refused(*x).reason, "allowed_source_addresses");
  x->source = boost::asio::ip::make_address("10.1.2.3");
  EXPECT_TRUE(apply_policy(*x, policies));
}

TEST_F(GovernTest, ARefusalThatStillHoldsIsRepeatedWithWhatIsKnown) {
  everybody({.rpm_limit = 1});
  auto first = asking();
  const auto judged = [&](Exchange& x) {
    EXPECT_TRUE(apply_policy(x, policies));
    EXPECT_TRUE(find_charge(x, prices));
    return check_remembered_refusals(x);
  };
  ASSERT_TRUE(judged(*first));
  ASSERT_TRUE(loop.run(admit(*first)));
  auto second = asking();
  ASSERT_TRUE(judged(*second)) << "nobody knows yet";
  ASSERT_FALSE(loop.run(admit(*second)));
  const auto asked = limits.admitted.size();
  auto third = asking();
  const auto again = judged(*third);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::rate_limit_exceeded);
  EXPECT_EQ(limits.admitted.size(), asked);
  ASSERT_EQ(third->standings().size(), 1U);
  EXPECT_EQ(third->standings()[0].standing.used[0], 1);
}

TEST_F(GovernTest, TheSoonerOfTwoDeadlinesHolds) {
  everybody({.max_stream_duration_seconds = 60});
  const auto total = [&](std::optional<std::int64_t> timeout_ms, bool stream) {
    auto x = asking();
    x->features.stream = stream;
    x->route_settings.timeout_ms = timeout_ms;
    EXPECT_TRUE(apply_policy(*x, policies));
    set_deadline(*x);
    return std::pair(x->total.at() - clock.now(), x->policy_limits_total);
  };
  EXPECT_EQ(total(90'000, true), std::pair(core::Duration(seconds(60)), true));
  EXPECT_EQ(total(30'000, true), std::pair(core::Duration(seconds(30)), false));
  EXPECT_EQ(total(90'000, false), std::pair(core::Duration(seconds(90)), false)) << "it is no stream";
}

}  // namespace
}  // namespace relayna::pipeline::test
