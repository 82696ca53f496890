#include "upstream/forwarded_fields.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "snapshot.hpp"

namespace relayna::upstream::test {
namespace {

using domain::ProviderKind;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

class ForwardedFields : public testing::Test {
 protected:
  http::Fields forward() { return forwarded_fields(outbound, to, credential); }
  std::vector<std::string> lines() {
    std::vector<std::string> out;
    const auto fields = forward();
    for (const auto field : fields) out.push_back(std::string(field.name) + ": " + std::string(field.value));
    return out;
  }
  http::Fields client;
  Outbound outbound{.client_fields = &client, .request_id = "r-1"};
  domain::Provider to = provider("oai", ProviderKind::openai);
  ChosenCredential credential{.secret = "sk-ours", .source = "provider"};
};

TEST_F(ForwardedFields, TheClientsGoAlongWithOurCredentialAndIds) {
  client.add("Content-Type", "application/json");
  client.add("OpenAI-Beta", "assistants=v2");
  client.add("X-Stainless-Lang", "python");
  client.add("X-Stainless-Lang", "again");
  outbound.traceparent = "00-a-b-01";
  EXPECT_THAT(lines(), ElementsAre("Content-Type: application/json", "OpenAI-Beta: assistants=v2",
                                   "X-Stainless-Lang: python", "X-Stainless-Lang: again",
                                   "Accept-Encoding: identity", "Authorization: Bearer sk-ours",
                                   "x-relayna-request-id: r-1", "traceparent: 00-a-b-01"));
}

TEST_F(ForwardedFields, NoCredentialOfTheClientsLeavesTheGateway) {
  for (const char* name :
       {"Authorization", "Proxy-Authorization", "X-Api-Key", "x-goog-api-key", "api-key", "X-LiteLLM-Api-Key",
        "x-litellm-key", "x-aih-api-key", "x-relayna-api-key", "X-Apigee-Entra-Token"})
    client.add(name, "rk_live_secret");
  credential = {.secret = {}, .source = "none"};
  EXPECT_THAT(lines(), ElementsAre("Accept-Encoding: identity", "x-relayna-request-id: r-1"));
}

TEST_F(ForwardedFields, WhatIsOursOrOfTheConnectionStays) {
  for (const char* name : {"Host", "Content-Length", "Expect", "Keep-Alive", "TE", "Trailer",
                           "Transfer-Encoding", "Upgrade", "Proxy-Connection", "Forwarded", "traceparent",
                           "X-Relayna-Tags", "x-relayna-task-id", "x-relayna-request-id", "X-Echo-Delay"})
    client.add(name, "x");
  client.add("Connection", "close, X-Private");
  client.add("X-Private", "x");
  EXPECT_THAT(lines(), ElementsAre("Accept-Encoding: identity", "Authorization: Bearer sk-ours",
                                   "x-relayna-request-id: r-1"));
}

TEST_F(ForwardedFields, AHeaderOfTheProvidersOwnReplacesTheClients) {
  to.header = {.mode = domain::CredentialHeaderMode::custom_header, .name = "x-token"};
  client.add("X-Token", "theirs");
  const auto fields = forward();
  EXPECT_EQ(fields.count("x-token"), 1U);
  EXPECT_EQ(fields.get("x-token"), "sk-ours");
  EXPECT_FALSE(fields.find("authorization"));
}

TEST_F(ForwardedFields, AnswersWeReadComeUncompressed) {
  client.add("Accept-Encoding", "gzip, br");
  EXPECT_EQ(forward().get("accept-encoding"), "identity");
  outbound.raw = true;
  EXPECT_EQ(forward().get("accept-encoding"), "gzip, br");
  EXPECT_EQ(forward().count("accept-encoding"), 1U);
  client.remove("accept-encoding");
  EXPECT_FALSE(forward().find("accept-encoding"));
}

TEST_F(ForwardedFields, ABodyThatWasDecodedIsSentSo) {
  client.add("Content-Encoding", "zstd");
  EXPECT_EQ(forward().get("content-encoding"), "zstd");
  outbound.body_was_decoded = true;
  EXPECT_FALSE(forward().find("content-encoding"));
}

TEST_F(ForwardedFields, AnthropicGetsAVersion) {
  to.kind = ProviderKind::anthropic;
  EXPECT_EQ(forward().get("anthropic-version"), "2023-06-01");
  EXPECT_EQ(forward().get("x-api-key"), "sk-ours");
  client.add("Anthropic-Version", "2024-01-01");
  client.add("anthropic-beta", "x");
  const auto fields = forward();
  EXPECT_EQ(fields.get("anthropic-version"), "2024-01-01");
  EXPECT_EQ(fields.count("anthropic-version"), 1U);
  EXPECT_EQ(fields.get("anthropic-beta"), "x");
  to.kind = ProviderKind::openai;
  client.clear();
  EXPECT_FALSE(forward().find("anthropic-version"));
}

TEST_F(ForwardedFields, TrustedWorkersNameTheirTask) {
  outbound.task_id = "t";
  outbound.run_id = "r";
  EXPECT_EQ(forward().get("x-relayna-task-id"), "t");
  EXPECT_EQ(forward().get("x-relayna-run-id"), "r");
}

TEST(JoinTarget, KeepsTheBaseAndOneV1) {
  EXPECT_EQ(join_target("", "/v1/chat/completions", ""), "/v1/chat/completions");
  EXPECT_EQ(join_target("/v1", "/v1/chat/completions", ""), "/v1/chat/completions");
  EXPECT_EQ(join_target("/api/v1", "/v1", "a=b"), "/api/v1?a=b");
  EXPECT_EQ(join_target("/openai", "/v1/models", "limit=2&a"), "/openai/v1/models?limit=2&a");
  EXPECT_EQ(join_target("/v1", "/v1beta/models", ""), "/v1/v1beta/models");
  EXPECT_EQ(join_target("/notv1x", "/v1/x", ""), "/notv1x/v1/x");
  EXPECT_EQ(join_target("", "", ""), "/");
}

}  // namespace
}  // namespace relayna::upstream::test
