#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend.hpp"
#include "recorder.hpp"
#include "samples.hpp"
#include "store/sqlite/connection.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace relayna::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::unique_ptr<store::Store> open(const std::string& path) {
  auto store = store::make_sqlite_store({.path = path});
  return store ? std::move(*store) : nullptr;
}

unsigned mode_of(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 0777U : 0;
}

TEST(SqliteFiles, AreMadeWithTheirFoldersForTheirOwnerOnly) {
  const TempDir directory;
  const std::string path = directory.path("a/b/gateway.db");
  const auto store = open(path);
  ASSERT_OK(store->migrations().status());
  EXPECT_FALSE(fs::exists(directory.path("a"))) << "looking makes nothing";
  ASSERT_OK(store->migrations().apply());
  ASSERT_OK(store->catalog().upsert_team(sample_team("t"), kActor));
  EXPECT_EQ(mode_of(directory.path("a")), 0700U);
  EXPECT_EQ(mode_of(directory.path("a/b")), 0700U);
  EXPECT_EQ(mode_of(path), 0600U);
  EXPECT_EQ(mode_of(path + "-wal"), 0600U);
}

TEST(SqliteFiles, APathThatCannotBeIsAway) {
  const TempDir directory;
  directory.write("file", "x");
  const auto store = open(directory.path("file/gateway.db"));
  const auto failed = store->migrations().apply();
  EXPECT_FAILS(store_unavailable, failed);
}

TEST(SqliteFiles, ForeignFilesAreLeftAlone) {
  const TempDir directory;
  const std::string path = directory.write("gateway.db", std::string(4096, 'x'));
  const auto store = open(path);
  const auto failed = store->migrations().apply();
  EXPECT_FAILS(database_reset_required, failed);
  EXPECT_EQ(failed.error().message, "database reset required: the file is not a SQLite database");
  EXPECT_EQ(fs::file_size(path), 4096U);
}

TEST(SqliteFiles, SettingsThatCannotWorkAreRefused) {
  for (const std::string path : {"", ":memory:"})
    EXPECT_FAILS(invalid_configuration, store::make_sqlite_store({.path = path}));
}

TEST(SqliteFiles, AFileTakenAwayIsNotWrittenToAndItsReplacementIs) {
  const TempDir directory;
  const std::string path = directory.path("gateway.db");
  const auto store = open(path);
  ASSERT_OK(store->migrations().apply());
  ASSERT_OK(store->catalog().upsert_team(sample_team("first"), kActor));
  ASSERT_OK(store->catalog().load());
  Recorder recorder;
  const auto feed = store->watch(recorder.callback());
  ASSERT_TRUE(recorder.next());
  for (const char* part : {"", "-wal", "-shm"}) fs::rename(path + part, directory.path("moved.db") + part);
  EXPECT_FAILS(store_unavailable, store->catalog().upsert_team(sample_team("lost"), kActor));
  EXPECT_FAILS(store_unavailable, store->catalog().load());

  ASSERT_OK(open(path)->migrations().apply());
  ASSERT_OK(store->catalog().upsert_team(sample_team("second"), kActor));
  const auto rows = store->catalog().load();
  ASSERT_OK(rows);
  ASSERT_EQ(rows->teams.size(), 1U);
  EXPECT_EQ(rows->teams[0].name, "second");
  EXPECT_TRUE(recorder.wait_for([](const store::Change& change) { return change.kind.empty(); }));
  EXPECT_EQ(open(directory.path("moved.db"))->catalog().load()->teams.at(0).name, "first");
}

TEST(SqliteFiles, AFileThatMayOnlyBeReadIsAway) {
  const TempDir directory;
  const std::string path = directory.path("gateway.db");
  ASSERT_OK(open(path)->migrations().apply());
  fs::permissions(path, fs::perms(0444));
  fs::permissions(directory.path(""), fs::perms(0555));
  // Permissions do not bind root: be somebody else for this call.
  const uid_t before = ::geteuid();
  if (before == 0) ASSERT_EQ(::seteuid(65534), 0);
  const auto store = open(path);
  const auto refused = store->catalog().upsert_team(sample_team("t"), kActor);
  if (before == 0) ASSERT_EQ(::seteuid(0), 0);
  fs::permissions(directory.path(""), fs::perms(0700));
  EXPECT_FAILS(store_unavailable, refused);
  EXPECT_FALSE(refused.error().detail.empty());
}

TEST(SqliteFiles, AFullDiskIsReportedAndGotOver) {
  const TempDir directory;
  const auto store = open(directory.path("gateway.db"));
  ASSERT_OK(store->migrations().apply());
  std::vector<domain::UsageEvent> batch(2'000, sample_event());
  for (auto& event : batch) event.request_id = new_id();

  // Files may not grow: for SQLite the same as a disk without room.
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old = std::signal(SIGXFSZ, SIG_IGN);
  rlimit tight = before;
  tight.rlim_cur = 300'000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  const auto failed = store->usage().insert(batch);
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old);

  EXPECT_FAILS(store_unavailable, failed);
  EXPECT_FALSE(failed.error().detail.empty());
  EXPECT_EQ(*store->usage().count(), 0);
  ASSERT_OK(store->usage().insert(batch));
  EXPECT_EQ(*store->usage().count(), 2'000);
}

TEST(SqliteFiles, ReadersGoOnWhileAnotherProcessWrites) {
  const TempDir directory;
  const std::string path = directory.path("gateway.db");
  const auto store = open(path);
  ASSERT_OK(store->migrations().apply());
  std::vector<std::unique_ptr<Process>> writers;
  for (int i = 0; i < 4; ++i)
    writers.push_back(
        std::make_unique<Process>(Command{STORE_PEER, path, "team", "team " + std::to_string(i)}));
  int reads = 0;
  while (std::ranges::any_of(writers, [](auto& writer) { return writer->running(); })) {
    ASSERT_OK(store->catalog().load());
    ++reads;
  }
  EXPECT_GT(reads, 0);
  for (auto& writer : writers) EXPECT_EQ(writer->wait(), 0);
  EXPECT_EQ(store->catalog().load()->teams.size(), 4U);
}

TEST(SqliteFiles, MissedChangesBeyondWhatIsKeptMeanReload) {
  const TempDir directory;
  const std::string path = directory.path("gateway.db");
  auto reader = store::make_sqlite_store({.path = path, .poll_interval = 3'600s});
  ASSERT_OK(reader);
  const auto writer = open(path);
  ASSERT_OK(writer->migrations().apply());
  Recorder recorder;
  const auto feed = (*reader)->watch(recorder.callback());
  ASSERT_TRUE(recorder.next());
  for (int i = 0; i < 1'005; ++i)
    ASSERT_OK(writer->catalog().upsert_model(sample_model(std::to_string(i)), kActor));
  // Its own change makes the feed look, long before its next poll.
  ASSERT_OK((*reader)->catalog().upsert_team(sample_team("t"), kActor));
  const auto change = recorder.next();
  ASSERT_TRUE(change);
  EXPECT_EQ(change->kind, "");
  EXPECT_EQ(change->revision, 1'006);
}

TEST(SqliteLimit, EndsWhatTakesTooLongAndSaysSo) {
  const TempDir directory;
  std::ofstream(directory.path("empty.db"));
  store::sqlite::Connection connection(directory.path("empty.db"), store::sqlite::Access::write);
  const std::string endless =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n";
  const auto began = std::chrono::steady_clock::now();
  {
    const store::sqlite::Connection::Limit limit(connection, began + 100ms);
    try {
      connection.execute(endless);
      FAIL() << "it went on";
    } catch (const store::sqlite::Failure& failure) {
      const auto error = store::sqlite::classify(failure, "").error;
      EXPECT_EQ(error.code, core::ErrorCode::store_unavailable);
      EXPECT_NE(error.message.find("statement timeout"), std::string::npos) << error.describe();
    }
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, 3s);
  connection.execute("SELECT 1");  // the limit is over with its object
}

}  // namespace
}  // namespace relayna::test
