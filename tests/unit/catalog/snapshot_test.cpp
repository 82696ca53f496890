#include "relayna/catalog/snapshot.hpp"

#include <gtest/gtest.h>

#include "relayna/catalog/view.hpp"

namespace relayna::catalog {
namespace {

using domain::ProviderKind;

domain::Provider litellm(std::string name, int created, std::string managed_by = {}) {
  domain::Provider out;
  out.name = std::move(name);
  out.kind = ProviderKind::litellm;
  out.created_at = core::SystemTime(std::chrono::seconds(created));
  out.managed_by = std::move(managed_by);
  return out;
}

TEST(Snapshot, FindsByName) {
  Snapshot snapshot;
  snapshot.providers = {litellm("a", 1), litellm("b", 2)};
  snapshot.models = {{.name = "m"}};
  ASSERT_NE(snapshot.provider("b"), nullptr);
  EXPECT_EQ(snapshot.provider("b")->name, "b");
  EXPECT_EQ(snapshot.provider("B"), nullptr);
  EXPECT_EQ(snapshot.provider(""), nullptr);
  EXPECT_NE(snapshot.model("m"), nullptr);
  EXPECT_EQ(snapshot.model("n"), nullptr);
}

TEST(Snapshot, ARouteWithoutRowHasTheDefaults) {
  Snapshot snapshot;
  snapshot.routes[domain::Route::messages] = {.route = domain::Route::messages, .timeout_ms = 5};
  EXPECT_EQ(snapshot.route(domain::Route::messages).timeout_ms, 5);
  const auto other = snapshot.route(domain::Route::embeddings);
  EXPECT_EQ(other.route, domain::Route::embeddings);
  EXPECT_TRUE(other.enabled);
  EXPECT_FALSE(other.timeout_ms);
  EXPECT_FALSE(other.drain_on_disconnect);
}

TEST(Snapshot, TheLiteLlmIsTheNewestStoredElseTheEnvironments) {
  Snapshot snapshot;
  EXPECT_EQ(snapshot.litellm(), nullptr);
  snapshot.providers.emplace_back().name = "openai";
  EXPECT_EQ(snapshot.litellm(), nullptr);
  const auto found = [&](std::vector<domain::Provider> providers) {
    snapshot.providers = std::move(providers);
    return snapshot.litellm()->name;
  };
  EXPECT_EQ(found({litellm("env", 9, "env")}), "env");
  EXPECT_EQ(found({litellm("env", 9, "env"), litellm("row", 1)}), "row");
  EXPECT_EQ(found({litellm("row", 1), litellm("env", 9, "env")}), "row");
  EXPECT_EQ(found({litellm("old", 1), litellm("new", 3, "file"), litellm("mid", 2)}), "new");
}

TEST(View, KnowsNothingUntilTheFirstSnapshot) {
  View view;
  EXPECT_FALSE(view.loaded());
  ASSERT_NE(view.current(), nullptr);
  EXPECT_TRUE(view.current()->providers.empty());
}

TEST(View, ARequestKeepsTheSnapshotItBeganWith) {
  View view;
  auto first = std::make_shared<Snapshot>();
  first->revision = 1;
  view.replace(first);
  EXPECT_TRUE(view.loaded());
  const SnapshotPtr held = view.current();
  first.reset();
  auto second = std::make_shared<Snapshot>();
  second->revision = 2;
  view.replace(second);
  EXPECT_EQ(view.current()->revision, 2);
  EXPECT_EQ(held->revision, 1);
  EXPECT_EQ(held.use_count(), 1) << "nobody else keeps what is replaced";
}

}  // namespace
}  // namespace relayna::catalog
