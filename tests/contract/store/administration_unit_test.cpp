#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "administration_examples.hpp"
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
  // Texts that are always there are unset when they are empty.
  EXPECT_EQ(
      list<domain::AuditEvent>({.where = {{.column = "target_id", .test = store::Filter::Test::is_null}}})
          .size(),
      1U);
  EXPECT_EQ(
      list<domain::AuditEvent>({.where = {{.column = "target_id", .test = store::Filter::Test::is_not_null}}})
          .size(),
      2U);
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

}  // namespace
}  // namespace relayna::test
