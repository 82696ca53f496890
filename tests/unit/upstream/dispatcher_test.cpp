#include "relayna/upstream/dispatcher.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "snapshot.hpp"
#include "support/loop.hpp"

namespace relayna::upstream::test {
namespace {

using core::ErrorCode;
using domain::ProviderKind;
using testing::HasSubstr;

/// Two echo providers that do what the request's `x-echo-*` fields say.
class DispatcherTest : public testing::Test {
 protected:
  DispatcherTest() {
    snapshot.providers = {provider("first", ProviderKind::echo), provider("second", ProviderKind::echo)};
    candidates = {{&snapshot.providers[0], "m", false}, {&snapshot.providers[1], "n", true}};
  }
  core::Result<Answer> send(const CandidateCheck& check = {}) {
    attempts = {};
    return loop.run(dispatcher.send(snapshot, candidates, outbound, check, attempts));
  }
  /// `provider status`, or the error's name.
  std::string outcome(const CandidateCheck& check = {}) {
    const auto answer = send(check);
    if (!answer) return std::string(answer.error().info().name);
    EXPECT_EQ(answer->model, answer->provider == &snapshot.providers[0] ? "m" : "n");
    return answer->provider->name + " " + std::to_string(answer->head.status);
  }
  /// Policy that refuses these, saying which.
  static CandidateCheck refusing(std::vector<std::string> names) {
    return [names = std::move(names)](const Candidate& c) -> std::optional<core::Error> {
      if (std::ranges::find(names, c.provider->name) == names.end()) return std::nullopt;
      return core::Error(ErrorCode::policy_denied, "not " + c.provider->name);
    };
  }

  relayna::test::Loop loop;
  telemetry::Metrics metrics;
  net::Connector connector{loop.shard, {}};
  http::Client client{loop.shard, connector, {}};
  Dispatcher dispatcher{loop.shard, client, metrics};
  catalog::Snapshot snapshot;
  std::vector<Candidate> candidates;
  http::Fields fields;
  core::Buffer body{R"({"model":"m","messages":[{"role":"user","content":"hi"}]})"};
  Outbound outbound{.operation = dialect::Operation::chat_completions,
                    .method = "POST",
                    .client_fields = &fields,
                    .body = &body};
  Attempts attempts;
};

TEST_F(DispatcherTest, TheFirstThatAnswersIsTheLast) {
  EXPECT_EQ(outcome(), "first 200");
  EXPECT_EQ(attempts.made, 1);
  EXPECT_EQ(attempts.fallbacks, 0);
  ASSERT_NE(attempts.last, nullptr);
  EXPECT_EQ(attempts.last->provider, &snapshot.providers[0]);
}

TEST_F(DispatcherTest, FallsBackOnWhatAnotherMayDoBetter) {
  for (const int status : {408, 429, 500, 503}) {
    fields.set("x-echo-status", std::to_string(status));
    EXPECT_EQ(outcome(), "second " + std::to_string(status)) << "the last one's answer is passed on";
    EXPECT_EQ(attempts.made, 2);
    EXPECT_EQ(attempts.fallbacks, 1);
    ASSERT_NE(attempts.last, nullptr);
    EXPECT_EQ(attempts.last->provider, &snapshot.providers[1]);
  }
  EXPECT_THAT(metrics.expose(), HasSubstr("gateway_provider_fallbacks_total 4\n"));
}

TEST_F(DispatcherTest, WhatTheRequestIsToBlameForIsNotTriedAgain) {
  for (const int status : {400, 404, 422}) {
    fields.set("x-echo-status", std::to_string(status));
    EXPECT_EQ(outcome(), "first " + std::to_string(status));
    EXPECT_EQ(attempts.made, 1);
  }
}

TEST_F(DispatcherTest, FallsBackWhenThereIsNoAnswer) {
  fields.set("x-echo-fault", "reset");
  EXPECT_EQ(outcome(), "upstream_connection");
  EXPECT_EQ(attempts.made, 2);
  EXPECT_EQ(attempts.fallbacks, 1);
}

TEST_F(DispatcherTest, WhoeverPolicyRefusesIsPassedOver) {
  EXPECT_EQ(outcome(refusing({"first"})), "second 200");
  EXPECT_EQ(attempts.made, 1);
  EXPECT_EQ(attempts.fallbacks, 0);
  const auto none = send(refusing({"first", "second"}));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, "not first");
  EXPECT_EQ(attempts.made, 0);
}

TEST_F(DispatcherTest, AFailureIsTheClientsWhenNobodyElseMayBeAsked) {
  fields.set("x-echo-status", "503");
  EXPECT_EQ(outcome(refusing({"second"})), "first 503");
  EXPECT_EQ(attempts.made, 1);
  EXPECT_EQ(attempts.fallbacks, 0);
  fields.clear();
  fields.set("x-echo-fault", "reset");
  EXPECT_EQ(outcome(refusing({"second"})), "upstream_connection");
  EXPECT_THAT(metrics.expose(), HasSubstr("gateway_provider_fallbacks_total 0\n"));
}

TEST_F(DispatcherTest, ForAClientThatLeftNobodyElseIsAsked) {
  runtime::StopSource stop;
  outbound.stop = &stop;
  stop.request_stop();
  fields.set("x-echo-status", "503");
  EXPECT_EQ(outcome(), "first 503");
  EXPECT_EQ(attempts.made, 1);
}

TEST_F(DispatcherTest, WithoutCandidatesThereIsNoUpstream) {
  candidates.clear();
  EXPECT_EQ(outcome(), "no_upstream");
}

}  // namespace
}  // namespace relayna::upstream::test
