#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "administration_samples.hpp"
#include "recorder.hpp"

// What changes together: all of it or nothing, one after the other, told once it is so.

namespace relayna::test {
namespace {

using domain::Team;

const core::Error kStop(core::ErrorCode::invalid_request, "stop");

class UnitContract : public AdministrationContract {
 protected:
  std::string count(const std::string& table) { return backend().sql("SELECT count(*) FROM " + table); }
};
INSTANTIATE_TEST_SUITE_P(Stores, UnitContract, kBackends, backend_name);

store::IdempotentAnswer sample_answer(const std::string& key) {
  return {.operator_id = "ada",
          .key = key,
          .request = digest_of("POST /x"),
          .status = 201,
          .location = "/admin/v1/teams/1",
          .body = R"({"id": 1})",
          .created_at = at(40, 4)};
}

TEST_P(UnitContract, AnErrorLeavesNothing) {
  const auto revision = *store().catalog().revision();
  const auto done = change([&](store::Unit& unit) -> core::Result<void> {
    EXPECT_TRUE(unit.of<Team>().insert(sample_team("t")));
    EXPECT_TRUE(unit.record(sample_audit("teams.create")));
    EXPECT_TRUE(unit.claim("ada", "k"));
    EXPECT_TRUE(unit.keep(sample_answer("k")));
    return std::unexpected(kStop);
  });
  EXPECT_FAILS(invalid_request, done);
  EXPECT_EQ(done.error().message, "stop");
  for (const char* table : {"teams", "audit_events", "idempotency_keys"})
    EXPECT_EQ(count(table), "0\n") << table;
  EXPECT_EQ(*store().catalog().revision(), revision);
}

TEST_P(UnitContract, WhatTheDatabaseRefusedEndsItEvenWhenOverlooked) {
  const auto team = sample_team("t");
  const auto done = change([&](store::Unit& unit) -> core::Result<void> {
    EXPECT_TRUE(unit.of<Team>().insert(team));
    EXPECT_FAILS(conflict, unit.of<Team>().insert(team));
    EXPECT_FAILS(conflict, unit.of<Team>().find(team.id));
    EXPECT_FAILS(conflict, unit.record(sample_audit("x")));
    return {};
  });
  EXPECT_FAILS(conflict, done);
  EXPECT_EQ(count("teams"), "0\n");
}

TEST_P(UnitContract, WhatOnlyWeRefusedDoesNot) {
  ASSERT_OK(change([&](store::Unit& unit) -> core::Result<void> {
    EXPECT_FAILS(not_found, unit.of<Team>().update(sample_team("t")));
    EXPECT_FAILS(not_found, unit.of<Team>().remove(new_id()));
    return unit.of<Team>().insert(sample_team("u"));
  }));
  EXPECT_EQ(count("teams"), "1\n");
}

TEST_P(UnitContract, SeesItsOwnChanges) {
  const auto team = sample_team("t");
  ASSERT_OK(change([&](store::Unit& unit) -> core::Result<void> {
    if (auto done = unit.of<Team>().insert(team); !done) return done;
    const auto found = unit.of<Team>().find(team.id);
    EXPECT_TRUE(found && *found);
    if (auto done = unit.of<domain::Project>().insert(sample_project("p", team.id)); !done) return done;
    EXPECT_FAILS(conflict, unit.of<Team>().remove(team.id));
    return {};
  }));
}

TEST_P(UnitContract, RecordsWhatWasDone) {
  const auto event = sample_audit("keys.rotate");
  auto bare = domain::AuditEvent{.id = new_id(), .created_at = at(1), .actor_name = "cli", .action = "x"};
  auto odd = sample_audit("keys.create");
  odd.user_agent = "\xff";
  ASSERT_OK(change([&](store::Unit& unit) -> core::Result<void> {
    for (const auto& each : {event, bare, odd}) {
      if (auto done = unit.record(each); !done) return done;
    }
    return {};
  }));
  EXPECT_TRUE(same(*get<domain::AuditEvent>(event.id), event));
  EXPECT_TRUE(same(*get<domain::AuditEvent>(bare.id), bare));
  EXPECT_EQ(get<domain::AuditEvent>(odd.id)->user_agent, "\uFFFD");
  EXPECT_EQ(list<domain::AuditEvent>().size(), 3U);
  EXPECT_EQ(
      list<domain::AuditEvent>({.where = {{.column = "actor_id", .test = store::Filter::Test::is_null}}})
          .size(),
      1U);
}

TEST_P(UnitContract, NoticesComeWithTheCommitOncePerRow) {
  Recorder told;
  const auto feed = store().watch(told.callback());
  ASSERT_TRUE(told.wait_for([](const store::Change& c) { return c.kind.empty(); }));
  const auto team = sample_team("t");
  const auto admin = sample_operator("o");
  const auto route = Example<domain::RouteSettings>::make({});
  ASSERT_OK(change([&](store::Unit& unit) -> core::Result<void> {
    if (auto done = unit.of<Team>().insert(team); !done) return done;
    if (auto done = unit.of<Team>().update(team); !done) return done;
    if (auto done = unit.of<domain::Operator>().insert(admin); !done) return done;
    if (auto done = unit.of<domain::RouteSettings>().insert(route); !done) return done;
    EXPECT_FALSE(told.next(std::chrono::milliseconds(400))) << "told of what may yet not happen";
    return unit.record(sample_audit("x"));
  }));
  std::vector<std::pair<std::string, std::string>> heard;
  while (const auto change = told.next(std::chrono::milliseconds(heard.size() < 3 ? 10'000 : 1'500)))
    heard.emplace_back(change->kind, change->id);
  const std::vector<std::pair<std::string, std::string>> expected{
      {"teams", team.id}, {"operators", admin.id}, {"route_settings", "/v1/messages/count_tokens"}};
  EXPECT_EQ(heard, expected);
}

TEST_P(UnitContract, RemovalsTellOfWhatWentWithThem) {
  const World world;
  ASSERT_OK(change([&](store::Unit& unit) { return world.insert(unit); }));
  const auto layer = sample_layer(domain::LayerKind::key, world.key.id);
  const auto mapping = sample_mapping(domain::CredentialMapping::Scope::key, world.key.id);
  const auto limit = sample_limit("l", domain::LimitScope::key, world.key.id);
  ASSERT_OK(insert(layer));
  ASSERT_OK(insert(mapping));
  ASSERT_OK(insert(limit));
  ASSERT_OK(insert(sample_session(world.admin.id)));
  Recorder told;
  const auto feed = store().watch(told.callback());
  ASSERT_TRUE(told.wait_for([](const store::Change& c) { return c.kind.empty(); }));
  ASSERT_OK(remove<domain::VirtualKey>(world.key.id));
  ASSERT_OK(remove<domain::Operator>(world.admin.id));
  std::set<std::pair<std::string, std::string>> heard;
  while (heard.size() < 6) {
    const auto change = told.next();
    ASSERT_TRUE(change);
    if (!change->kind.empty()) heard.emplace(change->kind, change->id);
  }
  EXPECT_EQ(heard, (std::set<std::pair<std::string, std::string>>{{"keys", world.key.id},
                                                                  {"policy_layers", ""},
                                                                  {"credential_mappings", ""},
                                                                  {"limits", ""},
                                                                  {"operators", world.admin.id},
                                                                  {"sessions", ""}}));
  for (const char* table : {"policy_layers", "credential_mappings", "limits", "sessions"})
    EXPECT_EQ(count(table), "0\n") << table;
}

TEST_P(UnitContract, NobodyIsToldOfDeliveriesAuditsAndTouches) {
  const World world;
  ASSERT_OK(change([&](store::Unit& unit) { return world.insert(unit); }));
  const auto session = sample_session(world.admin.id);
  ASSERT_OK(insert(session));
  const auto before = *store().catalog().revision();
  ASSERT_OK(insert(sample_delivery(world.webhook.id, "o")));
  ASSERT_OK(change([&](store::Unit& unit) { return unit.record(sample_audit("x")); }));
  ASSERT_OK(admin().touch_operator(world.admin.id, at(900)));
  ASSERT_OK(admin().touch_session(session.id, at(900)));
  EXPECT_EQ(*store().catalog().revision(), before);
}

TEST_P(UnitContract, ChangesOfOneRowComeOneAfterTheOther) {
  constexpr int kRounds = 200;
  const World world;
  auto counter = sample_delivery(world.webhook.id, "counter");
  counter.attempts = 0;
  ASSERT_OK(insert(world.webhook));
  ASSERT_OK(insert(counter));
  std::atomic<int> failures = 0;
  const auto count_up = [&] {
    for (int i = 0; i < kRounds; ++i) {
      const auto done = admin().change([&](store::Unit& unit) -> core::Result<void> {
        auto row = unit.of<domain::AlertDelivery>().find(counter.id);
        if (!row) return std::unexpected(row.error());
        ++(*row)->attempts;
        return unit.of<domain::AlertDelivery>().update(**row);
      });
      if (!done) ++failures;
    }
  };
  std::thread other(count_up);
  count_up();
  other.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(get<domain::AlertDelivery>(counter.id)->attempts, 2 * kRounds);
}

TEST_P(UnitContract, UniqueFieldsAreNamed) {
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

TEST_P(UnitContract, NamesAndEmailsOfRevokedOperatorsAreFree) {
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

TEST_P(UnitContract, DanglingReferencesAreNamed) {
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

TEST_P(UnitContract, WhatOthersReferToStays) {
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
  const auto with_projects = remove<Team>(team.id);
  EXPECT_FAILS(conflict, with_projects);
  EXPECT_EQ(with_projects.error().message, "projects refer to it: remove them or move them first");
  ASSERT_OK(remove<domain::VirtualKey>(key.id));
  ASSERT_OK(remove<domain::Project>(project.id));
  ASSERT_OK(remove<Team>(team.id));
}

TEST_P(UnitContract, AKeyOfIdempotencyStandsForItsFirstAnswer) {
  const auto answer = sample_answer("k");
  const auto use = [&](const std::string& operator_id) {
    std::optional<store::IdempotentAnswer> kept;
    EXPECT_TRUE(change([&](store::Unit& unit) -> core::Result<void> {
      auto claimed = unit.claim(operator_id, "k");
      if (!claimed) return std::unexpected(claimed.error());
      kept = std::move(*claimed);
      if (kept) return {};
      auto mine = answer;
      mine.operator_id = operator_id;
      return unit.keep(mine);
    }));
    return kept;
  };
  EXPECT_FALSE(use("ada"));
  const auto again = use("ada");
  ASSERT_TRUE(again);
  EXPECT_TRUE(same(*again, answer));
  EXPECT_FALSE(use("bob")) << "another operator's keys are others";
}

TEST_P(UnitContract, AClaimWithoutAnAnswerIsABug) {
  EXPECT_FAILS(internal_error, change([](store::Unit& unit) -> core::Result<void> {
                 EXPECT_TRUE(unit.claim("ada", "k"));
                 return {};
               }));
  EXPECT_FAILS(internal_error, change([](store::Unit& unit) { return unit.keep(sample_answer("k")); }));
  EXPECT_EQ(count("idempotency_keys"), "0\n");
}

TEST_P(UnitContract, ConcurrentUsesOfAKeyDoTheWorkOnce) {
  std::atomic<int> done = 0;
  std::atomic<int> replayed = 0;
  std::atomic<int> failed = 0;
  std::vector<std::thread> users;
  for (int i = 0; i < 4; ++i) {
    users.emplace_back([&] {
      bool mine = false;
      const auto result = change([&](store::Unit& unit) -> core::Result<void> {
        auto kept = unit.claim("ada", "k");
        if (!kept) return std::unexpected(kept.error());
        mine = !*kept;
        if (!mine) return {};
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        if (auto inserted = unit.of<Team>().insert(sample_team("once")); !inserted) return inserted;
        return unit.keep(sample_answer("k"));
      });
      if (!result)
        ++failed;
      else
        ++(mine ? done : replayed);
    });
  }
  for (auto& user : users) user.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(done, 1);
  EXPECT_EQ(replayed, 3);
  EXPECT_EQ(count("teams"), "1\n");
}

TEST_P(UnitContract, AClaimIsFreeAgainWhenItsWorkFailed) {
  EXPECT_FAILS(invalid_request, change([](store::Unit& unit) -> core::Result<void> {
                 EXPECT_TRUE(unit.claim("ada", "k"));
                 return std::unexpected(kStop);
               }));
  ASSERT_OK(change([](store::Unit& unit) -> core::Result<void> {
    const auto kept = unit.claim("ada", "k");
    EXPECT_TRUE(kept && !*kept);
    return unit.keep(sample_answer("k"));
  }));
}

}  // namespace
}  // namespace relayna::test
