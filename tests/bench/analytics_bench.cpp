// How long analytics takes to answer over a long history, and what keeping its sums costs each event.
//   analytics_bench [PostgreSQL events] [SQLite events] [URL]
// Starts a PostgreSQL server of its own unless it is given the URL of a database: an empty one is filled and
// kept, so that the next run finds the history. Prints milliseconds: the first answer and the median of the
// others.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "relayna/core/ids.hpp"
#include "relayna/store/analytics.hpp"
#include "relayna/store/store.hpp"

#include "store/migration.hpp"
#include "support/postgres_server.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace relayna;
using Clock = std::chrono::steady_clock;
using store::UsageDimension;

double ms_since(Clock::time_point began) {
  return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
}

template <class T>
T must(core::Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "%s\n", result.error().describe().c_str());
  std::exit(1);
}

void measure(const std::string& what, const std::function<void()>& ask) {
  std::vector<double> times;
  for (int i = 0; i < 6; ++i) {
    const auto began = Clock::now();
    ask();
    times.push_back(ms_since(began));
  }
  const double first = times.front();
  std::sort(times.begin() + 1, times.end());
  std::printf("| %-58s | %8.0f | %8.0f |\n", what.c_str(), first, times[3]);
  std::fflush(stdout);
}

const core::SystemTime kBegin = std::chrono::sys_days{std::chrono::year{2026} / 8 / 20};
const core::SystemTime kEnd = kBegin + std::chrono::days(90);

std::string key_id(int key) {
  char id[37];
  std::snprintf(id, sizeof id, "00000000-0000-7000-8000-%012x", static_cast<unsigned>(key));
  return id;
}
std::string project_id(int project) {
  char id[37];
  std::snprintf(id, sizeof id, "00000000-0000-7000-9000-%012x", static_cast<unsigned>(project));
  return id;
}

void ask_everything(store::AnalyticsRepository& analytics) {
  using std::chrono::days;
  using std::chrono::hours;
  using std::chrono::minutes;
  std::printf("| %-58s | %8s | %8s |\n|%s|---------:|---------:|\n", "question", "first ms", "then ms",
              std::string(60, '-').c_str());
  // Nothing is aligned to an hour: both ends are read from the events.
  const store::UsageFilter month{.from = kEnd - days(30) + minutes(17), .to = kEnd - minutes(7)};
  const auto in_month = [&](auto set) {
    store::UsageFilter filter = month;
    set(filter);
    return filter;
  };
  const auto summary = [&](const char* what, const store::UsageFilter& filter) {
    measure(what, [&] { must(analytics.summary(filter)); });
  };
  summary("summary, 90 days", {});
  summary("summary, 30 days", month);
  summary("summary, 30 days, a project", in_month([](auto& f) { f.project_id = project_id(3); }));
  summary("summary, 90 days, the busiest key", {.key_id = key_id(0)});
  summary("summary, 30 days, a model and failures",
          in_month([](auto& f) { f.model = "model-7", f.failed = true; }));
  summary("summary, 90 days, an end user", {.end_user = "user-120"});
  summary("summary, a trace", {.trace_id = "c4ca4238a0b923820dcc509a6f75849b"});
  summary("summary, streams only (the newest events)", {.stream = true});

  const auto series = [&](const char* what, const store::SeriesQuery& query) {
    measure(what, [&] { must(analytics.series(query)); });
  };
  using store::UsageInterval;
  series("by day, 90 days", {});
  series("by hour, 90 days", {.interval = UsageInterval::hour});
  series("by hour, 30 days", {.filter = month, .interval = UsageInterval::hour});
  series("by day, 30 days, split by model", {.filter = month, .split = UsageDimension::model});
  series("by day, 30 days, split by key", {.filter = month, .split = UsageDimension::key});
  series("by hour, 7 days, the busiest key",
         {.filter = {.from = kEnd - days(7), .key_id = key_id(0)}, .interval = UsageInterval::hour});

  const auto breakdown = [&](const std::string& what, const store::BreakdownQuery& query) {
    measure(what, [&] { must(analytics.breakdown(query)); });
  };
  const std::pair<const char*, UsageDimension> dimensions[] = {
      {"key", UsageDimension::key},           {"project", UsageDimension::project},
      {"team", UsageDimension::team},         {"model", UsageDimension::model},
      {"provider", UsageDimension::provider}, {"service", UsageDimension::service},
      {"route", UsageDimension::route},       {"end user", UsageDimension::end_user},
      {"tag", UsageDimension::tag},           {"error code", UsageDimension::error_code},
      {"task", UsageDimension::task}};
  for (const auto& [name, by] : dimensions) {
    breakdown(std::string("breakdown by ") + name + ", 30 days", {.filter = month, .by = by});
    breakdown(std::string("breakdown by ") + name + ", 90 days", {.filter = {}, .by = by});
  }
  // As far from whole days as can be: half a day of events at either end.
  const store::UsageFilter noons{.from = kEnd - days(30) - hours(12), .to = kEnd - hours(12)};
  breakdown("breakdown by key, 30 days, from noon to noon", {.filter = noons, .by = UsageDimension::key});
  breakdown("breakdown by end user, 30 days, from noon to noon",
            {.filter = noons, .by = UsageDimension::end_user});
  breakdown("breakdown by model, 30 days, a project",
            {.filter = in_month([](auto& f) { f.project_id = project_id(3); }), .by = UsageDimension::model});
  breakdown("breakdown by key by cost, 30 days, a model",
            {.filter = in_month([](auto& f) { f.model = "model-7"; }),
             .by = UsageDimension::key,
             .order = store::BreakdownOrder::cost});

  const auto list = [&](const char* what, const store::EventQuery& query) {
    measure(what, [&] { must(analytics.events(query)); });
  };
  using store::EventOrder;
  list("requests, first page", {});
  list("requests, first page of 30 days, the busiest key",
       {.filter = in_month([](auto& f) { f.key_id = key_id(0); })});
  list("requests, failures of a model", {.filter = {.model = "model-7", .failed = true}});
  list("requests, of an end user", {.filter = {.end_user = "user-120"}});
  list("requests, of a trace", {.filter = {.trace_id = "c4ca4238a0b923820dcc509a6f75849b"}});
  list("requests, none of which matches", {.filter = {.model = "no such model"}});
  list("requests, the dearest of 30 days (the newest events)", {.filter = month, .order = EventOrder::cost});
  measure("export, a page of 1,000 from the middle", [&] {
    must(analytics.events({.filter = {.from = kEnd - days(45)}, .ascending = true, .limit = 1'000}));
  });

  for (const auto& [name, by] : dimensions) {
    const bool users = by == UsageDimension::end_user;
    measure(std::string("values of ") + name + ", 30 days",
            [&] { must(analytics.values(by, users ? "User-12" : "", month, 50)); });
  }
  measure("unused keys, 30 days", [&] { must(analytics.unused_keys(month.from, month.to)); });
}

/// Events like those of usage_history.sql, to be stored the usual way.
class Events {
 public:
  explicit Events(core::SystemTime from, std::size_t count)
      : at_(from), step_(std::chrono::microseconds(std::chrono::days(90)) / count) {}
  std::vector<domain::UsageEvent> batch(std::size_t size) {
    std::vector<domain::UsageEvent> events;
    for (std::size_t i = 0; i < size; ++i) events.push_back(next());
    return events;
  }

 private:
  double part() { return std::uniform_real_distribution<double>()(random_); }
  domain::UsageEvent next() {
    at_ += step_;
    clock_.set_wall(at_);
    const double squared = part() * part();
    const int key = static_cast<int>(3'000 * part() * squared);
    const int model = (key * 7 + static_cast<int>(4 * part() * part())) % 40;
    domain::UsageEvent event;
    event.request_id = ids_.uuid7().str();
    event.created_at = event.accounted_at.emplace(at_);
    event.key_id = key_id(key);
    event.project_id = project_id(key % 120);
    event.team_id = project_id(1'000 + key % 12);
    event.route = key % 7 == 0 ? "/v1/messages" : "/v1/chat/completions";
    event.model = "model-" + std::to_string(model);
    event.provider = "provider-" + std::to_string(model % 5);
    event.end_user = "user-" + std::to_string(key * 12 + static_cast<int>(12 * squared));
    if (part() < 0.5) event.tags = "env=prod,team=" + std::to_string(key % 30);
    if (part() < 0.1) event.task_id = "task-" + std::to_string(count_ / 40);
    event.status_code = part() < 0.02 ? 502 : 200;
    event.error_code = event.status_code == 200 ? "" : "upstream_connection";
    event.stream = part() < 0.4;
    event.latency_ms = 300 + static_cast<std::int64_t>(4'000 * squared);
    event.input_tokens = 50 + static_cast<std::int64_t>(3'000 * part());
    event.output_tokens = 20 + static_cast<std::int64_t>(600 * part());
    event.total_tokens = *event.input_tokens + *event.output_tokens;
    event.cost_nanos = 1'000 * *event.total_tokens;
    event.http_method = "POST";
    event.endpoint_path = event.route;
    event.trace_id = event.request_id;
    ++count_;
    return event;
  }

  std::mt19937 random_{1};
  core::SystemTime at_;
  std::chrono::microseconds step_;
  core::FakeClock clock_;
  core::IdGenerator ids_{clock_};
  std::size_t count_ = 0;
};

double cpu_ms() {
  return 1'000.0 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

/// Microseconds of this process's CPU for an event.
double insert(store::Store& store, Events& events, std::size_t count) {
  double total = 0;
  for (std::size_t done = 0; done < count; done += 512) {
    const auto batch = events.batch(512);
    const double began = cpu_ms();
    must(store.usage().insert(batch));
    total += cpu_ms() - began;
  }
  return total * 1'000 / static_cast<double>(count);
}

/// SQL that takes minutes.
void run_slowly(const std::string& url, const std::string& sql) {
  const test::TempDir directory;
  const std::string file = directory.path("slow.sql");
  std::ofstream(file) << sql;
  test::Process psql({test::postgres_program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1",
                      "--dbname=" + url, "--file=" + file});
  if (psql.wait(std::chrono::hours(1)) != 0) std::exit(1);
}

void fill(const std::string& url, std::size_t events) {
  std::ifstream file(USAGE_HISTORY);
  std::string sql{std::istreambuf_iterator<char>(file), {}};
  const std::string placeholder = "{events}";
  for (std::size_t at = sql.find(placeholder); at != std::string::npos; at = sql.find(placeholder))
    sql.replace(at, placeholder.size(), std::to_string(events));
  run_slowly(url, sql);
  // The sums as a migration of this history would take them.
  for (const auto& migration : store::postgres_migrations()) {
    if (migration.name != "usage_rollups") continue;
    const auto began = Clock::now();
    run_slowly(url, std::string(migration.sql.substr(migration.sql.find("CREATE TEMPORARY VIEW measured"))));
    std::printf("the migration takes over %zu events in %.0f s\n", events, ms_since(began) / 1'000);
  }
  run_slowly(url, "VACUUM ANALYZE");
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t in_postgres = argc > 1 ? std::stoul(argv[1]) : 5'000'000;
  const std::size_t in_sqlite = argc > 2 ? std::stoul(argv[2]) : 1'000'000;
  if (in_postgres > 0) {
    std::optional<test::FreshDatabase> own;
    const std::string url = argc > 3 ? argv[3] : own.emplace().url();
    auto store =
        must(store::make_postgres_store({.url = url, .statement_timeout = std::chrono::seconds(30)}));
    must(store->migrations().apply());
    if (must(store->usage().count()) == 0) fill(url, in_postgres);
    std::printf("\nPostgreSQL, %zu events\n", in_postgres);
    ask_everything(store->analytics());
    Events more(kEnd, in_postgres);
    std::printf("storing an event, in batches of 512: %.1f us of our CPU\n", insert(*store, more, 51'200));
  }
  if (in_sqlite > 0) {
    test::TempDir directory;
    auto store = must(store::make_sqlite_store({.path = directory.path("gateway.db")}));
    must(store->migrations().apply());
    Events events(kBegin, in_sqlite);
    const double us = insert(*store, events, in_sqlite);
    std::printf("\nSQLite, %zu events\n", in_sqlite);
    ask_everything(store->analytics());
    std::printf("storing an event, in batches of 512: %.1f us of our CPU\n", us);
  }
}
