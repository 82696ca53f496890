#include "relayna/upstream/credential.hpp"

#include <gtest/gtest.h>

#include "snapshot.hpp"

namespace relayna::upstream::test {
namespace {

using domain::CredentialMapping;
using domain::ProviderKind;

CredentialMapping mapping(CredentialMapping::Scope scope, std::string target, std::string secret) {
  return {.id = "m",
          .scope = scope,
          .target_id = std::move(target),
          .credential = core::Secret(std::move(secret))};
}

class CredentialTest : public testing::Test {
 protected:
  CredentialTest() {
    lite.credential = core::Secret("own");
    snapshot.mappings = {mapping(CredentialMapping::Scope::project, "p", "of-project"),
                         mapping(CredentialMapping::Scope::key, "k", "of-key"),
                         mapping(CredentialMapping::Scope::key, "blank", "")};
  }
  /// `source:secret`
  std::string chosen(const domain::Provider& provider, std::string_view key, std::string_view project) {
    const auto found = choose_credential(snapshot, provider, key, project);
    return std::string(found.source) + ":" + std::string(found.secret);
  }
  catalog::Snapshot snapshot;
  domain::Provider lite = provider("lite", ProviderKind::litellm);
};

TEST_F(CredentialTest, TheKeysGoesBeforeTheProjectsBeforeTheProviders) {
  EXPECT_EQ(chosen(lite, "k", "p"), "key_mapping:of-key");
  EXPECT_EQ(chosen(lite, "other", "p"), "project_mapping:of-project");
  EXPECT_EQ(chosen(lite, "other", "other"), "provider:own");
  EXPECT_EQ(chosen(lite, "other", ""), "provider:own");
  EXPECT_EQ(chosen(lite, "blank", "p"), "project_mapping:of-project")
      << "a mapping without credential is none";
  EXPECT_EQ(chosen(lite, "p", "k"), "provider:own") << "a key is no project";
}

TEST_F(CredentialTest, MappingsAreOfLiteLlm) {
  auto oai = provider("oai", ProviderKind::openai);
  EXPECT_EQ(chosen(oai, "k", "p"), "none:");
  oai.credential = core::Secret("own");
  EXPECT_EQ(chosen(oai, "k", "p"), "provider:own");
}

TEST_F(CredentialTest, SaysWhenItIsTheEnvironments) {
  lite.managed_by = "env";
  EXPECT_EQ(chosen(lite, "", ""), "environment:own");
  lite.managed_by = "file";
  EXPECT_EQ(chosen(lite, "", ""), "provider:own");
}

TEST(CredentialField, IsTheProvidersChoiceOrItsApisCustom) {
  const auto field = [](const domain::Provider& p) {
    const auto found = credential_field(p);
    return std::string(found.name) + "=" + std::string(found.value_prefix);
  };
  EXPECT_EQ(field(provider("a", ProviderKind::openai)), "Authorization=Bearer ");
  EXPECT_EQ(field(provider("a", ProviderKind::litellm)), "Authorization=Bearer ");
  EXPECT_EQ(field(provider("a", ProviderKind::internal_service)), "Authorization=Bearer ");
  EXPECT_EQ(field(provider("a", ProviderKind::anthropic)), "x-api-key=");
  EXPECT_EQ(field(provider("a", ProviderKind::azure_openai)), "api-key=");
  EXPECT_EQ(field(provider("a", ProviderKind::gemini)), "x-goog-api-key=");
  auto own = provider("a", ProviderKind::anthropic);
  own.header = {.mode = domain::CredentialHeaderMode::custom_header, .name = "x-token"};
  EXPECT_EQ(field(own), "x-token=");
  own.header.format = domain::CredentialValueFormat::bearer;
  EXPECT_EQ(field(own), "x-token=Bearer ");
}

}  // namespace
}  // namespace relayna::upstream::test
