#include "control/simulator/unsaved_changes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace relayna::control {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class UnsavedChangesTest : public testing::Test {
 protected:
  UnsavedChangesTest() {
    domain::PolicyLayer layer{.id = "0a000000-0000-7000-8000-000000000001"};
    layer.policy.rpm_limit = 5;
    layer.policy.allow_tools = false;
    rows.layers = {layer};
    rows.models = {{.name = "fast", .provider = "echo"}, {.name = "slow", .provider = "echo"}};
  }
  /// The paths of what is wrong.
  std::vector<std::string> apply(const char* changes) {
    Problems problems;
    apply_changes(json::Document::parse(changes), rows, problems);
    std::vector<std::string> paths;
    for (const auto& problem : problems.all()) paths.push_back(problem.path);
    return paths;
  }
  store::CatalogRows rows;
};

TEST_F(UnsavedChangesTest, AStoredRowIsPatched) {
  EXPECT_THAT(apply(R"({"policy_layers": [{"kind": "global", "policy": {"rpm_limit": 9}}]})"), IsEmpty());
  ASSERT_THAT(rows.layers, SizeIs(1));
  EXPECT_EQ(rows.layers[0].policy.rpm_limit, 9);
  EXPECT_FALSE(rows.layers[0].policy.allow_tools) << "nobody spoke of it";
  EXPECT_THAT(apply(R"({"policy_layers": [{"id": "0a000000-0000-7000-8000-000000000001",
                                           "policy": {"rpm_limit": null}}]})"),
              IsEmpty());
  EXPECT_FALSE(rows.layers[0].policy.rpm_limit);
}

TEST_F(UnsavedChangesTest, AnotherRowIsAdded) {
  EXPECT_THAT(apply(R"({"policy_layers": [{"kind": "model", "scope_id": "gpt-*"}]})"), IsEmpty());
  ASSERT_THAT(rows.layers, SizeIs(2));
  EXPECT_EQ(rows.layers[1].scope_id, "gpt-*");
  EXPECT_NE(rows.layers[1].id, "") << "it can be named";
  EXPECT_THAT(apply(R"({"limits": [{"name": "all", "scope": "global", "requests_per_day": 7}]})"), IsEmpty());
  EXPECT_THAT(rows.limits, SizeIs(1));
}

TEST_F(UnsavedChangesTest, ARowGoes) {
  EXPECT_THAT(apply(R"({"models": [{"name": "fast", "remove": true}], "policy_layers":
                        [{"kind": "global", "remove": true}]})"),
              IsEmpty());
  EXPECT_THAT(rows.models, SizeIs(1));
  EXPECT_THAT(rows.layers, IsEmpty());
}

TEST_F(UnsavedChangesTest, RoutesAreThereBeforeTheyAreStored) {
  EXPECT_THAT(apply(R"({"routes": [{"id": "embeddings", "enabled": false}]})"), IsEmpty());
  ASSERT_THAT(rows.routes, SizeIs(1));
  EXPECT_EQ(rows.routes[0].route, domain::Route::embeddings);
  EXPECT_FALSE(rows.routes[0].enabled);
  EXPECT_THAT(apply(R"({"routes": [{"id": "embeddings", "enabled": true}]})"), IsEmpty());
  ASSERT_THAT(rows.routes, SizeIs(1));
  EXPECT_TRUE(rows.routes[0].enabled);
}

TEST_F(UnsavedChangesTest, WhatCannotBeDoneIsNamed) {
  EXPECT_THAT(apply(R"({"models": [{"name": "none", "remove": true}, {"name": "new"}, 7],
                        "routes": [{"id": "none"}, {"id": "embeddings", "remove": true}],
                        "policy_layers": {}, "colours": []})"),
              ElementsAre("changes.policy_layers", "changes.routes[0].id", "changes.routes[1].remove",
                          "changes.models[0].name", "changes.models[1].provider", "changes.models[2]",
                          "changes.colours"));
}

}  // namespace
}  // namespace relayna::control
