#include <gmock/gmock.h>

#include "backend.hpp"
#include "usage_sample.hpp"

// Single requests: search, order, paging, export; and how they are purged while their sums stay.

namespace relayna::test {
namespace {

using domain::UsageEvent;
using std::chrono::hours;
using store::EventOrder;
using store::EventQuery;
using store::UsageFilter;

class RequestsContract : public StoreContract {
 protected:
  store::AnalyticsRepository& analytics() { return store().analytics(); }
  void insert(const std::vector<UsageEvent>& events) { ASSERT_OK(store().usage().insert(events)); }
  std::vector<UsageEvent> random_events(int count, unsigned seed = 5) {
    std::mt19937 random(seed);
    std::vector<UsageEvent> events;
    for (int i = 0; i < count; ++i) events.push_back(random_event(random, world_));
    insert(events);
    return events;
  }
  /// Every page, one behind the other.
  std::vector<std::string> pages(EventQuery query) {
    std::vector<std::string> ids;
    for (int page = 0; page < 1'000; ++page) {
      const auto found = analytics().events(query);
      if (!found) ADD_FAILURE() << found.error().describe();
      if (!found) break;
      EXPECT_LE(found->events.size(), query.limit);
      for (const auto& event : found->events) ids.push_back(event.request_id);
      if (!found->next) break;
      query.after = found->next;
    }
    return ids;
  }
  const UsageWorld world_;
};
INSTANTIATE_TEST_SUITE_P(Stores, RequestsContract, kBackends, backend_name);

std::int64_t value_of(const UsageEvent& event, EventOrder order) {
  switch (order) {
    case EventOrder::created_at:
      return event.created_at.time_since_epoch().count();
    case EventOrder::cost:
      return event.cost_nanos.value_or(-1);
    case EventOrder::latency:
      return event.latency_ms;
    case EventOrder::tokens:
      return event.total_tokens.value_or(-1);
  }
  return 0;
}

std::vector<std::string> ordered_ids(std::vector<UsageEvent> events, const EventQuery& query) {
  std::erase_if(events, [&](const UsageEvent& event) { return !matches(event, query.filter); });
  std::ranges::sort(events, [&](const UsageEvent& a, const UsageEvent& b) {
    const auto x = std::pair(value_of(a, query.order), a.request_id);
    const auto y = std::pair(value_of(b, query.order), b.request_id);
    return query.ascending ? x < y : x > y;
  });
  std::vector<std::string> ids;
  for (const auto& event : events) ids.push_back(event.request_id);
  return ids;
}

TEST_P(RequestsContract, PagesFollowEachOtherInEveryOrder) {
  const auto events = random_events(400);
  for (const EventOrder order :
       {EventOrder::created_at, EventOrder::cost, EventOrder::latency, EventOrder::tokens}) {
    for (const bool ascending : {false, true}) {
      SCOPED_TRACE(static_cast<int>(order) * 2 + (ascending ? 1 : 0));
      const EventQuery query{.filter = {}, .order = order, .ascending = ascending, .limit = 7};
      EXPECT_EQ(pages(query), ordered_ids(events, query));
    }
  }
}

TEST_P(RequestsContract, EveryFilterFindsWhatItSays) {
  const auto events = random_events(400);
  std::vector<UsageFilter> filters{
      {.from = kUsageStart + hours(20), .to = kUsageStart + hours(70)},
      {.key_id = world_.keys[1]},
      {.key_id = ""},
      {.project_id = world_.projects[1]},
      {.team_id = world_.teams[1]},
      {.model = "modèle-模型"},
      {.model = "a'b\"c\\d;--"},
      {.model = "' OR 1=1 --"},
      {.model = ""},
      {.provider = "openai"},
      {.service = "summary"},
      {.route = "/v1/messages"},
      {.end_user = "x' OR '1'='1"},
      {.end_user = "用户"},
      {.tag = "team=a"},
      {.tag = "team"},
      {.tag = ""},
      {.task_id = "task-2"},
      {.failed = true},
      {.failed = false},
      {.status_code = 504},
      {.error_code = "client_closed"},
      {.request_id = events[17].request_id},
      {.request_id = "corr-3"},
      {.trace_id = "trace-7"},
      {.run_id = "run-1"},
      {.method = "GET"},
      {.endpoint = "/x%_"},
      {.usage_source = "estimated"},
      {.min_cost_nanos = 700'000},
      {.min_cost_nanos = 0},
      {.stream = true},
      {.stream = false},
      {.model = "gpt-4o", .failed = true, .trace_id = "trace-1"},
  };
  for (std::size_t i = 0; i < filters.size(); ++i) {
    SCOPED_TRACE(i);
    const EventQuery query{.filter = filters[i], .limit = 50};
    const auto expected = ordered_ids(events, query);
    EXPECT_EQ(pages(query), expected);
    if (i == 0) EXPECT_FALSE(expected.empty());
  }
}

TEST_P(RequestsContract, APageStaysInPlaceWhileEventsArrive) {
  std::vector<UsageEvent> events(30);
  for (auto& event : events) {
    event.request_id = new_id();
    event.created_at = kUsageStart;  // all at once: the id decides
  }
  insert({events.begin(), events.begin() + 20});
  EventQuery query{.filter = {}, .limit = 10};
  const auto first = analytics().events(query);
  ASSERT_OK(first);
  insert({events.begin() + 20, events.end()});
  query.after = first->next;
  const auto second = analytics().events(query);
  ASSERT_OK(second);
  ASSERT_EQ(first->events.size(), 10U);
  ASSERT_EQ(second->events.size(), 10U);
  EXPECT_EQ(first->events.front().request_id, events[19].request_id);
  EXPECT_EQ(second->events.front().request_id, events[9].request_id);
  EXPECT_FALSE(second->next);
}

TEST_P(RequestsContract, OneRequestIsReadWhole) {
  const auto event = sample_event();
  insert({event});
  const auto read = analytics().event(event.request_id);
  ASSERT_OK(read);
  EXPECT_TRUE(same(*read, event));
  EXPECT_FAILS(not_found, analytics().event(new_id()));
  EXPECT_FAILS(invalid_request, analytics().events({.after = store::EventCursor{.request_id = "x"}}));
}

TEST_P(RequestsContract, PurgingKeepsSumsAndBalances) {
  const auto events = random_events(400);
  const core::SystemTime before = kUsageStart + hours(72);
  const auto total = analytics().summary({});
  const auto by_user = analytics().breakdown({.filter = {}, .by = store::UsageDimension::end_user});
  const auto balance = store().usage().balance({.at = kUsageStart + hours(5)});
  ASSERT_OK(balance);
  const auto old =
      std::ranges::count_if(events, [&](const auto& event) { return event.created_at < before; });
  std::int64_t purged = 0;
  while (true) {
    const auto some = analytics().purge_events(before, 70);
    ASSERT_OK(some);
    EXPECT_LE(*some, 70);
    purged += *some;
    if (*some < 70) break;
  }
  EXPECT_EQ(purged, old);
  EXPECT_EQ(*store().usage().count(), static_cast<std::int64_t>(events.size()) - old);
  EXPECT_EQ(*analytics().purge_events(before, 70), 0);

  const auto after = analytics().summary({});
  ASSERT_OK(after);
  EXPECT_EQ(after->summary, total->summary);
  EXPECT_TRUE(after->covered.complete);
  const auto users = analytics().breakdown({.filter = {}, .by = store::UsageDimension::end_user});
  ASSERT_EQ(users->groups.size(), by_user->groups.size());
  for (std::size_t i = 0; i < users->groups.size(); ++i)
    EXPECT_EQ(users->groups[i].summary, by_user->groups[i].summary);
  EXPECT_EQ(store().usage().balance({.at = kUsageStart + hours(5)})->cost_today, balance->cost_today);
}

TEST_P(RequestsContract, WhatWasPurgedIsSaidToBeMissing) {
  const auto events = random_events(400);
  const core::SystemTime before = kUsageStart + hours(72);
  ASSERT_OK(analytics().purge_events(before, 10'000));
  // What only events know begins where they do.
  const auto streams = analytics().summary({.stream = true});
  ASSERT_OK(streams);
  EXPECT_FALSE(streams->covered.complete);
  EXPECT_EQ(streams->covered.from, before);
  store::UsageSummary expected;
  for (const auto& event : events) {
    if (event.stream && event.created_at >= before) add(expected, event);
  }
  EXPECT_EQ(streams->summary, expected);
  // Half an hour is left out where only whole hours are known.
  const auto from = kUsageStart + hours(10) + std::chrono::minutes(30);
  const auto rest = analytics().summary({.from = from});
  ASSERT_OK(rest);
  EXPECT_FALSE(rest->covered.complete);
  EXPECT_EQ(rest->covered.from, kUsageStart + hours(11));
  EXPECT_TRUE(analytics().summary({.from = kUsageStart + hours(10)})->covered.complete);
  const auto page = analytics().events({.filter = {.from = kUsageStart}});
  EXPECT_FALSE(page->covered.complete);
  EXPECT_EQ(page->covered.from, before);
}

TEST_P(RequestsContract, AreFoundByTheBeginningOfTheirId) {
  auto events = random_events(20);
  events[0].request_id = "0199aaaa-bbbb-7000-8000-000000000001";
  events[1].request_id = "0199aaaa-bbbc-7000-8000-ffffffffffff";
  insert({events[0], events[1]});
  const auto found = [&](const std::string& prefix) {
    auto ids = pages({.filter = {.request_id_prefix = prefix}, .ascending = true, .limit = 10});
    std::ranges::sort(ids);
    return ids;
  };
  using testing::ElementsAre;
  EXPECT_THAT(found("0199AAAA"), ElementsAre(events[0].request_id, events[1].request_id));
  EXPECT_THAT(found("0199aaaa-bbbc"), ElementsAre(events[1].request_id));
  EXPECT_THAT(found(events[0].request_id), ElementsAre(events[0].request_id));
  EXPECT_THAT(found("0199aaab"), ElementsAre());
  for (const char* wrong : {"0199aaa", "0199aaag", "0199aaaa-bbbb-7000-8000-0000000000012"}) {
    const auto refused = analytics().events({.filter = {.request_id_prefix = wrong}});
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().param, "request_id_prefix");
  }
}

}  // namespace
}  // namespace relayna::test
