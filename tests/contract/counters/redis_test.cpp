// What only Redis does: scripts it forgets, stalls, lost connections, replicas that die.

#include <algorithm>

#include "contract/counters/backend.hpp"

namespace relayna::test {
namespace {

using counters::Admission;
using counters::Outcome;
using counters::Scope;
using domain::LimitKind;
using std::chrono::milliseconds;
using std::chrono::seconds;

class RedisCountersTest : public testing::Test {
 protected:
  std::shared_ptr<counters::Counters> replica(std::string name, RedisClient& through) {
    return counters::make_redis_counters(loop.shard, through.link(),
                                         {.replica = std::move(name), .prefix = prefix, .clock = &clock});
  }
  Scope concurrency(std::int64_t most) {
    Scope scope{.id = "scope"};
    scope.limits.set(LimitKind::concurrent_requests, most);
    return scope;
  }
  template <class T>
  T value(runtime::Task<core::Result<T>> task) {
    auto result = loop.run(std::move(task));
    if (!result) throw std::runtime_error(result.error().describe());
    if constexpr (!std::is_void_v<T>) return std::move(*result);
  }
  /// As Redis knows it.
  std::string key(const std::string& name) { return prefix + std::string(counters::kRedisFormat) + name; }
  std::int64_t at_once(counters::Counters& asked) {
    const auto admission = value(asked.admit({.request_id = "look", .scopes = {concurrency(1'000)}}));
    value(asked.release("look"));
    return admission.standings.at(0).used[static_cast<std::size_t>(LimitKind::concurrent_requests)] - 1;
  }

  Loop loop;
  WallClock clock;
  std::string prefix = new_prefix();
  RedisClient client{loop};
  std::shared_ptr<counters::Counters> counters = replica("here", client);
};

TEST_F(RedisCountersTest, BringsItsScriptsWhenRedisForgotThem) {
  client.command({"SCRIPT", "FLUSH"});
  client.command({"CONFIG", "RESETSTAT"});
  EXPECT_EQ(value(counters->admit({.request_id = "a", .scopes = {concurrency(1)}})).outcome,
            Outcome::admitted);
  EXPECT_TRUE(value(counters->settle("a", {})).known);
  client.command({"SCRIPT", "FLUSH"});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(at_once(*counters), 0);
  EXPECT_FALSE(value(counters->extend("a", {})).known);
  value(counters->seed("scope", {}, {}));
  value(counters->account({{.request_id = "a", .scopes = {"scope"}}}));
  value(counters->renew(seconds(30)));
  value(counters->use({concurrency(1)}));
  value(counters->reset({.id = "reset", .scope = "scope"}));
  const auto stats = client.command({"INFO", "commandstats"}).text;
  EXPECT_NE(stats.find("cmdstat_eval:calls=10,"), std::string::npos) << "each brought once per flush\n"
                                                                     << stats;
}

/// The production time-outs.
TEST_F(RedisCountersTest, AnswersWithinAHundredMillisecondsAndTakesBackALateAdmission) {
  RedisClient quick(loop, {});
  const auto impatient = replica("here", quick);
  ASSERT_EQ(value(impatient->admit({.request_id = "first", .scopes = {concurrency(100)}})).outcome,
            Outcome::admitted);
  // The best of three: this machine may have other things to do.
  auto waited = std::chrono::steady_clock::duration::max();
  for (const auto* id : {"late1", "late2", "late3"}) {
    redis_server().pause();
    const auto asked = std::chrono::steady_clock::now();
    const auto late = loop.run(impatient->admit({.request_id = id, .scopes = {concurrency(100)}}));
    waited = std::min(waited, std::chrono::steady_clock::now() - asked);
    redis_server().resume();
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, core::ErrorCode::control_state_unavailable);
  }
  EXPECT_GE(waited, milliseconds(79));
  EXPECT_LT(waited, milliseconds(100));
  // Over the other connection: what the first one asked is carried out when Redis breathes again.
  EXPECT_TRUE(loop.until([&] {
    // A reservation is two fields: itself, and its limits with the memo.
    return client.command({"HLEN", key("open:here")}).integer == 2 &&
           client.command({"HEXISTS", key("open:here"), "first"}).integer == 1;
  }));
  EXPECT_EQ(at_once(*counters), 1) << "the first one's";
}

TEST_F(RedisCountersTest, TakesBackAnAdmissionWhoseConnectionWasLost) {
  RedisClient quick(loop, {.command_timeout = milliseconds(400), .give_up = milliseconds(500)});
  const auto impatient = replica("here", quick);
  redis_server().pause();
  // Lies in the socket's buffer. Its release does, too, or follows over the next connection.
  std::optional<core::Result<Admission>> late;
  runtime::TaskGroup group(loop.shard.executor());
  group.spawn([](counters::Counters* asked, Scope scope,
                 std::optional<core::Result<Admission>>* answer) -> runtime::Task<void> {
    answer->emplace(co_await asked->admit({.request_id = "late", .scopes = {std::move(scope)}}));
  }(impatient.get(), concurrency(100), &late));
  EXPECT_TRUE(loop.until([&] { return late && !quick.link().connected(); }));
  redis_server().resume();
  ASSERT_FALSE(late->has_value());
  EXPECT_TRUE(loop.until([&] { return quick.link().connected(); }));
  EXPECT_TRUE(loop.until([&] { return client.command({"EXISTS", key("open:here")}).integer == 0; }));
  EXPECT_EQ(at_once(*counters), 0);
  EXPECT_TRUE(loop.until([&] { return group.size() == 0; }));
}

TEST_F(RedisCountersTest, DoesNotTakeBackWhatIsAskedForAnew) {
  RedisClient quick(loop, {.command_timeout = milliseconds(50)});
  const auto impatient = replica("here", quick);
  redis_server().pause();
  EXPECT_FALSE(loop.run(impatient->admit({.request_id = "again", .scopes = {concurrency(100)}})));
  redis_server().resume();
  EXPECT_TRUE(loop.until([&] {
    return loop.run(impatient->admit({.request_id = "again", .scopes = {concurrency(100)}})).has_value();
  }));
  const auto until = std::chrono::steady_clock::now() + milliseconds(700);
  EXPECT_TRUE(loop.until([&] { return std::chrono::steady_clock::now() > until; }));
  EXPECT_EQ(at_once(*counters), 1);
}

TEST_F(RedisCountersTest, FailsWithoutAConnectionAndNothingStaysBehind) {
  RedisClient stopped(loop);
  const auto apart = replica("here", stopped);
  loop.run(stopped.link().stop());
  const auto refused = loop.run(apart->admit({.request_id = "a", .scopes = {concurrency(1)}}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, core::ErrorCode::control_state_unavailable);
  EXPECT_EQ(loop.run(apart->settle("a", {})).error().code, core::ErrorCode::control_state_unavailable);
}

TEST_F(RedisCountersTest, RefusesCleanlyWhenRedisIsFullButLetsReservationsGo) {
  value(counters->admit({.request_id = "a", .scopes = {concurrency(10)}}));
  client.command({"CONFIG", "SET", "maxmemory", "1"});
  const auto refused = loop.run(counters->admit({.request_id = "b", .scopes = {concurrency(10)}}));
  const auto settled = loop.run(counters->settle("a", {}));
  client.command({"CONFIG", "SET", "maxmemory", "0"});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("OOM"), std::string::npos) << refused.error().detail;
  ASSERT_TRUE(settled) << settled.error().describe();
  EXPECT_TRUE(settled->known);
  EXPECT_EQ(at_once(*counters), 0);
}

TEST_F(RedisCountersTest, HandsTheReservationsOfADeadReplicaToAnother) {
  const auto other = replica("other", client);
  Scope money{.id = "money"};
  money.limits.set(LimitKind::usd_total, 1'000);
  counters::AdmitRequest request{.request_id = "a",
                                 .scopes = {concurrency(10), money},
                                 .amounts = {.tokens = 7, .cost_nanos = 9},
                                 .memo = std::string("me\0mo", 5)};
  value(counters->renew(seconds(30)));
  ASSERT_EQ(value(counters->admit(request)).outcome, Outcome::unseeded);
  value(counters->seed("money", {.snapshot = "1:1:"}, {}));
  const auto admission = value(counters->admit(request));
  EXPECT_TRUE(value(other->dead_replicas(seconds(10))).empty());
  clock.advance(seconds(35));
  EXPECT_TRUE(value(other->dead_replicas(seconds(10))).empty()) << "its lease ended, the grace did not";
  clock.advance(seconds(6));
  EXPECT_EQ(value(other->dead_replicas(seconds(10))), std::vector<std::string>{"here"});
  EXPECT_TRUE(value(counters->dead_replicas(seconds(10))).empty()) << "nobody buries itself";

  const auto orphans = value(other->orphans("here"));
  ASSERT_EQ(orphans.size(), 1U);
  EXPECT_EQ(orphans[0].request_id, "a");
  EXPECT_EQ(orphans[0].memo, request.memo);
  EXPECT_EQ(orphans[0].scopes, (std::vector<std::string>{"scope", "money"}));
  EXPECT_EQ(orphans[0].reserved, request.amounts);
  EXPECT_EQ(orphans[0].at, admission.at);
  EXPECT_TRUE(value(other->settle_for("here", "a", {.cost_nanos = 4})).known);
  EXPECT_FALSE(value(other->settle_for("here", "a", {.cost_nanos = 4})).known);
  EXPECT_FALSE(value(counters->settle("a", {.cost_nanos = 4})).known) << "should it live after all";
  EXPECT_TRUE(value(other->orphans("here")).empty());
  EXPECT_TRUE(value(other->dead_replicas(seconds(10))).empty()) << "forgotten";
  const auto after = value(counters->admit({.request_id = "b", .scopes = {concurrency(10), money}}));
  EXPECT_EQ(after.standings[1].used.back(), 4);
  EXPECT_EQ(after.standings[0].used[static_cast<std::size_t>(LimitKind::concurrent_requests)], 1);
}

TEST_F(RedisCountersTest, FindsAReplicaThatDiedBeforeItCouldRenewItsLease) {
  const auto other = replica("other", client);
  value(counters->renew(seconds(30)));
  client.command({"FLUSHALL"});
  value(counters->admit({.request_id = "a", .scopes = {concurrency(10)}}));
  clock.advance(seconds(75));
  EXPECT_EQ(value(other->dead_replicas(seconds(10))), std::vector<std::string>{"here"});
}

TEST_F(RedisCountersTest, AccountsForTheReservationOfAnotherReplica) {
  const auto other = replica("other", client);
  value(counters->admit({.request_id = "a", .scopes = {concurrency(10)}}));
  value(other->account({{.request_id = "a", .scopes = {"scope"}, .at = clock.wall(), .stamp = 5}}));
  EXPECT_EQ(at_once(*counters), 0);
  EXPECT_FALSE(value(counters->settle("a", {})).known);
}

TEST_F(RedisCountersTest, FindsThousandsOfOrphansInPieces) {
  const auto other = replica("other", client);
  for (int i = 0; i < 2'000; ++i)
    value(counters->admit({.request_id = std::to_string(i), .scopes = {concurrency(10'000)}}));
  int found = 0;
  for (auto some = value(other->orphans("here")); !some.empty(); some = value(other->orphans("here"))) {
    EXPECT_LT(some.size(), 1'500U);
    for (const auto& orphan : some) {
      EXPECT_TRUE(value(other->settle_for("here", orphan.request_id, {})).known);
      ++found;
    }
  }
  EXPECT_EQ(found, 2'000);
  EXPECT_EQ(at_once(*counters), 0);
}

TEST_F(RedisCountersTest, LetsIdleScopesExpire) {
  Scope money{.id = "money"};
  money.limits.set(LimitKind::usd_total, 1'000);
  EXPECT_EQ(value(counters->admit({.request_id = "a", .scopes = {money}})).outcome, Outcome::unseeded);
  value(counters->admit({.request_id = "b", .scopes = {concurrency(10)}}));
  EXPECT_GT(client.command({"TTL", key("s:money")}).integer, 39 * 86'400);
  EXPECT_GT(client.command({"TTL", key("s:scope")}).integer, 3'600) << "somebody holds its concurrency";
  value(counters->settle("b", {}));
  EXPECT_GT(client.command({"TTL", key("s:scope")}).integer, 61);
  EXPECT_LE(client.command({"TTL", key("s:scope")}).integer, 120);
}

TEST_F(RedisCountersTest, WritesNothingWhenItReads) {
  Scope money{.id = "money"};
  money.limits.set(LimitKind::usd_total, 1'000);
  EXPECT_FALSE(value(counters->use({money, concurrency(10)})).scopes[0].standing.durable_known);
  EXPECT_EQ(client.command({"KEYS", prefix + "*"}).items.size(), 0U) << "not even an epoch";
  value(counters->admit({.request_id = "a", .scopes = {concurrency(10)}}));
  clock.advance(seconds(70));
  const auto before = client.command({"DUMP", key("s:scope")}).text;
  value(counters->use({concurrency(10)}));
  EXPECT_EQ(client.command({"DUMP", key("s:scope")}).text, before);
}

TEST_F(RedisCountersTest, LeavesTheKeysOfAnotherFormatAlone) {
  // As the first release named them, and what they never held.
  const std::vector<std::vector<std::string>> theirs{{"SET", prefix + "epoch", "theirs"},
                                                     {"SET", prefix + "s:scope", "of another length"},
                                                     {"SET", prefix + "s:money", std::string(300, '\xff')},
                                                     {"HSET", prefix + "open:here", "a", "no entry"},
                                                     {"HSET", prefix + "open:gone", "b", "no entry"},
                                                     {"ZADD", prefix + "replicas", "1", "gone"},
                                                     {"SET", prefix + "done:a", "1"},
                                                     {"SET", prefix + "snapshot:money", "9:9:"}};
  for (const auto& command : theirs) client.command(command);
  Scope money{.id = "money"};
  money.limits.set(LimitKind::usd_total, 1'000);
  counters::AdmitRequest request{
      .request_id = "a", .scopes = {concurrency(1), money}, .amounts = {.cost_nanos = 9}};
  EXPECT_NE(value(counters->epoch()), "theirs");
  ASSERT_EQ(value(counters->admit(request)).outcome, Outcome::unseeded) << "begins with the durable balance";
  value(counters->seed(
      "money", {.periods = domain::Periods::of(clock.wall()), .cost_total = 5, .snapshot = "1:1:"}, {}));
  EXPECT_EQ(value(counters->admit(request)).standings[1].used.back(), 14);
  EXPECT_TRUE(value(counters->settle("a", {.cost_nanos = 1})).known);
  EXPECT_TRUE(value(counters->dead_replicas(seconds(0))).empty()) << "theirs are not ours to bury";
  EXPECT_EQ(client.command({"GET", prefix + "s:scope"}).text, "of another length");
  EXPECT_EQ(client.command({"HLEN", prefix + "open:here"}).integer, 1);
}

TEST_F(RedisCountersTest, TakesTheTimeFromRedis) {
  const auto timed =
      counters::make_redis_counters(loop.shard, client.link(), {.replica = "here", .prefix = prefix});
  const auto before = core::real_clock().wall();
  const auto admission = value(timed->admit({.request_id = "a", .scopes = {concurrency(1)}}));
  EXPECT_GE(admission.at, before - seconds(1));
  EXPECT_LE(admission.at, core::real_clock().wall() + seconds(1));
}

}  // namespace
}  // namespace relayna::test
