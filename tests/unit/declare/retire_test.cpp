#include "fixture.hpp"

namespace relayna::declare {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const std::string kWhole =
    "providers: [{name: p, kind: openai, base_url: 'http://h', credential: c}]\nmodels: [{name: m, provider: "
    "p}]\nroutes: {embeddings: {enabled: false}}\n"
    "projects: [{name: j, team: t}]\nkeys: [{name: k, project: j, secret: " +
    key_secret('a') +
    "}]\n"
    "policies: [{kind: global, allow_tools: false}, {kind: model, scope: m, deny: true}]\n";

TEST_F(ApplyTest, WhatIsGoneIsDisabledAndReportedOnce) {
  apply_text(kWhole);
  const Report report = apply_text("{}\n");
  EXPECT_THAT(report.disabled, UnorderedElementsAre("provider p", "model m", "route embeddings", "project j",
                                                    "team t", "key k", "policy global", "policy model m"));
  EXPECT_FALSE(provider("p").provider.enabled);
  EXPECT_EQ(provider("p").sealed_credential, "1|provider:p:credential|c") << "kept, for when it comes back";
  EXPECT_FALSE(store_.rows.models[0].enabled);
  EXPECT_TRUE(store_.rows.routes[0].enabled);
  EXPECT_TRUE(store_.rows.projects[0].disabled);
  EXPECT_TRUE(store_.rows.teams[0].disabled);
  EXPECT_TRUE(key("k").disabled);
  EXPECT_EQ(store_.rows.layers[0].policy, domain::Policy{});
  const int writes = store_.writes;
  EXPECT_THAT(apply_text("{}\n").disabled, IsEmpty());
  EXPECT_EQ(store_.writes, writes);
}

TEST_F(ApplyTest, WhatComesBackIsEnabledAgain) {
  apply_text(kWhole);
  const std::string id = key("k").id;
  apply_text("{}\n");
  const Report report = apply_text(kWhole);
  EXPECT_THAT(report.created, IsEmpty());
  EXPECT_EQ(report.updated.size(), 8U);
  EXPECT_TRUE(provider("p").provider.enabled);
  EXPECT_EQ(sealing_.seals, 1);
  EXPECT_FALSE(key("k").disabled);
  EXPECT_EQ(key("k").id, id);
  EXPECT_FALSE(store_.rows.routes[0].enabled);
  EXPECT_FALSE(store_.rows.projects[0].disabled);
  EXPECT_FALSE(store_.rows.teams[0].disabled);
  EXPECT_FALSE(store_.rows.layers[0].policy.allow_tools);
}

TEST_F(ApplyTest, OnlyWhatTheFileManagesIsDisabled) {
  apply_text(kWhole);
  for (auto& row : store_.rows.providers) row.provider.managed_by.clear();
  for (auto& model : store_.rows.models) model.managed_by.clear();
  for (auto& project : store_.rows.projects) project.managed_by.clear();
  for (auto& team : store_.rows.teams) team.managed_by.clear();
  for (auto& layer : store_.rows.layers) layer.managed_by.clear();
  for (auto& key : store_.all_keys) key.managed_by.clear();
  store_.records().erase("declared_file_routes");
  EXPECT_THAT(apply_text("{}\n").disabled, IsEmpty());
  EXPECT_FALSE(key("k").disabled);
}

TEST_F(ApplyTest, RevokedAndDisabledKeysAreLeftAlone) {
  apply_text("keys: [{name: a, secret: " + key_secret('a') + "}, {name: b, secret: " + key_secret('b') +
             ", disabled: true}]\n");
  store_.all_keys[0].revoked_at = now_;
  EXPECT_THAT(apply_text("{}\n").disabled, IsEmpty());
}

TEST_F(ApplyTest, RoutesOfTheLastFileAreRemembered) {
  apply_text("routes: {embeddings: {enabled: false}, models: {timeout: 5s}}\n");
  EXPECT_EQ(store_.records().at("declared_file_routes"), "embeddings,models");
  EXPECT_THAT(apply_text("routes: {models: {timeout: 5s}}\n").disabled, ElementsAre("route embeddings"));
  EXPECT_EQ(store_.records().at("declared_file_routes"), "models");
  EXPECT_THAT(apply_text("routes: {models: {timeout: 5s}}\n").disabled, IsEmpty());
  EXPECT_EQ(store_.rows.routes[1].timeout_ms, 5'000);
}

TEST_F(ApplyTest, AFileWithoutRoutesLeavesNoRecord) {
  apply_text("projects: [{name: j}]\n");
  EXPECT_FALSE(store_.records().contains("declared_file_routes"));
}

}  // namespace
}  // namespace relayna::declare
