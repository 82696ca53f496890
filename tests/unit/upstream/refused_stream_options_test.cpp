#include "upstream/refused_stream_options.hpp"

#include <gtest/gtest.h>

#include "body_pieces.hpp"
#include "snapshot.hpp"
#include "support/loop.hpp"

namespace relayna::upstream::test {
namespace {

class RefusedStreamOptions : public testing::Test {
 protected:
  core::Result<bool> judged(int status, std::vector<std::string> pieces, bool breaks = false) {
    answer = Answer{};
    answer.head.status = status;
    answer.body = std::make_unique<Pieces>(std::move(pieces), breaks);
    return loop.run(refuses_stream_options(answer));
  }
  relayna::test::Loop loop;
  Answer answer;
};

TEST_F(RefusedStreamOptions, AreNamedByTheRefusal) {
  // As Mistral's API and servers that check with pydantic put it.
  EXPECT_TRUE(
      judged(422, {R"({"detail":[{"type":"extra_forbidden","loc":["body","stream_options"]}]})"}).value());
  EXPECT_TRUE(judged(400, {R"({"error":{"message":"unknown parameter: 'stream_)", R"(options'"}})"}).value())
      << "however the body is cut";
  EXPECT_FALSE(judged(400, {R"({"error":{"message":"temperature must be below 2"}})"}).value());
  EXPECT_FALSE(judged(400, {}).value());
}

TEST_F(RefusedStreamOptions, OtherAnswersAreNotRead) {
  for (const int status : {200, 401, 404, 429, 500})
    EXPECT_FALSE(judged(status, {"stream_options"}).value()) << status;
}

TEST_F(RefusedStreamOptions, TheAnswerStaysWhole) {
  ASSERT_FALSE(judged(400, {"no", " thanks"}).value());
  const auto first = loop.run(answer.body->next());
  ASSERT_TRUE(first);
  EXPECT_EQ(first->bytes, "no thanks");
  EXPECT_TRUE(loop.run(answer.body->next())->end);
}

TEST_F(RefusedStreamOptions, AnAnswerThatBreaksIsABrokenAnswer) {
  const auto broken = judged(400, {"{\"err"}, true);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, core::ErrorCode::upstream_connection);
}

TEST(PlainStreams, RememberAModelOfAProviderForAnHour) {
  const auto acme = provider("acme", domain::ProviderKind::openai);
  const auto other = provider("other", domain::ProviderKind::openai);
  const Candidate small{&acme, "small", false};
  const core::TimePoint start{};
  PlainStreams plain;
  EXPECT_FALSE(plain.holds(small, start));
  plain.remember(small, start);
  EXPECT_TRUE(plain.holds(small, start + std::chrono::minutes(59)));
  EXPECT_FALSE(plain.holds(small, start + std::chrono::hours(1)));
  EXPECT_FALSE(plain.holds({&acme, "large", false}, start));
  EXPECT_FALSE(plain.holds({&other, "small", false}, start));
}

}  // namespace
}  // namespace relayna::upstream::test
