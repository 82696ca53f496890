#include <set>
#include <thread>

#include "administration_examples.hpp"

// What happens to rows beside what operators do: signing in, growing old, being delivered.

namespace relayna::test {
namespace {

using domain::AlertDelivery;

class UpkeepContract : public AdministrationContract {};
INSTANTIATE_TEST_SUITE_P(Stores, UpkeepContract, kBackends, backend_name);

TEST_P(UpkeepContract, OperatorsAndSessionsAreFoundByHash) {
  const auto first = sample_operator("first");
  auto second = sample_operator("second");
  second.previous_hash.reset();
  second.previous_valid_until.reset();
  const auto session = sample_session(first.id);
  ASSERT_OK(insert(first));
  ASSERT_OK(insert(second));
  ASSERT_OK(insert(session));
  for (const auto& [hash, id] : {std::pair{first.hash, first.id}, std::pair{*first.previous_hash, first.id},
                                 std::pair{second.hash, second.id}}) {
    const auto found = admin().find_operator(hash);
    ASSERT_OK(found);
    ASSERT_TRUE(*found);
    EXPECT_EQ((*found)->id, id);
  }
  EXPECT_FALSE(*admin().find_operator(digest_of("nobody")));
  EXPECT_TRUE(same(**admin().find_session(session.hash), session));
  EXPECT_FALSE(*admin().find_session(digest_of("nobody")));
}

TEST_P(UpkeepContract, TouchesMoveForwardOnly) {
  auto admin_row = sample_operator("o");
  admin_row.last_used_at.reset();
  const auto session = sample_session(admin_row.id);
  ASSERT_OK(insert(admin_row));
  ASSERT_OK(insert(session));
  for (const int second : {200, 100}) {
    ASSERT_OK(admin().touch_operator(admin_row.id, at(second)));
    ASSERT_OK(admin().touch_session(session.id, at(second)));
  }
  EXPECT_EQ(get<domain::Operator>(admin_row.id)->last_used_at, at(200));
  EXPECT_EQ(get<domain::Session>(session.id)->last_seen_at, at(200));
  EXPECT_FAILS(invalid_request, admin().touch_operator("x", at(1)));
  ASSERT_OK(admin().touch_operator(new_id(), at(1)));
}

TEST_P(UpkeepContract, PurgesTakeTheOldestAndNoMoreThanAllowed) {
  const World world;
  ASSERT_OK(change([&](store::Unit& unit) -> core::Result<void> {
    if (auto done = world.insert(unit); !done) return done;
    for (int i = 0; i < 5; ++i) {
      auto event = sample_audit("x");
      event.created_at = at(i);
      if (auto done = unit.record(event); !done) return done;
      auto session = sample_session(world.admin.id);
      session.expires_at = at(i);
      if (auto done = unit.of<domain::Session>().insert(session); !done) return done;
      auto delivery = sample_delivery(world.webhook.id, std::to_string(i));
      delivery.created_at = at(i);
      delivery.next_attempt_at.reset();
      if (auto done = unit.of<AlertDelivery>().insert(delivery); !done) return done;
      const auto key = std::to_string(i);
      if (auto claimed = unit.claim("ada", key); !claimed) return std::unexpected(claimed.error());
      if (auto done = unit.keep({.operator_id = "ada", .key = key, .status = 200, .created_at = at(i)});
          !done)
        return done;
    }
    auto waiting = sample_delivery(world.webhook.id, "waiting");
    waiting.created_at = at(0);
    return unit.of<AlertDelivery>().insert(waiting);
  }));
  const auto expect_purged = [&](auto purge, const std::string& table, const std::string& left) {
    EXPECT_EQ(*purge(at(3), 2), 2);
    EXPECT_EQ(*purge(at(3), 2), 1);
    EXPECT_EQ(*purge(at(3), 2), 0);
    EXPECT_EQ(backend().sql("SELECT count(*) FROM " + table), left) << table;
  };
  expect_purged([&](auto t, std::size_t n) { return admin().purge_audit(t, n); }, "audit_events", "2\n");
  expect_purged([&](auto t, std::size_t n) { return admin().purge_sessions(t, n); }, "sessions", "2\n");
  expect_purged([&](auto t, std::size_t n) { return admin().purge_idempotent_answers(t, n); },
                "idempotency_keys", "2\n");
  expect_purged([&](auto t, std::size_t n) { return admin().purge_deliveries(t, n); }, "alert_deliveries",
                "3\n");
}

TEST_P(UpkeepContract, DueDeliveriesAreTakenForALease) {
  const World world;
  ASSERT_OK(insert(world.webhook));
  std::vector<AlertDelivery> deliveries;
  for (int i = 0; i < 4; ++i) {
    deliveries.push_back(sample_delivery(world.webhook.id, std::to_string(i)));
    deliveries.back().created_at = at(i);
    deliveries.back().next_attempt_at = at(i);
  }
  deliveries[1].next_attempt_at.reset();
  insert_all(deliveries);
  using std::chrono::seconds;
  const auto taken = admin().take_due(at(2), seconds(30), 10);
  ASSERT_OK(taken);
  ASSERT_EQ(taken->size(), 2U) << "one has ended, one is not due";
  EXPECT_EQ((*taken)[0].id, deliveries[0].id);
  EXPECT_EQ((*taken)[1].id, deliveries[2].id);
  EXPECT_EQ((*taken)[0].next_attempt_at, at(32));
  EXPECT_TRUE(admin().take_due(at(2), seconds(30), 10)->empty());
  EXPECT_EQ(admin().take_due(at(3), seconds(30), 10)->size(), 1U);
  EXPECT_EQ(admin().take_due(at(40), seconds(30), 2)->size(), 2U) << "who took them did not say how it ended";
}

TEST_P(UpkeepContract, TwoTakersNeverTakeTheSame) {
  constexpr int kCount = 60;
  const World world;
  ASSERT_OK(insert(world.webhook));
  std::vector<AlertDelivery> deliveries;
  for (int i = 0; i < kCount; ++i) {
    deliveries.push_back(sample_delivery(world.webhook.id, std::to_string(i)));
    deliveries.back().next_attempt_at = at(i % 3);
  }
  insert_all(deliveries);
  const auto replica = backend().open();
  const auto take = [&](store::Administration& from, std::vector<std::string>& ids) {
    while (ids.size() < kCount) {
      const auto taken = from.take_due(at(5), std::chrono::hours(1), 3);
      if (!taken || taken->empty()) return;
      for (const auto& delivery : *taken) ids.push_back(delivery.id);
    }
  };
  std::vector<std::string> here;
  std::vector<std::string> there;
  std::thread other([&] { take(replica->administration(), there); });
  take(admin(), here);
  other.join();
  std::set<std::string> all(here.begin(), here.end());
  all.insert(there.begin(), there.end());
  EXPECT_EQ(here.size() + there.size(), all.size());
  EXPECT_EQ(all.size(), static_cast<std::size_t>(kCount));
}

}  // namespace
}  // namespace relayna::test
