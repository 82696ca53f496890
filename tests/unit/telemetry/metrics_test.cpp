#include "relayna/telemetry/metrics.hpp"

#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/telemetry/log_file.hpp"

namespace relayna::telemetry {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Metrics, ExposesCountersGaugesAndHistograms) {
  Metrics metrics;
  const Counter requests = metrics.counter("gateway_requests_total", "Requests.", {{"route", "chat"}});
  requests.add();
  requests.add(2);
  const Gauge open = metrics.gauge("gateway_connections", "Open connections.");
  open.set(5);
  open.add(-2);
  const Histogram seconds = metrics.histogram("gateway_seconds", "Duration.", {0.1, 1}, {{"route", "chat"}});
  seconds.observe(0.05);
  seconds.observe(0.5);
  seconds.observe(5);
  const std::string text = metrics.expose();
  EXPECT_THAT(text,
              HasSubstr("# HELP gateway_requests_total Requests.\n# TYPE gateway_requests_total counter\n"
                        "gateway_requests_total{route=\"chat\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE gateway_connections gauge\ngateway_connections 3\n"));
  EXPECT_THAT(text, HasSubstr("gateway_seconds_count{route=\"chat\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("gateway_seconds_bucket{route=\"chat\",le=\"0.1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("gateway_seconds_bucket{route=\"chat\",le=\"1\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("gateway_seconds_bucket{route=\"chat\",le=\"+Inf\"} 3\n"));
}

TEST(Metrics, TheSameNameAndLabelsAreTheSameMetric) {
  Metrics metrics;
  metrics.counter("a_total", "A.", {{"x", "1"}}).add();
  metrics.counter("a_total", "A.", {{"x", "1"}}).add();
  metrics.counter("a_total", "A.", {{"x", "2"}}).add();
  const std::string text = metrics.expose();
  EXPECT_THAT(text, HasSubstr("a_total{x=\"1\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("a_total{x=\"2\"} 1\n"));
  EXPECT_EQ(text.find("# TYPE a_total"), text.rfind("# TYPE a_total"));
}

TEST(Metrics, LabelValuesAreEscaped) {
  Metrics metrics;
  metrics.counter("a_total", "A.", {{"x", "q\"b\\n\n"}}).add();
  EXPECT_THAT(metrics.expose(), HasSubstr("a_total{x=\"q\\\"b\\\\n\\n\"} 1\n"));
}

TEST(Metrics, HandlesWithoutAMetricCountNothing) {
  Counter().add();
  Gauge().set(1);
  Gauge().add(1);
  Histogram().observe(1);
  LogFile file;
  Metrics metrics;
  metrics.counter("taken", "A counter.").add();
  metrics.gauge("taken", "Not a gauge.").set(7);
  metrics.counter("not a name", "Bad.").add();
  metrics.counter("b_total", "Bad label.", {{"a-b", "1"}}).add();
  const std::string text = metrics.expose();
  EXPECT_THAT(text, HasSubstr("taken 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("not a name")));
  EXPECT_THAT(text, Not(HasSubstr("a-b")));
  EXPECT_EQ(file.documents().size(), 3) << "each is logged as a bug";
}

TEST(Metrics, RefreshesBeforeEachScrapeAndSurvivesAThrow) {
  const LogFile file;
  Metrics metrics;
  const Gauge gauge = metrics.gauge("live", "Live.");
  int scrapes = 0;
  metrics.on_scrape([] { throw std::runtime_error("a bug"); });
  metrics.on_scrape([&, gauge] { gauge.set(++scrapes); });
  EXPECT_THAT(metrics.expose(), HasSubstr("live 1\n"));
  EXPECT_THAT(metrics.expose(), HasSubstr("live 2\n"));
}

TEST(Metrics, CountsFromManyThreadsWhileScraped) {
  Metrics metrics;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&metrics] {
        for (int i = 0; i < 500; ++i) metrics.counter("n_total", "N.", {{"i", std::to_string(i % 10)}}).add();
      });
    }
    for (int i = 0; i < 20; ++i) (void)metrics.expose();
  }
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(metrics.expose(), HasSubstr("n_total{i=\"" + std::to_string(i) + "\"} 200\n"));
  }
}

TEST(LabelLimit, LaterValuesAreOther) {
  LabelLimit limit(2);
  EXPECT_EQ(limit("a"), "a");
  EXPECT_EQ(limit("b"), "b");
  EXPECT_EQ(limit("c"), "other");
  EXPECT_EQ(limit("a"), "a");
  EXPECT_EQ(limit("c"), "other");
  LabelLimit none(0);
  EXPECT_EQ(none("a"), "other");
}

}  // namespace
}  // namespace relayna::telemetry
