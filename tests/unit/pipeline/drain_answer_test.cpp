#include "pipeline/drain_answer.hpp"

#include <gtest/gtest.h>

#include "exchange_fixture.hpp"

namespace relayna::pipeline::test {
namespace {

const std::string kSays = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hello\"}}]}\n\n";
const std::string kUsage =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":50,\"completion_tokens\":7,\"total_tokens\":57}}\n\n"
    "data: [DONE]\n\n";

/// Says hello every second, `times` times, and then what it took; or breaks.
class Slow final : public http::BodySource {
 public:
  Slow(core::FakeClock& clock, int times, bool breaks, int* asked)
      : clock_(clock), times_(times), breaks_(breaks), asked_(asked) {}
  runtime::Task<core::Result<http::Chunk>> next() override {
    ++*asked_;
    clock_.advance(std::chrono::seconds(1));
    if (times_-- > 0) co_return http::Chunk{kSays, false};
    if (breaks_) co_return core::fail(core::ErrorCode::upstream_connection);
    co_return http::Chunk{kUsage, true};
  }

 private:
  core::FakeClock& clock_;
  int times_;
  bool breaks_;
  int* asked_;
};

class DrainAnswerTest : public ExchangeTest {
 protected:
  domain::UsageEvent drained(int times, bool breaks = false) {
    auto x = answered();
    x->key = key;
    x->stream = true;
    x->client_gone = true;
    auto held = loop.run(books.admit({.scopes = {}, .amounts = {.tokens = 450}}, x->event()));
    EXPECT_TRUE(held);
    x->reservation = std::move(*held);
    const auto metered = x->match.metered;
    loop.run(drain_answer({.exchange = std::move(x),
                           .upstream = std::make_unique<Slow>(clock, times, breaks, &asked),
                           .usage = dialect::UsageReader(metered, true)}));
    return stored();
  }
  int asked = 0;
};

TEST_F(DrainAnswerTest, ReadToItsEndTheUsageIsTheProvidersOwn) {
  const auto event = drained(3);
  EXPECT_EQ(event.usage_source, "reported");
  EXPECT_EQ(event.total_tokens, 57);
}

TEST_F(DrainAnswerTest, AnAnswerThatBreaksIsEstimated) {
  const auto event = drained(3, true);
  EXPECT_EQ(event.usage_source, "estimated");
  EXPECT_EQ(asked, 4);
}

TEST_F(DrainAnswerTest, NobodyPaysForMoreThanAMinuteOfIt) {
  const auto event = drained(1'000);
  EXPECT_EQ(event.usage_source, "estimated");
  EXPECT_EQ(asked, 60);
}

}  // namespace
}  // namespace relayna::pipeline::test
