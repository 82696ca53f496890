#include <algorithm>

#include "administration_examples.hpp"

// What is unique, what must exist, and what stays while others refer to it.

namespace relayna::test {
namespace {

class ReferencesContract : public AdministrationContract {};
INSTANTIATE_TEST_SUITE_P(Stores, ReferencesContract, kBackends, backend_name);

TEST_P(ReferencesContract, UniqueFieldsAreNamed) {
  const World world;
  ASSERT_OK(change([&](store::Unit& unit) { return world.insert(unit); }));
  const auto expect_taken = [&](const auto& row, const std::string& field) {
    const auto refused = insert(row);
    EXPECT_FAILS(conflict, refused);
    if (!refused) EXPECT_EQ(refused.error().param, field) << refused.error().describe();
  };
  expect_taken(sample_team(world.team.name), "name");
  expect_taken(sample_provider(world.provider.provider.name), "name");
  auto admin = sample_operator(world.admin.name);
  admin.email = "other";
  expect_taken(admin, "name");
  admin = sample_operator("other");
  admin.email = world.admin.email;
  expect_taken(admin, "email");
  admin = sample_operator("other");
  admin.hash = world.admin.hash;
  expect_taken(admin, "hash");
  admin = sample_operator("other");
  admin.previous_hash = world.admin.previous_hash;
  expect_taken(admin, "previous_hash");
  expect_taken(sample_webhook(world.webhook.name), "name");
  const auto credential = sample_credential(world.provider.provider.id, "c");
  ASSERT_OK(insert(credential));
  expect_taken(sample_credential(world.provider.provider.id, "c"), "name");
  ASSERT_OK(insert(sample_delivery(world.webhook.id, "80 %")));
  expect_taken(sample_delivery(world.webhook.id, "80 %"), "occasion");
  const auto session = sample_session(world.admin.id);
  ASSERT_OK(insert(session));
  auto twin = sample_session(world.admin.id);
  twin.hash = session.hash;
  expect_taken(twin, "hash");
  const auto model = sample_model("m");
  ASSERT_OK(insert(model));
  expect_taken(model, "name");
  const domain::Setting setting{.name = "s", .value = "{}"};
  ASSERT_OK(insert(setting));
  expect_taken(setting, "name");
  const auto route = Example<domain::RouteSettings>::make(world);
  ASSERT_OK(insert(route));
  expect_taken(route, "route");
}

TEST_P(ReferencesContract, NamesAndEmailsOfRevokedOperatorsAreFree) {
  auto first = sample_operator("same");
  first.revoked_at = at(1);
  ASSERT_OK(insert(first));
  const auto second = sample_operator("same");
  ASSERT_OK(insert(second));
  EXPECT_EQ((*admin().find_operator_by_email("same@example.test"))->id, second.id);
  for (const char* name : {"without", "either"}) {
    auto bare = sample_operator(name);
    bare.email.clear();
    ASSERT_OK(insert(bare));
  }
  EXPECT_FALSE(*admin().find_operator_by_email(""));
  EXPECT_FALSE(*admin().find_operator_by_email("nobody"));
}

TEST_P(ReferencesContract, DanglingReferencesAreNamed) {
  const auto expect_dangling = [&](const auto& row, const std::string& field) {
    const auto refused = insert(row);
    EXPECT_FAILS(invalid_request, refused);
    if (!refused) EXPECT_EQ(refused.error().param, field) << refused.error().describe();
  };
  auto key = sample_key("k");
  key.project_id = new_id();
  expect_dangling(key, "project_id");
  expect_dangling(sample_project("p", new_id()), "team_id");
  expect_dangling(sample_credential(new_id(), "c"), "provider_id");
  expect_dangling(sample_session(new_id()), "operator_id");
  expect_dangling(sample_delivery(new_id(), "o"), "webhook_id");
  expect_dangling(sample_layer(domain::LayerKind::key, new_id()), "scope_id");
  expect_dangling(sample_mapping(domain::CredentialMapping::Scope::project, new_id()), "target_id");
  expect_dangling(sample_limit("l", domain::LimitScope::team, new_id()), "target");
}

TEST_P(ReferencesContract, AUnitFindsWhatRefersToARow) {
  const auto team = sample_team("t");
  ASSERT_OK(insert(team));
  ASSERT_OK(insert(sample_team("other")));
  std::vector<std::string> ids;
  for (const char* name : {"p1", "p2", "p3"}) {
    const auto project = sample_project(name, team.id);
    ids.push_back(project.id);
    ASSERT_OK(insert(project));
  }
  ASSERT_OK(insert(sample_project("without", "")));
  std::ranges::sort(ids);
  ASSERT_OK(change([&](store::Unit& unit) -> core::Result<void> {
    using Test = store::Filter::Test;
    auto& projects = unit.of<domain::Project>();
    std::vector<std::string> found;
    for (const auto& project : projects.find_all({{"team_id", Test::equals, team.id}}).value())
      found.push_back(project.id);
    EXPECT_EQ(found, ids) << "in the order of their ids";
    EXPECT_TRUE(projects.remove(ids.front()));
    const auto left = projects.find_all({{"team_id", Test::equals, team.id}, {"name", Test::contains, "P"}});
    EXPECT_EQ(left.value().size(), 2U) << "what the unit did counts";
    EXPECT_FAILS(invalid_request, projects.find_all({{"team_id", Test::equals, "no id"}}));
    return {};
  }));
}

TEST_P(ReferencesContract, WhatOthersReferToStays) {
  const auto team = sample_team("t");
  const auto project = sample_project("p", team.id);
  auto key = sample_key("k");
  key.project_id = project.id;
  ASSERT_OK(insert(team));
  ASSERT_OK(insert(project));
  ASSERT_OK(insert(key));
  const auto with_keys = remove<domain::Project>(project.id);
  EXPECT_FAILS(conflict, with_keys);
  EXPECT_EQ(with_keys.error().message, "keys refer to it: remove them or move them first");
  const auto with_projects = remove<domain::Team>(team.id);
  EXPECT_FAILS(conflict, with_projects);
  EXPECT_EQ(with_projects.error().message, "projects refer to it: remove them or move them first");
  ASSERT_OK(remove<domain::VirtualKey>(key.id));
  ASSERT_OK(remove<domain::Project>(project.id));
  ASSERT_OK(remove<domain::Team>(team.id));
}

}  // namespace
}  // namespace relayna::test
