#include "control/usage/usage_filter.hpp"

#include <gmock/gmock.h>

#include "control/api/query_check.hpp"
#include "control/usage/event_cursor.hpp"

namespace relayna::control {
namespace {

using std::chrono::hours;

const core::SystemTime kNow = *core::parse_rfc3339("2026-11-20T12:30:00Z");

struct Outcome {
  store::UsageFilter filter;
  std::vector<std::string> wrong;
};
Outcome read(std::string_view query, const PeriodRule& rule = {}) {
  Operation operation;
  operation.query = usage_filter_parameters(rule);
  Call call;
  call.operation = &operation;
  call.now = kNow;
  call.query = Query::parse(query, call.problems);
  check_query(call);
  Outcome outcome{.filter = read_usage_filter(call, rule), .wrong = {}};
  for (const auto& problem : call.problems.all()) outcome.wrong.push_back(problem.path);
  return outcome;
}

TEST(UsageFilter, TheLastDayByDefault) {
  const auto got = read("");
  EXPECT_EQ(got.filter.from, kNow - hours(24));
  EXPECT_EQ(got.filter.to, kNow);
  EXPECT_EQ(read("to=2026-11-02T00:00:00Z").filter.from, *core::parse_rfc3339("2026-11-01T00:00:00Z"));
  EXPECT_EQ(read("from=2026-11-20T10:00:00%2B02:00").filter.from,
            *core::parse_rfc3339("2026-11-20T08:00:00Z"));
}

TEST(UsageFilter, PeriodsHaveABeginningAnEndAndALimit) {
  using testing::ElementsAre;
  EXPECT_THAT(read("from=yesterday").wrong, ElementsAre("from"));
  EXPECT_THAT(read("from=2026-11-20T13:00:00Z").wrong, ElementsAre("from")) << "after now";
  EXPECT_THAT(read("from=2026-11-20T10:00:00Z", {.most = hours(2)}).wrong, ElementsAre("from"));
  EXPECT_THAT(read("from=2026-11-20T10:30:00Z", {.most = hours(2)}).wrong, ElementsAre());
}

TEST(UsageFilter, WhoNamesARequestNeedNotSayWhen) {
  EXPECT_FALSE(read("request_id_prefix=0199aaaa", {.ever_by_id = true}).filter.from);
  EXPECT_FALSE(read("trace_id=t", {.ever_by_id = true}).filter.from);
  EXPECT_TRUE(read("trace_id=t").filter.from) << "not where there is a series to draw";
  EXPECT_TRUE(read("trace_id=t&from=2026-11-20T10:00:00Z", {.ever_by_id = true}).filter.from);
}

TEST(UsageFilter, EveryConditionIsRead) {
  const auto got = read(
      "key_id=0a000000-0000-7000-8000-000000000001&project_id=null&model=a%2Fb&end_user=ada&tag=env%3Dprod&"
      "status=failure"
      "&status_class=4xx&status_code=429&error_code=null&min_cost_usd=0.000000001&min_duration_ms=1500&"
      "stream=false"
      "&usage_source=estimated");
  EXPECT_TRUE(got.wrong.empty());
  EXPECT_EQ(got.filter.key_id, "0a000000-0000-7000-8000-000000000001");
  EXPECT_EQ(got.filter.project_id, "");
  EXPECT_EQ(got.filter.model, "a/b");
  EXPECT_EQ(got.filter.end_user, "ada");
  EXPECT_EQ(got.filter.tag, "env=prod");
  EXPECT_EQ(got.filter.failed, true);
  EXPECT_EQ(got.filter.status_class, 4);
  EXPECT_EQ(got.filter.status_code, 429);
  EXPECT_EQ(got.filter.error_code, "");
  EXPECT_EQ(got.filter.min_cost_nanos, 1);
  EXPECT_EQ(got.filter.min_latency_ms, 1'500);
  EXPECT_EQ(got.filter.stream, false);
  EXPECT_EQ(got.filter.usage_source, "estimated");
}

TEST(UsageFilter, EverythingWrongIsSaidAtOnce) {
  EXPECT_THAT(
      read("key_id=k&status=ok&status_class=6xx&status_code=99&min_cost_usd=1e3e&stream=yes&color=red").wrong,
      testing::UnorderedElementsAre("key_id", "status", "status_class", "status_code", "min_cost_usd",
                                    "stream", "color"));
  EXPECT_THAT(read("min_cost_usd=-1").wrong, testing::ElementsAre("min_cost_usd"));
}

TEST(EventCursor, IsForOneOrder) {
  const store::EventCursor place{
      .created_at = kNow, .request_id = "0a000000-0000-7000-8000-000000000001", .value = -1};
  const auto text = to_text(place, "-cost");
  const auto back = event_cursor(text, "-cost");
  ASSERT_TRUE(back);
  EXPECT_EQ(back->created_at, place.created_at);
  EXPECT_EQ(back->request_id, place.request_id);
  EXPECT_EQ(back->value, -1);
  EXPECT_FALSE(event_cursor(text, "cost"));
  for (const char* wrong :
       {"", "-cost", "-cost.1.2", "-cost.x.2.0a000000-0000-7000-8000-000000000001", "-cost.1.2.0a",
        "-cost.99999999999999999999.2.0a000000-0000-7000-8000-000000000001",
        "-cost.9223372036854775807.2.0a000000-0000-7000-8000-000000000001"})
    EXPECT_FALSE(event_cursor(wrong, "-cost")) << wrong;
}

}  // namespace
}  // namespace relayna::control
