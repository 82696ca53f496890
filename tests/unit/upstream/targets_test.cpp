#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relayna/upstream/candidates.hpp"

#include "snapshot.hpp"

namespace relayna::upstream::test {
namespace {

using dialect::Operation;
using domain::ProviderKind;
using testing::ElementsAre;

/// Model `m` at provider `own`, with targets.
class TargetsTest : public testing::Test {
 protected:
  TargetsTest() {
    for (const char* name : {"own", "second", "third"})
      snapshot.providers.push_back(provider(name, ProviderKind::openai));
    snapshot.models = {model("m", "own", "own-m")};
  }
  domain::ModelTarget& target(std::string provider_name, std::int64_t priority) {
    auto& added = snapshot.models[0].targets.emplace_back();
    added.provider = std::move(provider_name);
    added.priority = priority;
    return added;
  }
  /// `provider:model`, with `+` for a fallback.
  std::vector<std::string> order(std::string_view wanted = {}) {
    const auto found = resolve(snapshot, {.operation = Operation::chat_completions,
                                          .model = "m",
                                          .wanted_provider = wanted,
                                          .route = "/v1/chat/completions",
                                          .draw = draw++});
    std::vector<std::string> out;
    if (!found) return {std::string(found.error().info().name)};
    for (const auto& c : *found) out.push_back(c.provider->name + ":" + c.model + (c.fallback ? "+" : ""));
    return out;
  }
  catalog::Snapshot snapshot;
  std::uint64_t draw = 1;
};

TEST_F(TargetsTest, AreTriedByPriorityBehindTheModelsOwnProvider) {
  target("third", 2).upstream_model = "m-3";
  target("second", 1);
  EXPECT_THAT(order(), ElementsAre("own:own-m", "second:m", "third:m-3"));
}

TEST_F(TargetsTest, OfOnePriorityTakeTurnsByWeight) {
  target("second", 0).weight = 3;
  std::map<std::string, int> first;
  constexpr int kRequests = 4000;
  for (int i = 0; i < kRequests; ++i) {
    const auto found = order();
    ASSERT_EQ(found.size(), 2U);
    EXPECT_NE(found[0], found[1]);
    ++first[found[0]];
  }
  EXPECT_NEAR(first["second:m"], kRequests * 3 / 4, kRequests / 20);
}

TEST_F(TargetsTest, OnlyThoseThatServeTheRouteAreAsked) {
  target("second", 1).operations = {"/v1/embeddings"};
  target("third", 2).operations = {"/v1/embeddings", "/v1/chat/completions"};
  EXPECT_THAT(order(), ElementsAre("own:own-m", "third:m"));
}

TEST_F(TargetsTest, WhatIsOffOrGoneOrSpeaksAnotherApiIsLeftOut) {
  target("second", 1).enabled = false;
  target("nobody", 1);
  snapshot.providers.push_back(provider("claude", ProviderKind::anthropic));
  target("claude", 1);
  EXPECT_THAT(order(), ElementsAre("own:own-m"));
}

TEST_F(TargetsTest, StandInWhenTheModelsOwnProviderIsGone) {
  snapshot.models[0].provider = "gone";
  target("second", 1);
  EXPECT_THAT(order(), ElementsAre("second:m"));
}

TEST_F(TargetsTest, TheProvidersFallbackIsTheLast) {
  snapshot.providers[0].fallback = "third";
  target("second", 1);
  EXPECT_THAT(order(), ElementsAre("own:own-m", "second:m", "third:m+"));
  target("third", 2).upstream_model = "m-3";
  EXPECT_THAT(order(), ElementsAre("own:own-m", "second:m", "third:m-3")) << "once is enough";
}

TEST_F(TargetsTest, AWantedProviderIsTheOnlyPlace) {
  target("second", 1).upstream_model = "m-2";
  EXPECT_THAT(order("second"), ElementsAre("second:m-2"));
  EXPECT_THAT(order("third"), ElementsAre("third:m"));
}

}  // namespace
}  // namespace relayna::upstream::test
