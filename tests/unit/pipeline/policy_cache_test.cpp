#include "pipeline/policy_cache.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace relayna::pipeline {
namespace {

using testing::SizeIs;

class PolicyCacheTest : public testing::Test {
 protected:
  static std::shared_ptr<const identity::CachedKey> key_of(std::string id, std::int64_t rpm) {
    auto out = std::make_shared<identity::CachedKey>();
    out->key.id = std::move(id);
    out->key.project_id = "project";
    out->key.policy.rpm_limit = rpm;
    return out;
  }
  static domain::PolicyLayer layer(domain::LayerKind kind, std::string scope, std::int64_t rpm) {
    domain::PolicyLayer out{.kind = kind, .scope_id = std::move(scope)};
    out.policy.rpm_limit = rpm;
    return out;
  }
  std::shared_ptr<const Governed> get(std::string_view model = "m-1",
                                      std::string_view route = "/v1/messages") {
    return cache.get(snapshot, key, "team", route, model);
  }
  std::int64_t rpm(std::string_view model = "m-1", std::string_view route = "/v1/messages") {
    return get(model, route)->policy.rpm_limit.value_or(-1);
  }

  PolicyCache cache;
  catalog::Snapshot snapshot;
  std::shared_ptr<const identity::CachedKey> key = key_of("k", 50);
};

TEST_F(PolicyCacheTest, MergesOnceForEachKeyRouteAndModel) {
  snapshot.layers = {layer(domain::LayerKind::model, "m-2", 20),
                     layer(domain::LayerKind::route, "/v1/responses", 10)};
  EXPECT_EQ(rpm(), 50);
  EXPECT_EQ(rpm("m-2"), 20);
  EXPECT_EQ(rpm("m-1", "/v1/responses"), 10);
  EXPECT_EQ(get(), get());
  EXPECT_EQ(get("m-2"), get("m-2"));
  EXPECT_NE(get(), get("m-2"));
}

TEST_F(PolicyCacheTest, HasTheCountersToo) {
  domain::Limit shared{.name = "all", .scope = domain::LimitScope::team, .target = "team"};
  shared.limits.set(domain::LimitKind::usd_per_day, 7);
  snapshot.limits = {shared};
  const auto governed = get();
  ASSERT_THAT(governed->scopes, SizeIs(2));
  std::vector<std::string> ids;
  for (const auto& scope : governed->scopes) ids.push_back(scope.id());
  EXPECT_THAT(ids, testing::UnorderedElementsAre("key:k", "team:team"));
}

TEST_F(PolicyCacheTest, AChangedCatalogIsMergedAnew) {
  snapshot.revision = 1;
  EXPECT_EQ(rpm(), 50);
  snapshot.layers = {layer(domain::LayerKind::project, "project", 30)};
  snapshot.revision = 2;
  EXPECT_EQ(rpm(), 30);
}

TEST_F(PolicyCacheTest, AChangedKeyIsMergedAnew) {
  EXPECT_EQ(rpm(), 50);
  key = key_of("k", 5);
  EXPECT_EQ(rpm(), 5);
  EXPECT_EQ(get(), get());
}

TEST_F(PolicyCacheTest, KeysDoNotSeeEachOthers) {
  EXPECT_EQ(rpm(), 50);
  key = key_of("other", 3);
  EXPECT_EQ(rpm(), 3);
}

TEST_F(PolicyCacheTest, WhatARequestHoldsOutlivesTheCache) {
  const auto held = get();
  snapshot.revision = 2;
  key = key_of("k", 1);
  (void)get();
  EXPECT_EQ(held->policy.rpm_limit, 50);
}

}  // namespace
}  // namespace relayna::pipeline
