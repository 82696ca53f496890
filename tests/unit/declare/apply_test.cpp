#include "fixture.hpp"

namespace relayna::declare {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const std::string kWhole =
    "providers:\n- {name: p, kind: openai, base_url: 'http://h', credential: plain-credential}\n- {name: e, "
    "kind: echo}\n"
    "models: [{name: m, provider: p}]\nroutes: {embeddings: {enabled: false}}\nprojects: [{name: j, team: "
    "t}]\n"
    "keys: [{name: k, project: j, secret: " +
    key_secret('a') +
    "}]\n"
    "policies: [{kind: global, allow_tools: false}, {kind: project, scope: j}, {kind: team, scope: t}, "
    "{kind: key, scope: k, deny: true}]\n";

TEST_F(ApplyTest, CreatesEverythingOnce) {
  const Report report = apply_text(kWhole);
  EXPECT_THAT(
      report.created,
      UnorderedElementsAre("team t", "project j", "provider p", "provider e", "model m", "route embeddings",
                           "policy global", "policy project j", "policy team t", "key k", "policy key k"));
  EXPECT_THAT(report.updated, IsEmpty());
  EXPECT_THAT(report.disabled, IsEmpty());
  EXPECT_THAT(report.skipped, IsEmpty());
  ASSERT_EQ(store_.rows.projects.size(), 1U);
  EXPECT_EQ(store_.rows.projects[0].team_id, store_.rows.teams[0].id);
  EXPECT_EQ(store_.rows.projects[0].managed_by, "file");
  EXPECT_TRUE(core::Uuid::parse(store_.rows.projects[0].id));
  EXPECT_EQ(key("k").project_id, store_.rows.projects[0].id);
  EXPECT_EQ(store_.rows.layers.size(), 4U);
  EXPECT_EQ(store_.rows.layers[1].scope_id, store_.rows.projects[0].id);
  EXPECT_EQ(store_.rows.layers[2].scope_id, store_.rows.teams[0].id);
  EXPECT_EQ(store_.rows.layers[3].scope_id, key("k").id);
  EXPECT_EQ(store_.rows.models[0].created_at, now_);
  EXPECT_FALSE(store_.rows.routes[0].enabled);
}

TEST_F(ApplyTest, ApplyingTwiceWritesNothing) {
  const Report first = apply_text(kWhole);
  const int writes = store_.writes;
  const int seals = sealing_.seals;
  now_ += std::chrono::hours(1);
  const Report second = apply_text(kWhole);
  EXPECT_EQ(store_.writes, writes);
  EXPECT_EQ(sealing_.seals, seals);
  EXPECT_THAT(second.unchanged, testing::UnorderedElementsAreArray(first.created));
  EXPECT_THAT(second.created, IsEmpty());
  EXPECT_THAT(second.updated, IsEmpty());
}

TEST_F(ApplyTest, CredentialsAreSealedForTheirRow) {
  apply_text(kWhole);
  EXPECT_EQ(provider("p").sealed_credential, "1|provider:p:credential|plain-credential");
  EXPECT_EQ(provider("e").sealed_credential, "");
}

TEST_F(ApplyTest, AChangedCredentialIsSealedAnewAndARemovedOneIsForgotten) {
  const std::string head = "providers: [{name: p, kind: openai, base_url: 'http://h'";
  apply_text(head + ", credential: one}]\n");
  const std::string id = provider("p").provider.id;
  EXPECT_THAT(apply_text(head + ", credential: two}]\n").updated, ElementsAre("provider p"));
  EXPECT_EQ(provider("p").sealed_credential, "2|provider:p:credential|two");
  EXPECT_EQ(provider("p").provider.id, id);
  EXPECT_THAT(apply_text(head + ", credential: two, fallback: litellm}]\n").updated,
              ElementsAre("provider p"));
  EXPECT_EQ(sealing_.seals, 2) << "the credential stayed the same";
  EXPECT_THAT(apply_text(head + "}]\n").updated, ElementsAre("provider p"));
  EXPECT_EQ(provider("p").sealed_credential, "");
}

TEST_F(ApplyTest, ACredentialThatNoLongerOpensIsSealedAnew) {
  const std::string text = "providers: [{name: p, kind: openai, base_url: 'http://h', credential: one}]\n";
  apply_text(text);
  sealing_.opens = false;
  EXPECT_THAT(apply_text(text).updated, ElementsAre("provider p"));
  EXPECT_EQ(sealing_.seals, 2);
}

TEST_F(ApplyTest, EveryFieldOfAProviderCounts) {
  const std::string base = "name: p, kind: openai, base_url: 'http://h'";
  apply_text("providers: [{" + base + "}]\n");
  for (const auto change :
       {"enabled: false", "fallback: litellm", "timeouts: {connect: 1s}", "timeouts: {first_byte: 1s}",
        "timeouts: {idle: 1s}", "credential_header: {mode: custom_header, name: X-T}"}) {
    EXPECT_THAT(apply_text("providers: [{" + base + ", " + change + "}]\n").updated,
                ElementsAre("provider p"))
        << change;
    apply_text("providers: [{" + base + "}]\n");
  }
  EXPECT_THAT(apply_text("providers: [{name: p, kind: litellm, base_url: 'http://h'}]\n").updated,
              ElementsAre("provider p"));
  EXPECT_THAT(apply_text("providers: [{name: p, kind: litellm, base_url: 'http://h2'}]\n").updated,
              ElementsAre("provider p"));
}

TEST_F(ApplyTest, ModelsRoutesLayersAndProjectsAreUpdated) {
  apply_text(kWhole);
  std::string text = kWhole;
  const auto change = [&text](std::string_view from, std::string_view to) {
    text.replace(text.find(from), from.size(), to);
  };
  change("{name: m, provider: p}", "{name: m, provider: e}");
  change("embeddings: {enabled: false}", "embeddings: {timeout: 5s}");
  change("allow_tools: false", "allow_tools: true");
  change("team: t}", "team: t2}");
  change("{kind: team, scope: t}, ", "");
  const Report report = apply_text(text);
  EXPECT_THAT(report.updated,
              UnorderedElementsAre("model m", "route embeddings", "policy global", "project j"));
  EXPECT_THAT(report.created, ElementsAre("team t2"));
  EXPECT_EQ(store_.rows.models[0].provider, "e");
  EXPECT_EQ(store_.rows.routes[0].timeout_ms, 5'000);
  EXPECT_TRUE(store_.rows.layers[0].policy.allow_tools);
  EXPECT_EQ(store_.rows.projects[0].team_id, store_.rows.teams[1].id);
}

TEST_F(ApplyTest, WhatWasMadeElsewhereIsTakenOver) {
  store_.rows.projects.push_back({.id = core::IdGenerator().uuid7().str(), .name = "j"});
  store_.rows.providers.push_back(
      {.provider = {.id = "id", .name = "e", .kind = domain::ProviderKind::echo}});
  const std::string project = store_.rows.projects[0].id;
  EXPECT_THAT(apply_text("projects: [{name: j}]\nproviders: [{name: e, kind: echo}]\n").updated,
              ElementsAre("project j", "provider e"));
  EXPECT_EQ(store_.rows.projects[0].id, project);
  EXPECT_EQ(store_.rows.projects[0].managed_by, "file");
  EXPECT_EQ(provider("e").provider.managed_by, "file");
}

TEST_F(ApplyTest, TheRevisionIsKept) {
  const std::string text = "projects: [{name: j}]\n";
  apply_text(text);
  EXPECT_EQ(store_.records().at("declared_file_revision"), read(text, "f.yaml", {}).file.revision);
  apply_text("projects: [{name: j2}]\n");
  EXPECT_NE(store_.records().at("declared_file_revision"), read(text, "f.yaml", {}).file.revision);
}

TEST_F(ApplyTest, AFailureNamesTheObjectAndCanBeRepeated) {
  const Reading reading = read(kWhole, "f.yaml", {});
  for (int step = 0; step < 11; ++step) {
    FakeStore store;
    store.fail_after = step;
    const auto failed = apply(reading.file, store, sealing_.get(), now_);
    ASSERT_FALSE(failed) << step;
    EXPECT_EQ(failed.error().code, core::ErrorCode::store_unavailable);
    EXPECT_THAT(std::string(failed.error().public_message()),
                testing::MatchesRegex("(team|project|provider|model|route|policy|key) .*: away"));
    store.fail_after.reset();
    const auto repeated = apply(reading.file, store, sealing_.get(), now_);
    ASSERT_TRUE(repeated);
    EXPECT_EQ(repeated->created.size() + repeated->unchanged.size(), 11U) << step;
    EXPECT_EQ(store.all_keys.size(), 1U);
  }
}

}  // namespace
}  // namespace relayna::declare
