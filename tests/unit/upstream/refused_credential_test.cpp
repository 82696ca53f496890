#include "upstream/refused_credential.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "body_pieces.hpp"
#include "snapshot.hpp"
#include "support/loop.hpp"

namespace relayna::upstream::test {
namespace {

using testing::HasSubstr;

class RefusedCredential : public testing::Test {
 protected:
  void answer_with(int status, std::vector<std::string> pieces, bool breaks = false) {
    answer = Answer{};
    answer.head.status = status;
    answer.provider = &acme;
    answer.body = std::make_unique<Pieces>(std::move(pieces), breaks);
  }
  std::optional<core::Error> judged() { return loop.run(refused_credential(answer)); }
  /// What the client would get of the body now.
  std::string rest() {
    std::string out;
    while (true) {
      auto chunk = loop.run(answer.body->next());
      if (!chunk) return out + "!" + std::string(chunk.error().info().name);
      if (chunk->end) return out;
      out += chunk->bytes;
    }
  }
  bool is_ours(int status, std::string body) {
    answer_with(status, {std::move(body)});
    const auto error = judged();
    if (error) EXPECT_EQ(error->code, core::ErrorCode::upstream_auth_failed);
    return error.has_value();
  }
  relayna::test::Loop loop;
  domain::Provider acme = provider("acme", domain::ProviderKind::openai);
  Answer answer;
};

TEST_F(RefusedCredential, OtherAnswersAreNotRead) {
  for (const int status : {200, 400, 402, 404, 429, 500}) {
    answer_with(status, {"a", "b"});
    const auto* body = answer.body.get();
    EXPECT_FALSE(judged());
    EXPECT_EQ(answer.body.get(), body);
    EXPECT_EQ(rest(), "ab");
  }
}

TEST_F(RefusedCredential, A401IsAlwaysOurs) {
  answer_with(401, {R"({"error":{"type":"invalid_request_error"}})"});
  const auto error = judged();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, core::ErrorCode::upstream_auth_failed);
  EXPECT_THAT(error->describe(), HasSubstr("acme answered 401"));
}

TEST_F(RefusedCredential, A403IsOursWhenItSpeaksOfCredentials) {
  EXPECT_TRUE(is_ours(403, R"({"error":{"type":"authentication_error","message":"x"}})"));
  EXPECT_TRUE(is_ours(403, R"({"type":"error","error":{"type":"permission_error"}})"));
  EXPECT_TRUE(is_ours(403, R"({"error":{"type":"invalid_request_error","code":"invalid_api_key"}})"));
  EXPECT_TRUE(is_ours(403, R"({"error":{"type":null,"code":"team_model_access_denied"}})"));
  EXPECT_TRUE(is_ours(403, "<html>Forbidden</html>"));
  EXPECT_TRUE(is_ours(403, ""));
}

TEST_F(RefusedCredential, A403WithAnotherReasonPassesWhole) {
  const std::string reason =
      R"({"error":{"code":"unsupported_country_region_territory","type":"request_forbidden"}})";
  answer_with(403, {reason.substr(0, 20), reason.substr(20)});
  EXPECT_FALSE(judged());
  EXPECT_EQ(answer.body->length(), reason.size());
  EXPECT_EQ(rest(), reason);
  EXPECT_FALSE(is_ours(403, R"({"error":{"code":403,"message":"no"}})"));
  EXPECT_FALSE(is_ours(403, R"({"error":"no"})"));
}

TEST_F(RefusedCredential, ALongAnswerIsReadInPart) {
  // Longer than what is looked at, so it is no document there: nobody can say it is the client's
  // doing.
  std::vector<std::string> pieces(5, std::string(30'000, ' '));
  pieces.front().front() = '{';
  pieces.push_back("}");
  answer_with(403, pieces);
  EXPECT_TRUE(judged());
}

TEST_F(RefusedCredential, WhatFollowsTheReadPartFollowsIt) {
  const std::string reason = R"({"error":{"type":"moderation"}})" + std::string(70'000, ' ');
  answer_with(403, {reason, "  "});
  EXPECT_FALSE(judged());
  EXPECT_FALSE(answer.body->length());
  EXPECT_EQ(rest(), reason + "  ");
}

TEST_F(RefusedCredential, AnAnswerThatBreaksIsABrokenAnswer) {
  answer_with(403, {"{\"err"}, true);
  const auto error = judged();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, core::ErrorCode::upstream_connection);
}

}  // namespace
}  // namespace relayna::upstream::test
