#include <fmt/format.h>
#include <gmock/gmock.h>

#include "backend.hpp"
#include "store/migration.hpp"
#include "usage_sample.hpp"

// Sums, series and breakdowns, against the same worked out from the events.

namespace relayna::test {
namespace {

using domain::UsageEvent;
using std::chrono::hours;
using std::chrono::minutes;
using store::UsageDimension;
using store::UsageFilter;
using store::UsageSummary;

class AnalyticsContract : public StoreContract {
 protected:
  store::AnalyticsRepository& analytics() { return store().analytics(); }
  void insert(const std::vector<UsageEvent>& events) {
    for (std::size_t at = 0; at < events.size(); at += 100)
      ASSERT_OK(store().usage().insert(
          std::span(events).subspan(at, std::min<std::size_t>(100, events.size() - at))));
  }
  UsageSummary summary(const UsageFilter& filter) {
    const auto found = analytics().summary(filter);
    if (!found) ADD_FAILURE() << found.error().describe();
    if (found && !found->covered.complete) ADD_FAILURE() << "only a part of the period";
    return found ? found->summary : UsageSummary{};
  }
  std::map<std::string, UsageSummary> breakdown(const store::BreakdownQuery& query) {
    const auto found = analytics().breakdown(query);
    std::map<std::string, UsageSummary> groups;
    if (!found) ADD_FAILURE() << found.error().describe();
    if (found)
      for (const auto& group : found->groups) EXPECT_TRUE(groups.emplace(group.name, group.summary).second);
    return groups;
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, AnalyticsContract, kBackends, backend_name);

UsageSummary sum_of(const std::vector<UsageEvent>& events, const UsageFilter& filter) {
  UsageSummary sum;
  for (const auto& event : events) {
    if (matches(event, filter)) add(sum, event);
  }
  return sum;
}

/// Any few conditions; about half of the filters are about the rollups' fields alone.
UsageFilter random_filter(std::mt19937& random, const UsageWorld& world) {
  UsageFilter filter;
  const auto sometimes = [&](unsigned one_in) { return random() % one_in == 0; };
  const auto moment = [&] {
    const auto at = kUsageStart + hours(random() % static_cast<unsigned>(world.days * 24 + 24)) - hours(12);
    return sometimes(2) ? at : at + minutes(random() % 60);
  };
  if (sometimes(2)) filter.from = sometimes(3) ? std::chrono::floor<std::chrono::days>(moment()) : moment();
  if (sometimes(2)) filter.to = moment();
  if (sometimes(6)) filter.key_id = pick(random, world.keys);
  if (sometimes(6)) filter.project_id = pick(random, world.projects);
  if (sometimes(8)) filter.team_id = pick(random, world.teams);
  if (sometimes(6)) filter.model = pick(random, world.models);
  if (sometimes(8)) filter.provider = pick(random, world.providers);
  if (sometimes(8)) filter.service = pick(random, world.services);
  if (sometimes(8)) filter.route = pick(random, world.routes);
  if (sometimes(8)) filter.end_user = pick(random, world.end_users);
  if (sometimes(8)) filter.tag = pick(random, std::vector<std::string>{"", "env=prod", "b", "%_", "env"});
  if (sometimes(10)) filter.task_id = pick(random, world.tasks);
  if (sometimes(6)) filter.failed = sometimes(2);
  if (sometimes(10)) filter.status_code = pick(random, std::vector<int>{200, 403, 429, 500});
  if (sometimes(10))
    filter.error_code = pick(random, std::vector<std::string>{"", "upstream_timeout", "policy_denied"});
  if (sometimes(25)) filter.trace_id = "trace-3";
  if (sometimes(25)) filter.run_id = "run-1";
  if (sometimes(25)) filter.method = "POST";
  if (sometimes(25)) filter.endpoint = "/x%_";
  if (sometimes(25)) filter.usage_source = "reported";
  if (sometimes(25)) filter.min_cost_nanos = 500'000;
  if (sometimes(25)) filter.stream = sometimes(2);
  if (sometimes(8)) filter.status_class = pick(random, std::vector<int>{2, 4, 5});
  if (sometimes(25)) filter.min_latency_ms = 2'500;
  return filter;
}

TEST_P(AnalyticsContract, WithoutEventsEverythingIsEmpty) {
  EXPECT_EQ(summary({}), UsageSummary{});
  EXPECT_EQ(analytics().summary({.from = at(0), .to = at(100'000)})->summary, UsageSummary{});
  for (const UsageDimension dimension : kDimensions) {
    EXPECT_TRUE(breakdown({.filter = {}, .by = dimension}).empty());
    EXPECT_TRUE(analytics().series({.filter = {}, .split = dimension})->points.empty());
    EXPECT_TRUE(analytics().values(dimension, "", {}, 10)->empty());
  }
  EXPECT_TRUE(analytics().series({})->points.empty());
  EXPECT_TRUE(analytics().unused_keys(std::nullopt, std::nullopt)->empty());
}

TEST_P(AnalyticsContract, EveryAnswerIsWhatTheEventsAddUpTo) {
  std::mt19937 random(20);
  const UsageWorld world;
  std::vector<UsageEvent> events;
  for (int i = 0; i < 1'500; ++i) events.push_back(random_event(random, world));
  insert(events);
  insert({events.begin(), events.begin() + 200});  // once more, which changes nothing
  for (int round = 0; round < 150; ++round) {
    SCOPED_TRACE(round);
    const UsageFilter filter = random_filter(random, world);
    ASSERT_EQ(summary(filter), sum_of(events, filter));
    const UsageDimension dimension = kDimensions[random() % std::size(kDimensions)];
    std::map<std::string, UsageSummary> expected;
    for (const auto& event : events) {
      if (!matches(event, filter)) continue;
      for (const auto& name : names_of(event, dimension)) add(expected[name], event);
    }
    ASSERT_EQ(breakdown({.filter = filter, .by = dimension, .limit = 100}), expected)
        << "by " << static_cast<int>(dimension);

    const bool split = random() % 2 == 0;
    const auto interval = random() % 2 == 0 ? store::UsageInterval::hour : store::UsageInterval::day;
    std::map<std::pair<core::SystemTime, std::string>, UsageSummary> buckets;
    for (const auto& event : events) {
      if (!matches(event, filter)) continue;
      const core::SystemTime bucket =
          interval == store::UsageInterval::hour
              ? core::SystemTime(std::chrono::floor<hours>(event.created_at))
              : core::SystemTime(std::chrono::floor<std::chrono::days>(event.created_at));
      for (const auto& name : split ? names_of(event, dimension) : std::vector<std::string>{""})
        add(buckets[{bucket, name}], event);
    }
    const auto series = analytics().series({.filter = filter,
                                            .interval = interval,
                                            .split = split ? std::optional(dimension) : std::nullopt,
                                            .most_names = 50});
    ASSERT_OK(series);
    std::map<std::pair<core::SystemTime, std::string>, UsageSummary> found;
    for (const auto& point : series->points) found[{point.bucket, point.name}] = point.summary;
    ASSERT_EQ(found, buckets) << "by " << static_cast<int>(dimension);
    ASSERT_EQ(found.size(), series->points.size()) << "a bucket came twice";
  }
}

TEST_P(AnalyticsContract, RefusedAndUnpricedRequestsAreCountedAsWhatTheyWere) {
  UsageEvent served;
  served.request_id = new_id();
  served.route = "/v1/messages";
  served.status_code = 200;
  served.latency_ms = 40;
  served.total_tokens = 7;
  served.created_at = kUsageStart;
  UsageEvent refused = served;
  refused.request_id = new_id();
  refused.status_code = 429;
  refused.refused_count = 12;
  refused.charged = false;
  refused.latency_ms = 1'000;
  refused.total_tokens.reset();
  insert({served, refused});
  const UsageSummary sum = summary({});
  EXPECT_EQ(sum.requests, 13);
  EXPECT_EQ(sum.successes(), 1);
  EXPECT_EQ(sum.failures, 12);
  EXPECT_EQ(sum.refused, 12);
  EXPECT_EQ(sum.rate_limit_denials, 12);
  EXPECT_EQ(sum.unpriced, 1);
  EXPECT_EQ(sum.average_latency_ms(), 40.0);
  EXPECT_EQ(sum.average_first_token_ms(), std::nullopt);
  EXPECT_EQ(sum.fallback_rate(), 0.0);
  EXPECT_EQ(summary({.failed = false}).requests, 1);
  EXPECT_EQ(summary({.status_code = 429}).requests, 12);
}

TEST_P(AnalyticsContract, BreakdownsAreOrderedAndPaged) {
  std::mt19937 random(3);
  UsageWorld world;
  for (int i = 0; i < 30; ++i) world.keys.push_back(new_id());
  std::vector<UsageEvent> events;
  for (int i = 0; i < 600; ++i) events.push_back(random_event(random, world));
  insert(events);
  using store::BreakdownOrder;
  const auto measure = [](const UsageSummary& sum, BreakdownOrder order) -> std::int64_t {
    switch (order) {
      case BreakdownOrder::requests:
        return sum.requests;
      case BreakdownOrder::cost:
        return sum.cost_nanos;
      case BreakdownOrder::failures:
        return sum.failures;
      case BreakdownOrder::latency:
        return sum.latency_ms;
      case BreakdownOrder::tokens:
        return sum.total_tokens;
      case BreakdownOrder::fallbacks:
        return sum.fallbacks;
      case BreakdownOrder::name:
        break;
    }
    return 0;
  };
  for (const UsageDimension by : {UsageDimension::key, UsageDimension::model, UsageDimension::tag}) {
    for (int order = 0; order <= static_cast<int>(BreakdownOrder::name); ++order) {
      SCOPED_TRACE(order);
      store::BreakdownQuery query{
          .filter = {}, .by = by, .order = static_cast<BreakdownOrder>(order), .limit = 500};
      const auto all = analytics().breakdown(query);
      ASSERT_OK(all);
      EXPECT_FALSE(all->more);
      const auto before = [&](const auto& a, const auto& b) {
        const auto x = measure(a.summary, query.order), y = measure(b.summary, query.order);
        return x != y ? x > y : a.name < b.name;
      };
      EXPECT_TRUE(std::ranges::is_sorted(all->groups, before));
      std::vector<std::string> paged;
      query.limit = 2;
      for (bool more = true; more; query.offset += 2) {
        const auto page = analytics().breakdown(query);
        ASSERT_OK(page);
        for (const auto& group : page->groups) paged.push_back(group.name);
        more = page->more;
      }
      std::vector<std::string> expected;
      for (const auto& group : all->groups) expected.push_back(group.name);
      EXPECT_EQ(paged, expected);
    }
  }
}

TEST_P(AnalyticsContract, ASplitSeriesShowsTheNamesWithTheMostRequests) {
  std::vector<UsageEvent> events;
  for (const auto& [model, times] :
       {std::pair{"often", 3}, std::pair{"sometimes", 2}, std::pair{"once", 1}}) {
    for (int i = 0; i < times; ++i) {
      UsageEvent event;
      event.request_id = new_id();
      event.model = model;
      event.created_at = kUsageStart + hours(i);
      events.push_back(event);
    }
  }
  insert(events);
  const auto series = analytics().series(
      {.interval = store::UsageInterval::day, .split = UsageDimension::model, .most_names = 2});
  ASSERT_OK(series);
  ASSERT_EQ(series->points.size(), 2U);
  EXPECT_EQ(series->points[0].name, "often");
  EXPECT_EQ(series->points[0].bucket, kUsageStart);
  EXPECT_EQ(series->points[0].summary.requests, 3);
  EXPECT_EQ(series->points[1].name, "sometimes");
}

TEST_P(AnalyticsContract, ValuesBeginWithAPrefix) {
  std::mt19937 random(4);
  const UsageWorld world;
  std::vector<UsageEvent> events;
  for (int i = 0; i < 300; ++i) events.push_back(random_event(random, world));
  insert(events);
  const auto values = [&](UsageDimension dimension, const std::string& prefix, std::size_t limit = 100) {
    return analytics().values(dimension, prefix, {}, limit).value_or(std::vector<std::string>{"failed"});
  };
  using testing::ElementsAre;
  using testing::IsEmpty;
  using testing::UnorderedElementsAreArray;
  EXPECT_THAT(values(UsageDimension::model, "gPt"), ElementsAre("GPT-4o", "gpt-4o"));
  EXPECT_THAT(values(UsageDimension::model, "%"), IsEmpty()) << "no wildcards";
  EXPECT_THAT(values(UsageDimension::model, "a'b"), ElementsAre("a'b\"c\\d;--"));
  EXPECT_THAT(values(UsageDimension::end_user, "用"), ElementsAre("用户"));
  EXPECT_THAT(values(UsageDimension::end_user, ""), ElementsAre("Ada", "ada", "x' OR '1'='1", "用户"));
  EXPECT_THAT(values(UsageDimension::tag, ""), ElementsAre("%_", "b", "env=prod", "team=a"));
  EXPECT_THAT(values(UsageDimension::task, "TASK"), ElementsAre("task-1", "task-2"));
  EXPECT_THAT(values(UsageDimension::endpoint, "/v1/m"), ElementsAre("/v1/messages"));
  EXPECT_THAT(values(UsageDimension::error_code, "p"), ElementsAre("policy_denied"));
  EXPECT_EQ(values(UsageDimension::model, "", 2).size(), 2U);
  EXPECT_THAT(values(UsageDimension::key, ""),
              UnorderedElementsAreArray(std::vector(world.keys.begin() + 1, world.keys.end())));
  EXPECT_THAT(*analytics().values(UsageDimension::model, "", {.from = kUsageStart + hours(24 * 60)}, 10),
              IsEmpty());
}

TEST_P(AnalyticsContract, LongNamesAreCutAndStillFound) {
  std::string longest;
  for (int i = 0; i < 400; ++i) longest += "\xf0\x9f\x99\x82";
  UsageEvent event;
  event.request_id = new_id();
  event.end_user = longest;
  event.tags = longest + ",short";
  event.created_at = kUsageStart + minutes(1);
  insert({event});
  EXPECT_EQ(summary({.end_user = longest}).requests, 1);
  EXPECT_EQ(summary({.tag = longest}).requests, 1);
  EXPECT_EQ(summary({.from = kUsageStart, .to = kUsageStart + minutes(2), .end_user = longest}).requests, 1);
  EXPECT_EQ(breakdown({.filter = {}, .by = UsageDimension::end_user}).begin()->first.size(), 256U * 4);
}

TEST_P(AnalyticsContract, AtMostSixteenTagsOfARequestCount) {
  UsageEvent event;
  event.request_id = new_id();
  for (int i = 0; i < 40; ++i) event.tags += fmt::format("t{:02},t00,", i);
  event.created_at = kUsageStart + hours(30);
  insert({event});
  const auto whole = breakdown({.filter = {}, .by = UsageDimension::tag, .limit = 100});
  EXPECT_EQ(whole.size(), 16U);
  EXPECT_TRUE(whole.contains("t15"));
  EXPECT_EQ(breakdown({.filter = {.from = kUsageStart + hours(29), .to = kUsageStart + hours(31)},
                       .by = UsageDimension::tag,
                       .limit = 100}),
            whole)
      << "from the events";
}

TEST_P(AnalyticsContract, AbsurdNumbersSaturate) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  std::vector<UsageEvent> events;
  for (int i = 0; i < 200; ++i) {
    UsageEvent event;
    event.request_id = new_id();
    event.model = std::to_string(i);
    event.cost_nanos = kMost;
    event.input_tokens = std::numeric_limits<std::int64_t>::min();
    event.latency_ms = kMost;
    event.created_at = kUsageStart + minutes(1);
    events.push_back(event);
  }
  insert(events);
  EXPECT_EQ(summary({}).cost_nanos, kMost);
  EXPECT_EQ(summary({.stream = false}).cost_nanos, kMost) << "from the events";
  EXPECT_EQ(summary({}).input_tokens, 0);
}

TEST_P(AnalyticsContract, WhatIsNoIdOrNoTextIsRefusedByName) {
  const auto refused = analytics().summary({.project_id = "p1"});
  EXPECT_FAILS(invalid_request, refused);
  EXPECT_EQ(refused.error().param, "project_id");
  const auto text = analytics().breakdown({.filter = {.trace_id = std::string("a\0b", 3)}});
  EXPECT_FAILS(invalid_request, text);
  EXPECT_EQ(text.error().param, "trace_id");
  EXPECT_FAILS(invalid_request, analytics().event("nope"));
}

TEST_P(AnalyticsContract, UnusedKeysAreThoseWithoutRequestsInThePeriod) {
  std::vector<domain::VirtualKey> keys;
  for (const auto* name : {"used", "used before", "never", "disabled", "revoked"}) {
    keys.push_back(sample_key(name));
    keys.back().disabled = keys.back().name == "disabled";
    keys.back().created_at = at(static_cast<std::int64_t>(keys.size()));
    ASSERT_OK(store().keys().create(keys.back(), kActor));
  }
  ASSERT_OK(store().keys().revoke(keys[4].id, at(100), kActor));
  std::vector<UsageEvent> events(2);
  for (std::size_t i = 0; i < 2; ++i) {
    events[i].request_id = new_id();
    events[i].key_id = keys[i].id;
    events[i].created_at = kUsageStart + hours(i == 0 ? 50 : 1) + minutes(5);
  }
  insert(events);
  const auto names = [&](auto from, auto to) {
    std::vector<std::string> found;
    const auto unused = analytics().unused_keys(from, to);
    EXPECT_TRUE(unused) << unused.error().describe();
    for (const auto& key : unused.value_or(std::vector<domain::VirtualKey>{})) found.push_back(key.name);
    return found;
  };
  using When = std::optional<core::SystemTime>;
  using testing::ElementsAre;
  EXPECT_THAT(names(When(), When()), ElementsAre("never"));
  EXPECT_THAT(names(When(kUsageStart + hours(2)), When()), ElementsAre("used before", "never"));
  EXPECT_THAT(names(When(), When(kUsageStart + hours(50))), ElementsAre("used", "never"));
}

/// The sums that the migration takes from the events are those that would have been kept.
TEST_P(AnalyticsContract, EventsFromBeforeTheSumsAreInThem) {
  std::mt19937 random(9);
  const UsageWorld world;
  std::vector<UsageEvent> events;
  for (int i = 0; i < 300; ++i) events.push_back(random_event(random, world));
  insert(events);
  const std::vector<std::string> tables{"usage_hourly_traffic",  "usage_daily_scopes", "usage_daily_keys",
                                        "usage_daily_end_users", "usage_daily_tags",   "usage_daily_tasks",
                                        "usage_weekly_end_users"};
  const auto contents = [&] {
    std::string all;
    for (const auto& table : tables) {
      all += backend().sql(
          "SELECT count(*) || ' ' || sum(period) || ' ' || sum(requests) || ' ' || sum(refused) || ' ' "
          "|| sum(total_tokens * status_code) || ' ' || sum(cost_nanos * (period % 1000)) || ' ' || "
          "sum(unpriced) || ' ' || sum(latency_ms) || ' ' || sum(first_token_ms) || ' ' || "
          "sum(first_tokens) || ' ' || sum(fallbacks) || ' ' || sum(audio_output_tokens) FROM " +
          table);
    }
    return all;
  };
  const std::string kept = contents();
  const auto all = GetParam() == "postgres" ? store::postgres_migrations() : store::sqlite_migrations();
  const auto ours = std::ranges::find(all, "usage_rollups", &store::Migration::name);
  ASSERT_NE(ours, all.end());
  for (const auto& table : tables) backend().sql("DROP TABLE " + table);
  backend().sql("DROP TABLE usage_retention");
  for (const auto* index :
       {"usage_events_created_idx", "usage_events_end_user_created_idx", "usage_events_trace_idx",
        "usage_events_correlation_idx", "usage_events_task_idx", "usage_events_run_idx"}) {
    if (GetParam() == "sqlite" || std::string(index) != "usage_events_created_idx")
      backend().sql(std::string("DROP INDEX IF EXISTS ") + index);
  }
  backend().sql(std::string(ours->sql));
  EXPECT_EQ(contents(), kept);
}

}  // namespace
}  // namespace relayna::test
