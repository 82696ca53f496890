#include "relayna/core/error.hpp"

#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relayna/core/error_docs.hpp"
#include "relayna/core/result.hpp"

namespace relayna::core {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

TEST(ErrorTable, HasOneRowPerCodeWithItsOwnName) {
  ASSERT_EQ(error_table().size(), static_cast<std::size_t>(ErrorCode::count_));
  std::set<std::string_view> names;
  for (const ErrorInfo& row : error_table()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_EQ(error_info(row.code).name, row.name);
  }
}

TEST(ErrorTable, SpeaksEachProtocolsVocabulary) {
  const std::set<std::string_view> openai{
      "invalid_request_error", "authentication_error", "permission_error", "requests", "tokens",
      "insufficient_quota",    "server_error"};
  const std::set<std::string_view> anthropic{
      "invalid_request_error", "authentication_error", "permission_error",
      "not_found_error",       "request_too_large",    "rate_limit_error",
      "billing_error",         "timeout_error",        "api_error",
      "overloaded_error"};
  for (const ErrorInfo& row : error_table()) {
    EXPECT_TRUE(openai.contains(row.openai_type)) << row.name;
    EXPECT_TRUE(anthropic.contains(row.anthropic_type)) << row.name;
    for (const char c : row.gemini_status) EXPECT_TRUE((c >= 'A' && c <= 'Z') || c == '_') << row.name;
  }
}

TEST(ErrorTable, StatusesAreThoseOfTheContract) {
  const auto status = [](ErrorCode code) { return error_info(code).http_status; };
  EXPECT_EQ(status(ErrorCode::invalid_json), 400);
  EXPECT_EQ(status(ErrorCode::malformed_http), 400);
  EXPECT_EQ(status(ErrorCode::invalid_virtual_key), 401);
  EXPECT_EQ(status(ErrorCode::policy_denied), 403);
  EXPECT_EQ(status(ErrorCode::disabled_route), 403);
  EXPECT_EQ(status(ErrorCode::unsupported_route), 404);
  EXPECT_EQ(status(ErrorCode::missing_provider_config), 404);
  EXPECT_EQ(status(ErrorCode::method_not_allowed), 405);
  EXPECT_EQ(status(ErrorCode::request_timeout), 408);
  EXPECT_EQ(status(ErrorCode::conflict), 409);
  EXPECT_EQ(status(ErrorCode::request_body_too_large), 413);
  EXPECT_EQ(status(ErrorCode::unsupported_content_encoding), 415);
  EXPECT_EQ(status(ErrorCode::request_head_too_large), 431);
  EXPECT_EQ(status(ErrorCode::client_closed), 499);
  EXPECT_EQ(status(ErrorCode::database_reset_required), 500);
  EXPECT_EQ(status(ErrorCode::upgrade_unsupported), 501);
  EXPECT_EQ(status(ErrorCode::upstream_auth_failed), 502);
  EXPECT_EQ(status(ErrorCode::upstream_connection), 502);
  EXPECT_EQ(status(ErrorCode::store_unavailable), 503);
  EXPECT_EQ(status(ErrorCode::circuit_open), 503);
  EXPECT_EQ(status(ErrorCode::shutting_down), 503);
  EXPECT_EQ(status(ErrorCode::upstream_timeout), 504);
}

TEST(ErrorTable, ACodeOutOfRangeIsAnInternalError) {
  EXPECT_EQ(error_info(ErrorCode::count_).code, ErrorCode::internal_error);
  EXPECT_EQ(error_info(static_cast<ErrorCode>(255)).code, ErrorCode::internal_error);
}

TEST(Error, FallsBackToTheTablesMessage) {
  const Error plain(ErrorCode::no_upstream);
  EXPECT_EQ(plain.public_message(), error_info(ErrorCode::no_upstream).message);
  const Error own(ErrorCode::no_upstream, "Nothing serves embeddings.");
  EXPECT_EQ(own.public_message(), "Nothing serves embeddings.");
}

TEST(Error, DescribesItselfWithThePlaceItWasMade) {
  const Error error(ErrorCode::store_unavailable, "", "SQLSTATE 57P01 on db.internal");
  EXPECT_THAT(error.describe(), StartsWith("store_unavailable: "));
  EXPECT_THAT(error.describe(), HasSubstr("(SQLSTATE 57P01 on db.internal) [error_test.cpp:"));
  EXPECT_THAT(error.describe(), EndsWith("]"));
}

TEST(Error, FailKeepsTheCallersPlaceAndParts) {
  const unsigned line = __LINE__ + 1;
  const Result<int> result = fail(ErrorCode::invalid_request, "bad", "because");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().where.line(), line);
  EXPECT_EQ(result.error().detail, "because");

  const Error dressed =
      Error(ErrorCode::gateway_overloaded).with_param("model").with_retry_after(std::chrono::seconds(1));
  EXPECT_EQ(dressed.param, "model");
  EXPECT_EQ(dressed.retry_after, std::chrono::seconds(1));
}

TEST(ErrorDocs, TheCommittedPageIsUpToDate) {
  std::ifstream file(RELAYNA_SOURCE_DIR "/docs/errors.md", std::ios::binary);
  const std::string committed{std::istreambuf_iterator<char>(file), {}};
  EXPECT_TRUE(committed == errors_markdown()) << "docs/errors.md differs from the error table; write it anew";
  for (const ErrorInfo& row : error_table()) {
    EXPECT_THAT(committed, HasSubstr("\n## " + std::string(row.name) + "\n"));
  }
}

}  // namespace
}  // namespace relayna::core
