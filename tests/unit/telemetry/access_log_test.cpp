#include "relayna/telemetry/access_log.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/telemetry/log_file.hpp"

namespace relayna::telemetry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

AccessRecord full_record() {
  return {.time = core::SystemTime(std::chrono::seconds(1'795'207'176)),
          .request_id = "01932c07-209e-7a3c-9f00-fedcba987654",
          .correlation_id = "client-1",
          .trace_id = "4bf92f3577b34da6a3ce929d0e0e4736",
          .method = "POST",
          .route = "/v1/chat/completions",
          .path = "/v1/chat/completions",
          .client = "10.0.0.7",
          .key_id = "key_1",
          .project_id = "project_1",
          .model = "gpt-4o",
          .upstream = "litellm",
          .error_code = "upstream_timeout",
          .status = 504,
          .stream = true,
          .client_gone = true,
          .attempts = 2,
          .duration_us = 1'234'567,
          .overhead_us = 89,
          .request_bytes = 2048,
          .response_bytes = 512,
          .ttft_us = 1000,
          .input_tokens = 11,
          .output_tokens = 22,
          .cost_nanos = -1};
}

TEST(AccessLog, TellsEverythingInOneJsonLine) {
  LogFile file({.environment = "staging"});
  {
    AccessLog access;
    EXPECT_TRUE(access.enabled());
    access.write(full_record());
  }
  const auto documents = file.documents();
  ASSERT_THAT(documents, SizeIs(1));
  EXPECT_EQ(
      json::dump(documents[0]),
      R"({"time":"2026-11-20T20:39:36.000000Z","level":"info","target":"access","environment":"staging",)"
      R"("message":"request","request_id":"01932c07-209e-7a3c-9f00-fedcba987654",)"
      R"("correlation_id":"client-1","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","method":"POST",)"
      R"("route":"/v1/chat/completions","path":"/v1/chat/completions","client":"10.0.0.7",)"
      R"("key_id":"key_1","project_id":"project_1","model":"gpt-4o","upstream":"litellm",)"
      R"("error_code":"upstream_timeout","status":504,"stream":true,"client_gone":true,"attempts":2,)"
      R"("duration_us":1234567,"overhead_us":89,"request_bytes":2048,"response_bytes":512,)"
      R"("ttft_us":1000,"input_tokens":11,"output_tokens":22,"cost_nano_usd":-1})");
}

TEST(AccessLog, LeavesOutWhatIsNotKnown) {
  LogFile file;
  AccessLog().write({.method = "GET", .status = 404});
  const auto documents = file.documents();
  ASSERT_THAT(documents, SizeIs(1));
  for (const char* absent : {"model", "key_id", "error_code", "ttft_us", "cost_nano_usd"}) {
    EXPECT_FALSE(documents[0].contains(absent)) << absent;
  }
  EXPECT_EQ(documents[0]["status"], 404);
  EXPECT_EQ(documents[0]["stream"], false);
}

TEST(AccessLog, HostileFieldsAreStillOneValidLine) {
  LogFile file({.environment = hostile_text()});
  const std::string text = hostile_text();
  {
    AccessLog access;
    AccessRecord record = full_record();
    for (auto* field : {&record.request_id, &record.correlation_id, &record.trace_id, &record.method,
                        &record.route, &record.path, &record.client, &record.key_id, &record.project_id,
                        &record.model, &record.upstream, &record.error_code}) {
      *field = text;
    }
    access.write(record);
    for (int byte = 0; byte < 256; ++byte) {
      const std::string one(1, static_cast<char>(byte));
      access.write({.path = one});
    }
  }
  const auto documents = file.documents();
  ASSERT_THAT(documents, SizeIs(257));
  EXPECT_EQ(documents[0]["level"], "info");
  EXPECT_THAT(documents[0]["path"].get<std::string>(), HasSubstr("\"},{\"level\":\"error\"}\r\n"));
  for (int byte = 0; byte < 128; ++byte) {
    EXPECT_EQ(documents[static_cast<std::size_t>(byte) + 1]["path"], std::string(1, static_cast<char>(byte)));
  }
  EXPECT_EQ(documents[0xFF + 1]["path"], "\uFFFD");
}

TEST(AccessLog, TextIsForReadersAndQuotesWhatIsAmbiguous) {
  LogFile file({.format = LogFormat::text});
  const std::string text = hostile_text();
  {
    AccessLog access;
    access.write({.method = "GET", .path = text, .model = "two words", .status = 200});
  }
  const auto lines = file.lines();
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_THAT(lines[0], HasSubstr(" info  access: method=GET path=\"\\\"},{"));
  EXPECT_THAT(lines[0], HasSubstr(" model=\"two words\" status=200 attempts=0"));
  EXPECT_THAT(lines[0], Not(HasSubstr("stream=")));
  EXPECT_THAT(lines[0], Not(HasSubstr("\x1b")));
}

TEST(AccessLog, HandsOverFullBlocksAndWhatFlushFinds) {
  LogFile file;
  AccessLog access;
  const std::string path(1000, 'p');
  for (int i = 0; i < 20; ++i) access.write({.path = path});
  shutdown_logging();
  EXPECT_THAT(file.lines_so_far(), SizeIs(0)) << "a block is 32 KiB";
  for (int i = 0; i < 20; ++i) access.write({.path = path});
  const std::size_t first_block = file.lines_so_far().size();
  EXPECT_GT(first_block, 20);
  EXPECT_LT(first_block, 40);
  access.flush();
  EXPECT_THAT(file.lines_so_far(), SizeIs(40));
  access.flush();
  EXPECT_THAT(file.documents(), SizeIs(40));
}

TEST(AccessLog, FollowsTheLevelOfItsTarget) {
  LogFile file({.level = "access=off,info"});
  {
    AccessLog access;
    EXPECT_FALSE(access.enabled());
    access.write({.path = "/one"});
    ASSERT_TRUE(set_level("info").has_value());
    EXPECT_TRUE(access.enabled());
    access.write({.path = "/two"});
    access.flush();
    ASSERT_TRUE(set_level("warn").has_value());
    EXPECT_FALSE(access.enabled());
    access.write({.path = "/three"});
  }
  std::vector<std::string> paths;
  for (const auto& document : file.documents()) paths.push_back(document["path"]);
  EXPECT_THAT(paths, ElementsAre("/two"));
}

}  // namespace
}  // namespace relayna::telemetry
