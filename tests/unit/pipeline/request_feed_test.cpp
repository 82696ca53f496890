#include "relayna/pipeline/request_feed.hpp"

#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "exchange_fixture.hpp"

namespace relayna::pipeline::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::size_t kAll = 1'000;

void add(RequestRing& ring, std::string_view id, std::int64_t ended = 0) {
  ring.add([&](FinishedRequest& out) {
    out.request_id = id;
    out.ended = core::SystemTime(std::chrono::seconds(ended));
  });
}
std::vector<std::string> ids(const std::vector<FinishedRequest>& requests) {
  std::vector<std::string> out;
  for (const auto& request : requests) out.emplace_back(request.request_id.view());
  return out;
}

TEST(ShortText, CutsBetweenCharacters) {
  ShortText<4> text;
  EXPECT_TRUE(text.empty());
  text = "abcd";
  EXPECT_EQ(text.view(), "abcd");
  text = "abc\xc3\xa9";
  EXPECT_EQ(text.view(), "abc");
  text = "\xf0\x9f\x98\x80!";
  EXPECT_EQ(text.view(), "\xf0\x9f\x98\x80");
  text = "";
  EXPECT_EQ(text.view(), "");
}

TEST(RequestFeed, TellsAReaderWhatEndedSinceItCame) {
  RequestFeed feed(1, 4);
  add(feed.ring(0), "before");
  FeedReader reader(feed, {});
  EXPECT_THAT(reader.next(kAll).requests, IsEmpty());
  add(feed.ring(0), "a");
  add(feed.ring(0), "b");
  const auto batch = reader.next(kAll);
  EXPECT_THAT(ids(batch.requests), ElementsAre("a", "b"));
  EXPECT_EQ(batch.lost, 0U);
  EXPECT_THAT(reader.next(kAll).requests, IsEmpty());
}

TEST(RequestFeed, SaysHowManyASlowReaderHasLost) {
  RequestFeed feed(1, 4);
  FeedReader reader(feed, {});
  for (int i = 0; i < 10; ++i) add(feed.ring(0), fmt::format("{}", i));
  const auto batch = reader.next(kAll);
  EXPECT_THAT(ids(batch.requests), ElementsAre("6", "7", "8", "9"));
  EXPECT_EQ(batch.lost, 6U);
  EXPECT_EQ(reader.next(kAll).lost, 0U);
}

TEST(RequestFeed, GivesWhatIsWantedAsMuchAsIsAskedFor) {
  RequestFeed feed(1, 100);
  const Wanted even = [](const FinishedRequest& request) {
    return request.request_id.view().back() % 2 == 0;
  };
  FeedReader reader(feed, even);
  for (int i = 0; i < 50; ++i) add(feed.ring(0), fmt::format("{:02}", i), i);
  EXPECT_THAT(ids(reader.next(2).requests), ElementsAre("00", "02"));
  EXPECT_THAT(ids(reader.next(1).requests), ElementsAre("04"));
  EXPECT_EQ(reader.next(kAll).requests.size(), 22U);
  EXPECT_THAT(ids(feed.recent(3, even)), ElementsAre("48", "46", "44"));
}

TEST(RequestFeed, PutsTheShardsInOrder) {
  RequestFeed feed(2, 100);
  FeedReader reader(feed, {});
  for (int i = 0; i < 80; ++i) add(feed.ring(i % 3 == 0 ? 0 : 1), fmt::format("{:02}", i), i);
  const auto batch = ids(reader.next(kAll).requests);
  EXPECT_EQ(batch.size(), 80U);
  EXPECT_TRUE(std::ranges::is_sorted(batch));
  const auto recent = ids(feed.recent(kAll, {}));
  EXPECT_EQ(recent.front(), "79");
  EXPECT_TRUE(std::ranges::is_sorted(recent, std::ranges::greater{}));
}

TEST(RequestFeed, FindsWhatItStillHas) {
  RequestFeed feed(2, 3);
  for (int i = 0; i < 4; ++i) add(feed.ring(1), fmt::format("{}", i));
  EXPECT_FALSE(feed.find("0"));
  EXPECT_TRUE(feed.find("1"));
  EXPECT_TRUE(feed.find("3"));
}

TEST(RequestFeed, ForgetsAllOfWhatItOverwrites) {
  RequestFeed feed(1, 1);
  feed.ring(0).add([](FinishedRequest& out) {
    out.request_id = "a";
    out.cost_nanos = 7;
    out.rules = std::make_shared<AppliedRules>();
  });
  add(feed.ring(0), "b");
  EXPECT_FALSE(feed.find("b")->cost_nanos);
  EXPECT_FALSE(feed.find("b")->rules);
}

TEST(RequestFeed, MayBeReadWhileItIsWritten) {
  RequestFeed feed(1, 64);
  FeedReader reader(feed, {});
  constexpr int kMany = 20'000;
  std::thread writer([&] {
    for (int i = 0; i < kMany; ++i) add(feed.ring(0), fmt::format("{:06}", i));
  });
  std::uint64_t seen = 0;
  std::string last;
  while (seen < kMany) {
    auto batch = reader.next(kAll);
    seen += batch.lost + batch.requests.size();
    for (const auto& request : batch.requests) {
      EXPECT_LT(last, request.request_id.view());
      last = request.request_id.view();
    }
  }
  writer.join();
  EXPECT_EQ(seen, static_cast<std::uint64_t>(kMany));
}

class Remembered : public ExchangeTest {};

TEST_F(Remembered, IsWhatHappenedAndHowLongItTook) {
  auto x = answered();
  x->key = key;
  x->target.path = "/v1/chat/completions";
  x->reservation =
      loop.run(books.admit({.scopes = {}, .amounts = {.tokens = 450, .cost_nanos = 9}}, x->event())).value();
  x->usage.input = 10;
  x->usage.output = 20;
  x->usage_is_final = true;
  x->attempts.trace({.provider = &snapshot->providers[0],
                     .status = 200,
                     .connect = std::chrono::milliseconds(2),
                     .took = std::chrono::milliseconds(7)});
  clock.advance(std::chrono::milliseconds(3));
  x->enter(Stage::admit);
  clock.advance(std::chrono::milliseconds(5));
  x->enter(Stage::stream);
  clock.advance(std::chrono::milliseconds(11));
  const std::string id(x->id_view());
  x->settle();
  const auto remembered = feed.find(id);
  ASSERT_TRUE(remembered);
  EXPECT_EQ(remembered->key_id.view(), key->key.id);
  EXPECT_EQ(remembered->provider.view(), "acme");
  EXPECT_EQ(remembered->model.view(), "m-1");
  EXPECT_EQ(remembered->route, "/v1/chat/completions");
  EXPECT_EQ(remembered->status, 200);
  EXPECT_EQ(remembered->input_tokens, 10);
  EXPECT_EQ(remembered->output_tokens, 20);
  EXPECT_TRUE(remembered->cost_nanos);
  EXPECT_EQ(remembered->usage_source.view(), "reported");
  EXPECT_EQ(remembered->reserved_tokens, 450);
  EXPECT_EQ(remembered->took, std::chrono::milliseconds(19));
  const auto spent = [&](Stage stage) { return remembered->stages[static_cast<std::size_t>(stage)]; };
  EXPECT_EQ(spent(Stage::auth), std::chrono::milliseconds(3));
  EXPECT_EQ(spent(Stage::policy), core::Duration());
  EXPECT_EQ(spent(Stage::admit), std::chrono::milliseconds(5));
  EXPECT_EQ(spent(Stage::stream), std::chrono::milliseconds(11));
  EXPECT_EQ(remembered->attempts[0].provider.view(), "acme");
  EXPECT_EQ(remembered->attempts[0].connect, std::chrono::milliseconds(2));
}

TEST_F(Remembered, IsAlsoWhatWasRefused) {
  auto x = exchange();
  x->failed(core::Error(core::ErrorCode::policy_denied).with_reason("allowed_models"));
  const std::string id(x->id_view());
  x.reset();
  const auto remembered = feed.find(id);
  ASSERT_TRUE(remembered);
  EXPECT_EQ(remembered->status, 403);
  EXPECT_EQ(remembered->error_code, "policy_denied");
  EXPECT_EQ(remembered->error_reason.view(), "allowed_models");
  EXPECT_TRUE(remembered->key_id.empty());
}

}  // namespace
}  // namespace relayna::pipeline::test
