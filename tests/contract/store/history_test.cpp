#include "relayna/store/history.hpp"

#include <array>
#include <atomic>
#include <thread>

#include "relayna/store/analytics.hpp"
#include "relayna/store/lease.hpp"

#include "administration_examples.hpp"
#include "usage_sample.hpp"

// What is old goes, by one replica at a time; what it adds up to stays.

namespace relayna::test {
namespace {

using std::chrono::seconds;
using store::History;

class HistoryContract : public AdministrationContract {
 protected:
  std::int64_t purge(History history, core::SystemTime before, std::size_t at_most = 10) {
    const auto gone = store::purge(store(), history, before, at_most);
    if (!gone) ADD_FAILURE() << gone.error().describe();
    return gone.value_or(-1);
  }
  core::Result<bool> take(const std::string& holder, core::SystemTime now) {
    return store::take_lease(store().secrets(), "work", holder, now, seconds(30));
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, HistoryContract, kBackends, backend_name);

TEST_P(HistoryContract, EachKindIsPurgedByItsOwnAge) {
  const World world;
  ASSERT_OK(change([&](store::Unit& unit) -> core::Result<void> {
    if (auto done = world.insert(unit); !done) return done;
    for (int i = 0; i < 3; ++i) {
      auto event = sample_audit("x");
      event.created_at = at(i);
      if (auto done = unit.record(event); !done) return done;
      auto session = sample_session(world.admin.id);
      session.created_at = at(-100);
      session.expires_at = at(i);
      if (auto done = unit.of<domain::Session>().insert(session); !done) return done;
      const auto key = std::to_string(i);
      if (auto claimed = unit.claim("ada", key); !claimed) return std::unexpected(claimed.error());
      if (auto done = unit.keep({.operator_id = "ada", .key = key, .status = 200, .created_at = at(i)});
          !done)
        return done;
      auto delivery = sample_delivery(world.webhook.id, key);
      delivery.created_at = at(i);
      delivery.next_attempt_at.reset();
      if (auto done = unit.of<domain::AlertDelivery>().insert(delivery); !done) return done;
    }
    return {};
  }));
  std::vector<domain::UsageEvent> events;
  for (int i = 0; i < 3; ++i) {
    events.push_back({.request_id = new_id(), .route = "/v1/messages", .created_at = at(i)});
    events.back().accounted_at = at(i);
  }
  ASSERT_OK(store().usage().insert(events));
  EXPECT_EQ(*store().analytics().count_events(at(2)), 2);
  for (const History history : store::kHistories) {
    EXPECT_EQ(purge(history, at(2), 1), 1) << to_string(history);
    EXPECT_EQ(purge(history, at(2)), 1) << to_string(history);
    EXPECT_EQ(purge(history, at(2)), 0) << to_string(history);
    EXPECT_EQ(purge(history, at(3)), 1) << to_string(history);
  }
  EXPECT_EQ(*store().analytics().count_events(at(3)), 0);
}

TEST_P(HistoryContract, WithoutEventsBalancesAndSumsAreAsBefore) {
  std::mt19937 random(7);
  const UsageWorld world;
  std::vector<domain::UsageEvent> events;
  for (int i = 0; i < 200; ++i) {
    events.push_back(random_event(random, world));
    events.back().accounted_at = events.back().created_at;
  }
  ASSERT_OK(store().usage().insert(events));
  std::vector<store::BalanceQuery> asked;
  for (int day = 0; day <= world.days; ++day) {
    const auto moment = kUsageStart + std::chrono::days(day);
    asked.push_back({.at = moment});
    for (const auto& key : world.keys) asked.push_back({.key_id = key, .at = moment});
    for (const auto& project : world.projects) asked.push_back({.project_id = project, .at = moment});
    for (const auto& user : world.end_users) asked.push_back({.end_user = user, .at = moment});
    for (const auto& model : world.models) asked.push_back({.model = model, .at = moment});
  }
  const auto answers = [&] {
    std::vector<std::array<std::int64_t, 6>> all;
    for (const auto& query : asked) {
      const auto balance = store().usage().balance(query);
      if (!balance) ADD_FAILURE() << balance.error().describe();
      const auto b = balance.value_or(domain::Balance{});
      all.push_back({b.requests_today, b.tokens_today, b.cost_today, b.cost_this_week, b.cost_this_month,
                     b.cost_total});
    }
    return all;
  };
  const auto before = answers();
  const auto summary = store().analytics().summary({});
  ASSERT_OK(summary);
  while (purge(History::usage_events, kUsageStart + std::chrono::days(100), 64) > 0) {
  }
  EXPECT_EQ(*store().usage().count(), 0);
  EXPECT_EQ(answers(), before);
  EXPECT_EQ(store().analytics().summary({})->summary, summary->summary);
}

TEST_P(HistoryContract, ALeaseIsHeldByOneUntilItEnds) {
  EXPECT_TRUE(*take("a", at(0)));
  EXPECT_FALSE(*take("b", at(10)));
  EXPECT_TRUE(*take("a", at(20))) << "who holds it renews it";
  EXPECT_FALSE(*take("b", at(40))) << "until 50";
  EXPECT_TRUE(*take("b", at(50)));
  EXPECT_FALSE(*take("a", at(51)));
  EXPECT_TRUE(*store::take_lease(store().secrets(), "other work", "a", at(51), seconds(30)));
}

TEST_P(HistoryContract, OfManyWhoWantALeaseAtOnceOneGetsIt) {
  for (int round = 0; round < 3; ++round) {
    std::atomic<int> held = 0;
    std::vector<std::thread> replicas;
    for (int i = 0; i < 6; ++i) {
      replicas.emplace_back([&, i] {
        const auto mine = take("replica " + std::to_string(i), at(round * 100));
        if (mine && *mine) ++held;
      });
    }
    for (auto& replica : replicas) replica.join();
    EXPECT_EQ(held, 1) << round;
  }
}

}  // namespace
}  // namespace relayna::test
