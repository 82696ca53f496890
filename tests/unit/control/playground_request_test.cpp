#include "control/live/playground_request.hpp"

#include <gmock/gmock.h>

namespace relayna::control {
namespace {

using testing::UnorderedElementsAre;

constexpr const char* kKey = "0a000000-0000-7000-8000-000000000001";

Call call_with(json::Document body) {
  Call call;
  call.caller.operator_id = "op";
  call.body = std::move(body);
  return call;
}
std::vector<std::string> wrong_with(json::Document body) {
  auto call = call_with(std::move(body));
  EXPECT_FALSE(read_playground_request(call));
  std::vector<std::string> paths;
  for (const auto& problem : call.problems.all()) paths.push_back(problem.path);
  return paths;
}

TEST(PlaygroundRequest, IsWhatIsSentToTheProxy) {
  auto call = call_with({{"key_id", kKey},
                         {"path", "/v1/chat/completions?a=b"},
                         {"headers", {{"anthropic-version", "2023-06-01"}}},
                         {"body", {{"model", "m"}}}});
  const auto read = read_playground_request(call).value();
  EXPECT_EQ(read.key_id, kKey);
  EXPECT_EQ(read.head.method, "POST");
  EXPECT_EQ(read.head.target, "/v1/chat/completions?a=b");
  EXPECT_EQ(read.body, R"({"model":"m"})");
  EXPECT_EQ(read.head.fields.get("content-type"), "application/json");
  EXPECT_EQ(read.head.fields.get("anthropic-version"), "2023-06-01");
}

TEST(PlaygroundRequest, IsTaggedWithWhoReallyAsks) {
  auto call = call_with({{"key_id", kKey}, {"path", "/v1/models"}, {"method", "GET"}});
  EXPECT_EQ(read_playground_request(call).value().head.fields.get("x-relayna-tags"),
            "playground,operator:op");
  call = call_with({{"key_id", kKey}, {"path", "/v1/models"}, {"headers", {{"X-Relayna-Tags", "mine"}}}});
  const auto tagged = read_playground_request(call).value();
  EXPECT_EQ(tagged.head.fields.get("x-relayna-tags"), "playground,operator:op,mine");
  EXPECT_EQ(tagged.head.fields.count("x-relayna-tags"), 1U);
}

TEST(PlaygroundRequest, SendsATextAsItIs) {
  auto call = call_with({{"key_id", kKey}, {"path", "/v1/chat/completions"}, {"body", "not json"}});
  EXPECT_EQ(read_playground_request(call).value().body, "not json");
}

TEST(PlaygroundRequest, SaysEverythingThatIsWrong) {
  EXPECT_THAT(wrong_with(json::Document::object()), UnorderedElementsAre("key_id", "path"));
  EXPECT_THAT(wrong_with({{"key_id", "k"}, {"path", "v1"}, {"method", "TRACE"}, {"other", 1}}),
              UnorderedElementsAre("key_id", "path", "method", "other"));
}

TEST(PlaygroundRequest, TakesNeitherCredentialsNorFraming) {
  const json::Document headers{{"Authorization", "Bearer x"},   {"x-api-key", "x"}, {"Content-Length", "1"},
                               {"x-relayna-worker-token", "x"}, {"a b", "x"},       {"ok", "a\r\nb: c"}};
  EXPECT_THAT(wrong_with({{"key_id", kKey}, {"path", "/v1/models"}, {"headers", headers}}),
              UnorderedElementsAre("headers.Authorization", "headers.x-api-key", "headers.Content-Length",
                                   "headers.x-relayna-worker-token", "headers.a b", "headers.ok"));
}

}  // namespace
}  // namespace relayna::control
