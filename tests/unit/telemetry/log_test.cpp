#include "relayna/telemetry/log.hpp"

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "relayna/core/time.hpp"
#include "relayna/telemetry/access_log.hpp"

#include "telemetry/timestamp.hpp"
#include "unit/telemetry/log_file.hpp"

namespace relayna::telemetry {
namespace {

using testing::ContainsRegex;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::SizeIs;

TEST(Log, WritesJsonLines) {
  LogFile file({.environment = "prod"});
  log("http")->warn("{} connections", 3);
  const auto documents = file.documents();
  ASSERT_THAT(documents, SizeIs(1));
  std::vector<std::string> names;
  for (const auto& [name, value] : documents[0].items()) names.push_back(name);
  EXPECT_THAT(names, ElementsAre("time", "level", "target", "environment", "message"));
  EXPECT_EQ(documents[0]["level"], "warn");
  EXPECT_EQ(documents[0]["target"], "http");
  EXPECT_EQ(documents[0]["environment"], "prod");
  EXPECT_EQ(documents[0]["message"], "3 connections");
  const auto time = core::parse_rfc3339(documents[0]["time"].get<std::string>());
  ASSERT_TRUE(time.has_value());
  EXPECT_LT(core::real_clock().wall() - *time, std::chrono::minutes(10));
}

TEST(Log, EveryLevelHasItsName) {
  LogFile file({.level = "trace"});
  const auto logger = log("http");
  logger->trace("x");
  logger->debug("x");
  logger->info("x");
  logger->warn("x");
  logger->error("x");
  std::vector<std::string> levels;
  for (const auto& document : file.documents()) levels.push_back(document["level"]);
  EXPECT_THAT(levels, ElementsAre("trace", "debug", "info", "warn", "error"));
}

TEST(Log, HostileTextStaysInsideItsJsonString) {
  LogFile file({.environment = hostile_text()});
  log("http")->info("{}", hostile_text());
  const auto documents = file.documents();
  ASSERT_THAT(documents, SizeIs(1));
  EXPECT_EQ(documents[0]["level"], "info");
  EXPECT_THAT(documents[0]["message"].get<std::string>(), HasSubstr("\"},{\"level\":\"error\"}\r\n\x1b[31m"));
}

TEST(Log, TextLinesAreOneLineWithoutTerminalCodes) {
  LogFile file({.format = LogFormat::text});
  log("store")->error("{}", hostile_text());
  const auto lines = file.lines();
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_THAT(lines[0], ContainsRegex("^2[0-9-]+T[0-9:]+\\.[0-9]{6}Z error store: \"},"));
  EXPECT_THAT(lines[0], HasSubstr("\\x0d\\x0a\\x1b[31m"));
  EXPECT_EQ(std::ranges::count_if(lines[0], [](unsigned char c) { return c < 0x20 || c == 0x7f; }), 0);
}

TEST(Log, LevelsApplyPerTargetAndChangeAtRunTime) {
  LogFile file({.level = "proxy=debug,warn"});
  const auto proxy = log("proxy");
  const auto store = log("store");
  proxy->debug("1");
  store->info("not this");
  store->warn("2");
  ASSERT_TRUE(set_level("store=debug,error").has_value());
  proxy->debug("nor this");
  store->debug("3");
  log("created later")->warn("nor that");
  std::vector<std::string> messages;
  for (const auto& document : file.documents()) messages.push_back(document["message"]);
  EXPECT_THAT(messages, ElementsAre("1", "2", "3"));
}

TEST(Log, ALoggerResolvedEarlyFollowsAndOneUsedLateStillWrites) {
  const auto early = log("early");
  LogFile file;
  early->info("queued");
  shutdown_logging();
  early->info("written at once");
  const auto documents = file.documents();
  ASSERT_THAT(documents, SizeIs(2));
  EXPECT_EQ(documents[0]["message"], "queued");
  EXPECT_EQ(documents[1]["message"], "written at once");
  EXPECT_EQ(log("early"), early);
}

TEST(Log, AFileThatCannotBeOpenedIsAConfigurationError) {
  const auto result = init_logging({.file = "/nonexistent/folder/log"});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, core::ErrorCode::invalid_configuration);
  EXPECT_THAT(result.error().message, HasSubstr("/nonexistent/folder/log"));
}

TEST(Log, ThreadsDoNotMixTheirLines) {
  LogFile file;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([t] {
        for (int i = 0; i < 200; ++i)
          log("thread")->info("{} {}", t, std::string(static_cast<std::size_t>(i), 'x'));
      });
    }
  }
  EXPECT_THAT(file.documents(), SizeIs(800));
  EXPECT_EQ(dropped_log_messages(), 0);
}

/// A reader that does not read: lines go into a pipe that is full.
class StuckReader {
 public:
  StuckReader() : path_(testing::TempDir() + "relayna-fifo-" + std::to_string(::getpid())) {
    EXPECT_EQ(::mkfifo(path_.c_str(), 0600), 0);
    reader_ = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    EXPECT_GE(reader_, 0);
  }
  ~StuckReader() {
    ::close(reader_);
    ::unlink(path_.c_str());
  }
  StuckReader(const StuckReader&) = delete;
  StuckReader& operator=(const StuckReader&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Reads to the end, which is where the writer closes.
  [[nodiscard]] std::string drain() const {
    std::string all;
    char piece[65536];
    pollfd wait{reader_, POLLIN, 0};
    while (::poll(&wait, 1, 10'000) == 1) {
      const ssize_t n = ::read(reader_, piece, sizeof piece);
      if (n <= 0) break;
      all.append(piece, static_cast<std::size_t>(n));
    }
    return all;
  }

 private:
  std::string path_;
  int reader_ = -1;
};

TEST(Log, AStuckReaderCostsTheOldestLinesAndBlocksNobody) {
  const StuckReader reader;
  ASSERT_TRUE(init_logging({.file = reader.path()}).has_value());
  const std::string filler(1000, 'x');
  for (int i = 0; i < 5000; ++i) log("burst")->info("{} {}", i, filler);
  EXPECT_GT(dropped_log_messages(), 0);

  std::string all;
  {
    const std::jthread draining([&] { all = reader.drain(); });
    // The next start replaces the sink, whose end closes the pipe.
    ASSERT_TRUE(init_logging({.file = "/dev/null"}).has_value());
  }
  shutdown_logging();
  EXPECT_THAT(all, HasSubstr("4999 xxx")) << "the newest lines are kept";
  EXPECT_THAT(all, EndsWith("\n"));
}

TEST(Log, AFloodOfAccessLinesCostsNoOtherLine) {
  const StuckReader reader;
  ASSERT_TRUE(init_logging({.file = reader.path()}).has_value());
  log("store")->error("the first word");
  {
    AccessLog access;
    const std::string path(4000, 'p');
    for (int i = 0; i < 5000; ++i) access.write({.path = path});
  }
  log("store")->error("the last word");
  EXPECT_GT(dropped_log_messages(), 0);
  std::string all;
  {
    const std::jthread draining([&] { all = reader.drain(); });
    ASSERT_TRUE(init_logging({.file = "/dev/null"}).has_value());
  }
  shutdown_logging();
  EXPECT_THAT(all, HasSubstr("the first word"));
  EXPECT_THAT(all, HasSubstr("the last word"));
}

TEST(Timestamp, AlwaysHasMicrosecondsAndFollowsTheClockBothWays) {
  Timestamp timestamp;
  const auto at = [&](std::int64_t micros) {
    std::string out = ">";
    timestamp.append(out, core::SystemTime(std::chrono::microseconds(micros)));
    return out;
  };
  EXPECT_EQ(at(0), ">1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(at(999'999), ">1970-01-01T00:00:00.999999Z");
  EXPECT_EQ(at(1'000'000), ">1970-01-01T00:00:01.000000Z");
  EXPECT_EQ(at(42), ">1970-01-01T00:00:00.000042Z");
  EXPECT_EQ(at(-1), ">1969-12-31T23:59:59.999999Z");
}

}  // namespace
}  // namespace relayna::telemetry
