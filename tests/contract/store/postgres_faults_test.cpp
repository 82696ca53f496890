#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "backend.hpp"
#include "recorder.hpp"
#include "samples.hpp"
#include "support/postgres_server.hpp"

// A server of its own, which these tests stop, kill and freeze.

namespace relayna::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class PostgresFaults : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = new PostgresServer;
    server_->start();
  }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }
  void SetUp() override {
    server_->start();
    url_ = server_->create_database();
    store_ = open();
    ASSERT_OK(store_->migrations().apply());
  }

  std::unique_ptr<store::Store> open() const {
    auto store = store::make_postgres_store({.url = url_,
                                             .max_connections = 4,
                                             .connect_timeout = 700ms,
                                             .statement_timeout = 1'000ms,
                                             .poll_interval = 200ms});
    return store ? std::move(*store) : nullptr;
  }
  std::string sql(const std::string& statement) const { return psql(url_, statement); }
  void kill_backends() const {
    sql("SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity "
        "WHERE application_name = 'relayna-gateway' AND datname = current_database()");
  }
  /// Longest a call may take: statement timeout, its grace, and what a busy machine adds.
  static constexpr auto kBound = 2'500ms;

  static PostgresServer* server_;
  std::string url_;
  std::unique_ptr<store::Store> store_;
};
PostgresServer* PostgresFaults::server_ = nullptr;

TEST_F(PostgresFaults, AStoppedServerFailsFastAndComesBackByItself) {
  const auto key = sample_key("k");
  ASSERT_OK(store_->keys().create(key, kActor));
  server_->stop(PostgresServer::StopMode::immediate);
  const auto before = Clock::now();
  for (int i = 0; i < 50; ++i) EXPECT_FAILS(store_unavailable, store_->keys().find_by_hash(key.hash));
  EXPECT_LT(Clock::now() - before, 1s);
  const auto failed = store_->ping();
  EXPECT_FAILS(store_unavailable, failed);
  EXPECT_NE(failed.error().detail.find("refused"), std::string::npos) << failed.error().describe();
  EXPECT_EQ(failed.error().describe().find("correct-horse"), std::string::npos);

  server_->start();
  EXPECT_TRUE(eventually([&] { return store_->ping().has_value(); }, 2s));
  const auto found = store_->keys().find_by_hash(key.hash);
  ASSERT_OK(found);
  EXPECT_TRUE(*found);
}

TEST_F(PostgresFaults, ARestartBetweenCallsGoesUnnoticed) {
  ASSERT_OK(store_->ping());
  server_->restart();
  ASSERT_OK(store_->ping());
  ASSERT_OK(store_->catalog().upsert_team(sample_team("t"), kActor));
}

TEST_F(PostgresFaults, AServerAwayAtTheStartIsMetByTheFirstCall) {
  server_->stop();
  const auto store = open();
  ASSERT_TRUE(store);
  EXPECT_FAILS(store_unavailable, store->migrations().status());
  server_->start();
  EXPECT_TRUE(eventually([&] { return store->ping().has_value(); }, 2s));
}

TEST_F(PostgresFaults, KilledBackendsAreReplaced) {
  // Four connections, all of them used before and then killed.
  std::vector<std::thread> users;
  for (int i = 0; i < 4; ++i) users.emplace_back([&] { store_->usage().count(); });
  for (auto& user : users) user.join();
  kill_backends();
  for (int i = 0; i < 8; ++i) ASSERT_OK(store_->catalog().revision());
  kill_backends();
  ASSERT_OK(store_->catalog().upsert_team(sample_team("t"), kActor));
}

TEST_F(PostgresFaults, ABackendKilledInTheMiddleOfACall) {
  ASSERT_OK(store_->ping());
  Process lock({postgres_program("psql"), "--quiet", "--dbname=" + url_,
                "--command=BEGIN; LOCK TABLE catalog_revision; SELECT pg_sleep(600)"},
               {.output = "/dev/null"});
  const auto waiting = [&] {
    return sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = "
               "current_database()") != "0\n";
  };
  ASSERT_TRUE(eventually([&] {
    return sql("SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE c.relname = "
               "'catalog_revision' AND l.mode = 'AccessExclusiveLock' AND l.granted") != "0\n";
  }));
  std::optional<core::Result<void>> mutation;
  std::thread caller([&] { mutation = store_->catalog().upsert_team(sample_team("t"), kActor); });
  const bool blocked = eventually(waiting, 900ms);
  kill_backends();
  caller.join();
  EXPECT_TRUE(blocked);
  EXPECT_FAILS(store_unavailable, *mutation);
  lock.signal(SIGKILL);
  sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> "
      "pg_backend_pid()");
  ASSERT_OK(store_->catalog().revision());
  EXPECT_TRUE(store_->catalog().load()->teams.empty()) << "the transaction did not commit";
}

TEST_F(PostgresFaults, AStatementThatTakesTooLongIsEnded) {
  Process lock({postgres_program("psql"), "--quiet", "--dbname=" + url_,
                "--command=BEGIN; LOCK TABLE keys; SELECT pg_sleep(600)"},
               {.output = "/dev/null"});
  ASSERT_TRUE(eventually([&] {
    return sql("SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE c.relname = "
               "'keys' AND "
               "l.mode = 'AccessExclusiveLock' AND l.granted") != "0\n";
  }));
  const auto before = Clock::now();
  const auto slow = store_->keys().list();
  EXPECT_FAILS(store_unavailable, slow);
  EXPECT_NE(slow.error().detail.find("57014"), std::string::npos) << slow.error().describe();
  EXPECT_LT(Clock::now() - before, kBound);
  ASSERT_OK(store_->ping());
  lock.signal(SIGKILL);
  sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> "
      "pg_backend_pid()");
  ASSERT_OK(store_->keys().list());
}

TEST_F(PostgresFaults, AServerThatNeverAnswersIsBounded) {
  ASSERT_OK(store_->ping());
  server_->pause();
  auto before = Clock::now();
  const auto first = store_->ping();
  EXPECT_FAILS(store_unavailable, first);
  EXPECT_LT(Clock::now() - before, kBound) << "an open connection";
  EXPECT_NE(first.error().detail.find("no answer"), std::string::npos) << first.error().describe();
  before = Clock::now();
  EXPECT_FAILS(store_unavailable, store_->ping());
  EXPECT_LT(Clock::now() - before, kBound) << "a new connection, which only the kernel accepts";
  before = Clock::now();
  EXPECT_FAILS(store_unavailable, store_->ping());
  EXPECT_LT(Clock::now() - before, 20ms) << "what is known to be away is not waited for";

  std::atomic<int> failures = 0;
  std::vector<std::thread> callers;
  before = Clock::now();
  for (int i = 0; i < 8; ++i) callers.emplace_back([&] { failures += store_->ping() ? 0 : 1; });
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(failures, 8);
  EXPECT_LT(Clock::now() - before, kBound) << "many at once";
  server_->resume();
  EXPECT_TRUE(eventually([&] { return store_->ping().has_value(); }, 3s));
}

TEST_F(PostgresFaults, AFeedReconnectsAndSaysReload) {
  Recorder recorder;
  const auto feed = store_->watch(recorder.callback());
  ASSERT_TRUE(recorder.next());
  server_->stop(PostgresServer::StopMode::immediate);
  server_->start();
  const auto reload = recorder.next(10s);
  ASSERT_TRUE(reload);
  EXPECT_EQ(reload->kind, "");
  ASSERT_TRUE(eventually([&] { return store_->ping().has_value(); }, 2s));
  const auto team = sample_team("t");
  ASSERT_OK(store_->catalog().upsert_team(team, kActor));
  const auto change = recorder.next(1s);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->id, team.id);
}

TEST_F(PostgresFaults, AFeedWhoseBackendIsKilledSaysReload) {
  Recorder recorder;
  const auto feed = store_->watch(recorder.callback());
  ASSERT_TRUE(recorder.next());
  kill_backends();
  const auto reload = recorder.next(5s);
  ASSERT_TRUE(reload);
  EXPECT_EQ(reload->kind, "");
}

TEST_F(PostgresFaults, AFeedStopsAtOnceWhileTheServerHangs) {
  Recorder recorder;
  auto listening = store_->watch(recorder.callback());
  ASSERT_TRUE(recorder.next());
  server_->pause();
  // Long enough for its poll (200 ms) to be waiting for an answer.
  EXPECT_FAILS(store_unavailable, store_->ping());
  auto before = Clock::now();
  listening.reset();
  EXPECT_LT(Clock::now() - before, 100ms);
  auto connecting = store_->watch(recorder.callback());
  EXPECT_FALSE(recorder.next(200ms));
  before = Clock::now();
  connecting.reset();
  EXPECT_LT(Clock::now() - before, 100ms);
  server_->resume();
}

TEST_F(PostgresFaults, AFeedSurvivesAHangingServer) {
  Recorder recorder;
  const auto feed = store_->watch(recorder.callback());
  ASSERT_TRUE(recorder.next());
  server_->pause();
  EXPECT_FALSE(recorder.next(2'500ms));
  server_->resume();
  const auto reload = recorder.next(10s);
  ASSERT_TRUE(reload);
  EXPECT_EQ(reload->kind, "");
}

TEST_F(PostgresFaults, AReadOnlyServerIsAwayForWriters) {
  sql("ALTER ROLE postgres SET default_transaction_read_only = on");
  const auto store = open();
  const auto refused = store->replicas().heartbeat({.id = "r"});
  const auto read = store->replicas().alive({});
  psql(url_ + "?options=-c%20default_transaction_read_only%3Doff",
       "ALTER ROLE postgres RESET default_transaction_read_only");
  EXPECT_FAILS(store_unavailable, refused);
  EXPECT_TRUE(read);
}

TEST_F(PostgresFaults, AMissingDatabaseIsAway) {
  auto store = store::make_postgres_store({.url = server_->url("nowhere")});
  ASSERT_OK(store);
  const auto failed = (*store)->ping();
  EXPECT_FAILS(store_unavailable, failed);
  EXPECT_NE(failed.error().detail.find("nowhere"), std::string::npos) << failed.error().describe();
}

TEST_F(PostgresFaults, WorksThroughTheUnixSocket) {
  const std::string database = url_.substr(url_.rfind('/') + 1);
  auto store = store::make_postgres_store({.url = server_->socket_url(database)});
  ASSERT_OK(store);
  ASSERT_OK((*store)->ping());
}

TEST_F(PostgresFaults, TriesEachHostOfAList) {
  const std::string database = url_.substr(url_.rfind('/') + 1);
  auto store = store::make_postgres_store({.url = "postgres://postgres@127.0.0.1:1,127.0.0.1:" +
                                                  std::to_string(server_->port()) + "/" + database});
  ASSERT_OK(store);
  ASSERT_OK((*store)->ping());
  EXPECT_EQ((*store)->describe(),
            "postgres 127.0.0.1:1,127.0.0.1:" + std::to_string(server_->port()) + "/" + database);
}

TEST_F(PostgresFaults, APoolOfOneServesManyThreads) {
  auto store = store::make_postgres_store({.url = url_, .max_connections = 1});
  ASSERT_OK(store);
  std::atomic<int> failures = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] {
      for (int j = 0; j < 10; ++j) failures += (*store)->ping() ? 0 : 1;
    });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(sql("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
                "pg_backend_pid() "
                "AND application_name = 'relayna-gateway'"),
            "2\n")
      << "one of this store, one of the fixture's";
}

}  // namespace
}  // namespace relayna::test
