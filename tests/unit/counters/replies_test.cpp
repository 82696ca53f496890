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

/// A stored scope: 15 numbers, then seconds of the minute.
std::string packed(std::array<double, 15> numbers) {
  std::string bytes(sizeof numbers, '\0');
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
      list({integer(0), integer(0), integer(0), text("e"), integer(0), list({integer(1)})}),
      list({integer(1), integer(0), integer(0), text("e")}),
      list({integer(1), integer(0), integer(0), text("e"), text("short")}),
      list({integer(9), integer(0), integer(0), text("e"), text("")}),
      list({integer(1), integer(0), integer(0), integer(0)}),
  };
  for (std::size_t i = 0; i < strange.size(); ++i) {
    const auto admission = read_admission(strange[i], request);
    ASSERT_FALSE(admission) << i;
    EXPECT_EQ(admission.error().code, core::ErrorCode::control_state_unavailable);
    const auto extension = read_extension(strange[i], {});
    EXPECT_TRUE(!extension || extension->granted) << i;
  }
  EXPECT_NE(read_done(strange[3]).error().detail.find("OOM"), std::string::npos);
  EXPECT_FALSE(read_settlement(list({integer(1)})));
  EXPECT_FALSE(read_orphans(list({list({text("id")})})));
  EXPECT_FALSE(read_names(integer(1)));
  EXPECT_FALSE(read_text(integer(1)));
}

}  // namespace
}  // namespace relayna::counters
