#include <condition_variable>
#include <mutex>

#include "backend.hpp"
#include "recorder.hpp"
#include "samples.hpp"
#include "support/process.hpp"

namespace relayna::test {
namespace {

using namespace std::chrono_literals;

class ChangesContract : public StoreContract {};
INSTANTIATE_TEST_SUITE_P(Stores, ChangesContract, kBackends, backend_name);

TEST_P(ChangesContract, TheFirstNoticeSaysThatTheFeedIsLive) {
  ASSERT_OK(store().catalog().upsert_team(sample_team("before"), kActor));
  Recorder recorder;
  const auto feed = store().watch(recorder.callback());
  const auto first = recorder.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->kind, "");
  EXPECT_EQ(first->revision, 1);
}

TEST_P(ChangesContract, AnotherInstanceHearsWithinASecond) {
  Recorder recorder;
  const auto other = backend().open();
  const auto feed = other->watch(recorder.callback());
  ASSERT_TRUE(recorder.next());
  const auto key = sample_key("k");
  const auto before = std::chrono::steady_clock::now();
  ASSERT_OK(store().keys().create(key, kActor));
  const auto change = recorder.next();
  ASSERT_TRUE(change);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 1s);
  EXPECT_EQ(change->kind, "keys");
  EXPECT_EQ(change->id, key.id);
  EXPECT_EQ(change->revision, 1);
}

TEST_P(ChangesContract, EveryMutationSaysWhatItChanged) {
  Recorder recorder;
  const auto feed = store().watch(recorder.callback());
  ASSERT_TRUE(recorder.next());
  auto& catalog = store().catalog();
  const auto expect = [&](const std::string& kind, const std::string& id) {
    const auto change = recorder.next();
    ASSERT_TRUE(change) << kind;
    EXPECT_EQ(change->kind, kind);
    EXPECT_EQ(change->id, id);
  };
  auto key = sample_key("k");
  ASSERT_OK(store().keys().create(key, kActor));
  expect("keys", key.id);
  key.name = "renamed";
  ASSERT_OK(store().keys().update(key, kActor));
  expect("keys", key.id);
  ASSERT_OK(store().keys().revoke(key.id, at(1), kActor));
  expect("keys", key.id);
  const auto team = sample_team("t");
  ASSERT_OK(catalog.upsert_team(team, kActor));
  expect("teams", team.id);
  auto renewed = sample_team("t");
  renewed.managed_by = "someone";
  ASSERT_OK(catalog.upsert_team(renewed, kActor));
  expect("teams", team.id);  // the row's id, not the one offered
  const auto project = sample_project("p");
  ASSERT_OK(catalog.upsert_project(project, kActor));
  expect("projects", project.id);
  const auto provider = sample_provider("p");
  ASSERT_OK(catalog.upsert_provider(provider, kActor));
  expect("providers", provider.provider.id);
  const auto mapping = sample_mapping(domain::CredentialMapping::Scope::project, project.id);
  ASSERT_OK(catalog.upsert_mapping(mapping, kActor));
  expect("credential_mappings", mapping.mapping.id);
  ASSERT_OK(catalog.upsert_model(sample_model("modèle \"x\""), {.name = "\xff odd 'actor'"}));
  expect("models", "modèle \"x\"");
  const auto layer = sample_layer(domain::LayerKind::global, "");
  ASSERT_OK(catalog.upsert_layer(layer, kActor));
  expect("policy_layers", layer.id);
  const auto limit = sample_limit("l", domain::LimitScope::global, "");
  ASSERT_OK(catalog.upsert_limit(limit, kActor));
  expect("limits", limit.id);
  const auto price = sample_price("p", "m");
  ASSERT_OK(catalog.upsert_price(price, kActor));
  expect("price_overrides", price.id);
  ASSERT_OK(catalog.put_route_settings({.route = domain::Route::messages, .enabled = false}, kActor));
  expect("route_settings", "/v1/messages");
}

TEST_P(ChangesContract, AnotherProcessIsHeard) {
  Recorder recorder;
  const auto feed = store().watch(recorder.callback());
  ASSERT_TRUE(recorder.next());
  run({STORE_PEER, backend().location(), "team", "from afar"});
  const auto change = recorder.next(1s);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->kind, "teams");
  EXPECT_EQ(change->id, store().catalog().load()->teams.at(0).id);
}

TEST_P(ChangesContract, WhatFailsIsNotTold) {
  Recorder recorder;
  const auto feed = store().watch(recorder.callback());
  ASSERT_TRUE(recorder.next());
  ASSERT_FALSE(store().catalog().upsert_project(sample_project("p", new_id()), kActor));
  ASSERT_OK(store().catalog().upsert_team(sample_team("t"), kActor));
  const auto change = recorder.next();
  ASSERT_TRUE(change);
  EXPECT_EQ(change->kind, "teams");
  EXPECT_EQ(change->revision, 1);
}

TEST_P(ChangesContract, ABurstIsToldInOrderAndWhole) {
  Recorder recorder;
  const auto other = backend().open();
  const auto feed = other->watch(recorder.callback());
  ASSERT_TRUE(recorder.next());
  constexpr int kChanges = 50;
  for (int i = 0; i < kChanges; ++i)
    ASSERT_OK(store().catalog().upsert_model(sample_model(std::to_string(i)), kActor));
  for (int i = 0; i < kChanges; ++i) {
    const auto change = recorder.next();
    ASSERT_TRUE(change) << i;
    EXPECT_EQ(change->id, std::to_string(i));
    EXPECT_EQ(change->revision, i + 1);
  }
}

TEST_P(ChangesContract, ARevisionThatWentBackMeansReload) {
  for (int i = 0; i < 3; ++i)
    ASSERT_OK(store().catalog().upsert_team(sample_team(std::to_string(i)), kActor));
  Recorder recorder;
  const auto feed = store().watch(recorder.callback());
  ASSERT_TRUE(recorder.next());
  backend().sql("UPDATE catalog_revision SET revision = 1");
  const auto change = recorder.next();
  ASSERT_TRUE(change);
  EXPECT_EQ(change->kind, "");
  EXPECT_EQ(change->revision, 1);
}

TEST_P(ChangesContract, AChangeWhoseNoticeWasLostIsFoundByThePoll) {
  Recorder recorder;
  const auto feed = store().watch(recorder.callback());
  ASSERT_TRUE(recorder.next());
  backend().sql("UPDATE catalog_revision SET revision = revision + 1");
  const auto change = recorder.next();
  ASSERT_TRUE(change);
  EXPECT_EQ(change->kind, "");
  EXPECT_EQ(change->revision, 1);
}

TEST_P(ChangesContract, AFailingListenerDoesNotEndTheFeed) {
  Recorder recorder;
  const auto record = recorder.callback();
  const auto feed = store().watch([&](const store::Change& change) {
    record(change);
    throw std::runtime_error("a listener's bug");
  });
  ASSERT_TRUE(recorder.next());
  ASSERT_OK(store().catalog().upsert_team(sample_team("t"), kActor));
  EXPECT_TRUE(recorder.next());
}

TEST_P(ChangesContract, AFeedStopsAtOnce) {
  Recorder recorder;
  auto feed = store().watch(recorder.callback());
  ASSERT_TRUE(recorder.next());
  const auto before = std::chrono::steady_clock::now();
  feed.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - before, 100ms);
  const auto again = std::chrono::steady_clock::now();
  store().watch(recorder.callback()).reset();
  EXPECT_LT(std::chrono::steady_clock::now() - again, 100ms) << "also while it is only starting";
}

class UnmigratedChanges : public EmptyDatabase {};
INSTANTIATE_TEST_SUITE_P(Stores, UnmigratedChanges, kBackends, backend_name);

TEST_P(UnmigratedChanges, AFeedMayBeThereBeforeTheSchema) {
  Recorder recorder;
  const auto feed = store().watch(recorder.callback());
  ASSERT_OK(store().migrations().apply());
  ASSERT_OK(store().catalog().upsert_team(sample_team("t"), kActor));
  EXPECT_TRUE(recorder.wait_for([](const store::Change& change) { return change.revision == 1; }));
}

}  // namespace
}  // namespace relayna::test
