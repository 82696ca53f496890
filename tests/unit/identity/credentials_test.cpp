#include "relayna/identity/credentials.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace relayna::identity {
namespace {

using core::ErrorCode;

const std::string kKey = "rk_live_" + std::string(64, 'a');
const std::string kOther = "rk_live_" + std::string(64, 'b');

struct Row {
  const char* what;
  std::vector<std::pair<std::string, std::string>> fields;
  std::optional<ErrorCode> error;  ///< nullopt: kKey is read
};

std::vector<Row> table() {
  const std::string short_key = kKey.substr(0, 71);
  return {
      {"nothing", {}, ErrorCode::missing_authorization},
      {"other fields only",
       {{"Host", "x"}, {"X-Api-Keys", kKey}, {"api_key", kKey}},
       ErrorCode::missing_authorization},
      {"bearer", {{"Authorization", "Bearer " + kKey}}, {}},
      {"lower-case name and scheme", {{"authorization", "bearer " + kKey}}, {}},
      {"upper-case scheme", {{"AUTHORIZATION", "BEARER " + kKey}}, {}},
      {"several spaces", {{"Authorization", "Bearer    " + kKey + "  "}}, {}},
      {"tab", {{"Authorization", "Bearer\t" + kKey}}, {}},
      {"no space", {{"Authorization", "Bearer" + kKey}}, ErrorCode::malformed_authorization},
      {"scheme only", {{"Authorization", "Bearer"}}, ErrorCode::malformed_authorization},
      {"scheme and space", {{"Authorization", "Bearer "}}, ErrorCode::malformed_authorization},
      {"bare key", {{"Authorization", kKey}}, ErrorCode::malformed_authorization},
      {"basic", {{"Authorization", "Basic dXNlcjpwYXNz"}}, ErrorCode::malformed_authorization},
      {"two tokens", {{"Authorization", "Bearer " + kKey + " " + kKey}}, ErrorCode::malformed_authorization},
      {"list of credentials",
       {{"Authorization", "Bearer " + kKey + ", Bearer " + kKey}},
       ErrorCode::malformed_authorization},
      {"empty authorization", {{"Authorization", ""}}, ErrorCode::missing_authorization},
      {"blank authorization", {{"Authorization", "  "}}, ErrorCode::missing_authorization},
      {"x-api-key", {{"x-api-key", kKey}}, {}},
      {"X-API-KEY", {{"X-API-KEY", kKey}}, {}},
      {"x-goog-api-key", {{"x-goog-api-key", kKey}}, {}},
      {"api-key", {{"Api-Key", kKey}}, {}},
      {"padded x-api-key", {{"x-api-key", " " + kKey + " "}}, {}},
      {"x-api-key with a scheme", {{"x-api-key", "Bearer " + kKey}}, ErrorCode::invalid_virtual_key},
      {"empty x-api-key", {{"x-api-key", ""}}, ErrorCode::missing_authorization},
      {"empty x-api-key beside a bearer", {{"x-api-key", ""}, {"Authorization", "Bearer " + kKey}}, {}},
      {"empty bearer beside x-api-key", {{"Authorization", "Bearer "}, {"x-api-key", kKey}}, {}},
      {"basic beside x-api-key", {{"Authorization", "Basic dXNlcjpwYXNz"}, {"x-api-key", kKey}}, {}},
      {"same key twice", {{"Authorization", "Bearer " + kKey}, {"x-api-key", kKey}}, {}},
      {"same key in all four",
       {{"api-key", kKey},
        {"x-goog-api-key", kKey},
        {"x-api-key", kKey},
        {"Authorization", "Bearer " + kKey}},
       {}},
      {"bearer and another x-api-key",
       {{"Authorization", "Bearer " + kKey}, {"x-api-key", kOther}},
       ErrorCode::conflicting_credentials},
      {"another order",
       {{"x-api-key", kOther}, {"Authorization", "Bearer " + kKey}},
       ErrorCode::conflicting_credentials},
      {"x-goog-api-key and api-key differ",
       {{"x-goog-api-key", kKey}, {"api-key", kOther}},
       ErrorCode::conflicting_credentials},
      {"a foreign key beside ours",
       {{"Authorization", "Bearer sk-ant-1"}, {"x-api-key", kKey}},
       ErrorCode::conflicting_credentials},
      {"repeated authorization, same",
       {{"Authorization", "Bearer " + kKey}, {"Authorization", "bearer " + kKey}},
       {}},
      {"repeated authorization, different",
       {{"Authorization", "Bearer " + kKey}, {"Authorization", "Bearer " + kOther}},
       ErrorCode::conflicting_credentials},
      {"repeated x-api-key, different",
       {{"x-api-key", kKey}, {"x-api-key", kOther}},
       ErrorCode::conflicting_credentials},
      {"differ in case only",
       {{"x-api-key", kKey}, {"api-key", "rk_live_" + std::string(64, 'A')}},
       ErrorCode::conflicting_credentials},
      {"foreign key", {{"Authorization", "Bearer sk-proj-1234"}}, ErrorCode::invalid_virtual_key},
      {"too short", {{"Authorization", "Bearer " + short_key}}, ErrorCode::invalid_virtual_key},
      {"too long", {{"x-api-key", kKey + "a"}}, ErrorCode::invalid_virtual_key},
      {"no hex", {{"x-api-key", "rk_live_" + std::string(64, 'z')}}, ErrorCode::invalid_virtual_key},
      {"operator token",
       {{"Authorization", "Bearer op_live_" + std::string(64, 'a')}},
       ErrorCode::invalid_virtual_key},
      {"key with a space",
       {{"api-key", short_key + " "
                                "a"}},
       ErrorCode::invalid_virtual_key},
      {"very long",
       {{"Authorization", "Bearer " + std::string(60'000, 'a')}},
       ErrorCode::invalid_virtual_key},
      {"quoted", {{"Authorization", "Bearer \"" + kKey + "\""}}, ErrorCode::invalid_virtual_key},
  };
}

TEST(ReadVirtualKey, Table) {
  for (const Row& row : table()) {
    http::Fields fields;
    fields.add("Host", "gateway.test");
    for (const auto& [name, value] : row.fields) fields.add(name, value);
    fields.add("Content-Type", "application/json");
    const auto key = read_virtual_key(fields);
    if (!row.error) {
      ASSERT_TRUE(key) << row.what << ": " << key.error().describe();
      EXPECT_EQ(*key, kKey) << row.what;
    } else {
      ASSERT_FALSE(key) << row.what;
      EXPECT_EQ(key.error().info().name, core::error_info(*row.error).name) << row.what;
    }
  }
}

TEST(ReadVirtualKey, AWrongLookingKeyAnswersLikeAnUnknownOne) {
  http::Fields fields;
  fields.add("x-api-key", "sk-1");
  const auto wrong = read_virtual_key(fields);
  const core::Error unknown(ErrorCode::invalid_virtual_key);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().public_message(), unknown.public_message());
  EXPECT_EQ(wrong.error().param, unknown.param);
  EXPECT_EQ(wrong.error().retry_after, unknown.retry_after);
}

}  // namespace
}  // namespace relayna::identity
