#include "counters/redis/replies.hpp"

#include <cstring>

#include <gtest/gtest.h>

namespace relayna::counters {
namespace {

using Kind = RedisReply::Kind;

RedisReply integer(std::int64_t n) {
  return {.kind = Kind::integer, .integer = n};
}
RedisReply text(std::string s) {
  return {.kind = Kind::string, .text = std::move(s)};
}
RedisReply list(std::vector<RedisReply> items) {
  return {.kind = Kind::array, .items = std::move(items)};
}

/// A stored scope: 17 numbers, then the newest second of its minute and the oldest ones, of which there are
/// none.
std::string packed(std::array<double, 17> numbers) {
  std::string bytes(sizeof numbers + 28, '\0');
  std::memcpy(bytes.data(), numbers.data(), sizeof numbers);
  return bytes;
}

AdmitRequest request_with(domain::LimitKind kind, std::int64_t limit) {
  AdmitRequest request{.request_id = "a", .scopes = {{.id = "scope"}}};
  request.scopes[0].limits.set(kind, limit);
  return request;
}

TEST(RedisReplies, ComputeARefusalFromWhatIsStored) {
  const auto request = request_with(domain::LimitKind::usd_total, 5'000'000'001);
  const auto scope = packed({1, 2, 20'000, 0, 0, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0});
  const auto admission = read_admission(
      list({integer(1), integer(20'000 * 86'400), integer(7), text("epoch"), text(scope)}), request);
  ASSERT_TRUE(admission);
  EXPECT_EQ(admission->outcome, Outcome::refused);
  EXPECT_EQ(admission->refusal->used, 5'000'000'001);
  EXPECT_EQ(admission->epoch, "epoch");
}

TEST(RedisReplies, TellHowFullAnAdmittedScopeIs) {
  auto request = request_with(domain::LimitKind::tokens_per_minute, 1'000);
  request.scopes[0].limits.set(domain::LimitKind::requests_per_minute, 10);
  auto scope = packed({1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 700});
  const auto put = [](std::string& bytes, std::size_t at, std::uint32_t number) {
    std::memcpy(bytes.data() + at, &number, sizeof number);
  };
  put(scope, 136, 1'000);  // the newest second has requests and no tokens
  put(scope, 140, 3);
  put(scope, 160, 970);  // the oldest with tokens
  std::string reply(12, '\0');
  put(reply, 0, 1'001);
  put(reply, 4, 7);
  put(reply, 8, 1'002);
  const auto admission = read_admission(text(reply + scope + "epoch"), request);
  ASSERT_TRUE(admission);
  EXPECT_EQ(admission->outcome, Outcome::admitted);
  EXPECT_EQ(admission->epoch, "epoch");
  EXPECT_EQ(admission->at, core::SystemTime{std::chrono::seconds(1'001)} + std::chrono::microseconds(7));
  ASSERT_EQ(admission->standings.size(), 1);
  const auto& standing = admission->standings[0];
  EXPECT_EQ(standing.used[0], 3);
  EXPECT_EQ(standing.used[2], 700);
  EXPECT_EQ(standing.requests_reset_seconds, 1'000 + 61 - 1'002);
  EXPECT_EQ(standing.tokens_reset_seconds, 970 + 61 - 1'002);
}

TEST(RedisReplies, SaturateMoneyThatIsTooMuch) {
  const auto request = request_with(domain::LimitKind::usd_total, 1);
  const auto scope = packed({1, 2, 20'000, 0, 0, 1e15, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  const auto admission = read_admission(
      list({integer(1), integer(20'000 * 86'400), integer(7), text("epoch"), text(scope)}), request);
  ASSERT_TRUE(admission);
  EXPECT_EQ(admission->refusal->used, INT64_MAX);
}

TEST(RedisReplies, ThatAreNotOursAreErrors) {
  const auto request = request_with(domain::LimitKind::usd_total, 1);
  const std::vector<RedisReply> strange{
      {},
      integer(1),
      text("OK"),
      {.kind = Kind::error, .text = "OOM command not allowed"},
      list({}),
      list({integer(0), integer(0), integer(0), text("e")}),
      list({integer(0), integer(0), integer(0), text("e"), text(packed({}))}),
      list({integer(1), integer(0), integer(0), text("e")}),
      list({integer(1), integer(0), integer(0), text("e"), text("short")}),
      list({integer(9), integer(0), integer(0), text("e"), text("")}),
      list({integer(1), integer(0), integer(0), integer(0)}),
      text(std::string(12 + 147, '\0')),
  };
  for (std::size_t i = 0; i < strange.size(); ++i) {
    const auto admission = read_admission(strange[i], request);
    ASSERT_FALSE(admission) << i;
    EXPECT_EQ(admission.error().code, core::ErrorCode::control_state_unavailable);
    const auto extension = read_extension(strange[i], {});
    EXPECT_TRUE(!extension || extension->granted) << i;
  }
  EXPECT_NE(read_done(strange[3]).error().detail.find("OOM"), std::string::npos);
  EXPECT_FALSE(read_settlements(list({integer(1)}), 1));
  EXPECT_FALSE(read_settlements(text("1"), 1));
  EXPECT_FALSE(read_settlements(text("110"), 2));
  EXPECT_FALSE(read_orphans(list({list({text("id")})})));
  EXPECT_FALSE(read_names(integer(1)));
  EXPECT_FALSE(read_text(integer(1)));
}

}  // namespace
}  // namespace relayna::counters
