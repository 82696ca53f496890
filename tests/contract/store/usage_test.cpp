#include <algorithm>
#include <limits>
#include <map>
#include <thread>

#include "backend.hpp"
#include "samples.hpp"

namespace relayna::test {
namespace {

using domain::UsageEvent;

class UsageContract : public StoreContract {
 protected:
  store::UsageRepository& usage() { return store().usage(); }
};
INSTANTIATE_TEST_SUITE_P(Stores, UsageContract, kBackends, backend_name);

TEST_P(UsageContract, KeepsEveryField) {
  const auto event = sample_event();
  ASSERT_OK(usage().insert({&event, 1}));
  const auto read = usage().recent(10);
  ASSERT_OK(read);
  ASSERT_EQ(read->size(), 1U);
  EXPECT_TRUE(same(read->at(0), event));
}

TEST_P(UsageContract, KeepsWhatIsUnset) {
  UsageEvent event;
  event.request_id = new_id();
  ASSERT_OK(usage().insert({&event, 1}));
  const auto read = usage().recent(1);
  ASSERT_OK(read);
  ASSERT_EQ(read->size(), 1U);
  EXPECT_TRUE(same(read->at(0), event));
  EXPECT_EQ(backend().sql(
                "SELECT count(*) FROM usage_events WHERE model IS NULL AND key_id IS NULL AND cost_nanos IS "
                "NULL AND end_user IS NULL"),
            "1\n")
      << "unset is NULL, so that queries can tell";
}

TEST_P(UsageContract, ABatchMayComeTwice) {
  std::vector<UsageEvent> batch(5, sample_event());
  for (auto& event : batch) event.request_id = new_id();
  ASSERT_OK(usage().insert(batch));
  auto again = batch;
  for (auto& event : again) event.status_code = 200;
  again.push_back(sample_event());
  again.push_back(again.back());  // twice in one batch
  ASSERT_OK(usage().insert(again));
  EXPECT_EQ(*usage().count(), 6);
  const auto read = usage().recent(10);
  ASSERT_OK(read);
  for (const auto& event : *read) {
    if (event.request_id != again.back().request_id)
      EXPECT_EQ(event.status_code, 504) << "the first one stays";
  }
}

TEST_P(UsageContract, TextsAreKeptOrMadeStorable) {
  std::vector<UsageEvent> batch(4, sample_event());
  for (auto& event : batch) event.request_id = new_id();
  batch[0].end_user = "{\"a\",NULL,'b',\\c} 用户 🙂 \n\t\x01 %s $1 \\N";
  batch[1].end_user = std::string("nul\0inside", 10);
  batch[2].end_user = "bad \xc3\x28 \xff \xe2\x82 end \xf0\x9f\x98";
  batch[3].end_user = "NULL";
  ASSERT_OK(usage().insert(batch));
  const auto read = usage().recent(4);
  ASSERT_OK(read);
  ASSERT_EQ(read->size(), 4U);
  std::map<std::string, std::string> users;
  for (const auto& event : *read) users[event.request_id] = event.end_user;
  EXPECT_EQ(users[batch[0].request_id], batch[0].end_user);
  EXPECT_EQ(users[batch[1].request_id], "nul\xef\xbf\xbdinside");
  EXPECT_EQ(
      users[batch[2].request_id],
      "bad \xef\xbf\xbd( \xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd end \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(users[batch[3].request_id], "NULL");
}

TEST_P(UsageContract, NumbersReachTheirExtremes) {
  auto event = sample_event();
  event.input_tokens = std::numeric_limits<std::int64_t>::max();
  event.output_tokens = std::numeric_limits<std::int64_t>::min();
  event.cost_nanos = std::numeric_limits<std::int64_t>::max();
  event.latency_ms = std::numeric_limits<std::int64_t>::min();
  event.status_code = std::numeric_limits<int>::max();
  event.fallback_count = std::numeric_limits<int>::min();
  event.total_tokens = 0;
  ASSERT_OK(usage().insert({&event, 1}));
  EXPECT_TRUE(same(usage().recent(1)->at(0), event));
}

TEST_P(UsageContract, AnEventWithABadIdIsRefusedByName) {
  std::vector<UsageEvent> batch{sample_event(), sample_event()};
  batch[1].key_id = "k1";
  const auto refused = usage().insert(batch);
  EXPECT_FAILS(invalid_request, refused);
  EXPECT_EQ(refused.error().param, "key_id");
  batch[1].key_id.clear();
  batch[1].request_id.clear();
  EXPECT_FAILS(invalid_request, usage().insert(batch));
  EXPECT_EQ(*usage().count(), 0) << "a batch is stored whole or not at all";
}

TEST_P(UsageContract, RecentShowsTheNewestFirst) {
  std::vector<UsageEvent> batch(20, sample_event());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    batch[i].request_id = new_id();
    batch[i].created_at = at(static_cast<std::int64_t>(i));
  }
  ASSERT_OK(usage().insert(batch));
  const auto read = usage().recent(3);
  ASSERT_OK(read);
  ASSERT_EQ(read->size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ((*read)[i].request_id, batch[19 - i].request_id);
  EXPECT_EQ(usage().recent(0)->size(), 0U);
  EXPECT_EQ(usage().recent(1'000)->size(), 20U);
}

TEST_P(UsageContract, AnEmptyBatchIsFine) {
  ASSERT_OK(usage().insert({}));
  EXPECT_EQ(*usage().count(), 0);
}

TEST_P(UsageContract, OverlappingBatchesOfSeveralWritersAreStoredOnce) {
  constexpr std::size_t kEvents = 300;
  constexpr int kWriters = 4;
  std::vector<UsageEvent> all(kEvents, sample_event());
  for (auto& event : all) event.request_id = new_id();
  auto other = backend().open();
  std::atomic<int> failures = 0;
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      auto mine = all;
      // In opposite orders: the case in which two transactions wait for each other in a circle.
      if (w % 2 == 1) std::ranges::reverse(mine);
      auto& target = (w < 2 ? store() : *other).usage();
      for (std::size_t i = 0; i < kEvents; i += 100) {
        if (!target.insert(std::span(mine).subspan(i, 100))) ++failures;
      }
    });
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(*usage().count(), static_cast<std::int64_t>(kEvents));
}

TEST_P(UsageContract, ABatchAndItsTimeNeverMoveTheCatalog) {
  const auto event = sample_event();
  ASSERT_OK(usage().insert({&event, 1}));
  EXPECT_EQ(*store().catalog().revision(), 0);
}

}  // namespace
}  // namespace relayna::test
