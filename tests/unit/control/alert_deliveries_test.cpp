#include <gtest/gtest.h>

#include "control/alerts/deliveries.hpp"

namespace relayna::control {
namespace {

using namespace std::chrono_literals;

const core::SystemTime kNow = core::parse_rfc3339("2026-11-20T12:00:00Z").value();
const Alert kAlert{"key.expired", "key.expired:k", {{"key_id", "k"}}};

domain::AlertDelivery delivery() {
  domain::AlertWebhook webhook;
  webhook.id = "w";
  return new_delivery(webhook, kAlert, "d", kNow);
}

TEST(AlertDelivery, IsDueAtOnceAndSaysWhatHappened) {
  const auto made = delivery();
  EXPECT_EQ(made.webhook_id, "w");
  EXPECT_EQ(made.occasion, "key.expired:k");
  EXPECT_EQ(made.next_attempt_at, kNow);
  const auto payload = json::parse(made.payload).value();
  EXPECT_EQ(payload, (json::Document{{"id", "d"},
                                     {"event", "key.expired"},
                                     {"created_at", core::to_rfc3339(kNow)},
                                     {"data", {{"key_id", "k"}}}}));
}

TEST(AlertDelivery, IsSignedOverMomentAndBody) {
  const auto at = core::SystemTime(1'700'000'000s);
  // printf '1700000000.{}' | openssl dgst -sha256 -hmac secret
  EXPECT_EQ(sign(core::Secret("secret"), at, "{}"),
            "t=1700000000,v1=b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163");
  EXPECT_NE(sign(core::Secret("secret"), at, "{}"), sign(core::Secret("secret"), at, "{ }"));
  EXPECT_NE(sign(core::Secret("secret"), at, "{}"), sign(core::Secret("other"), at, "{}"));
}

TEST(AlertDelivery, IsTriedAgainEverMoreSeldomForADay) {
  auto made = delivery();
  auto now = kNow;
  std::vector<std::int64_t> waits;
  while (made.next_attempt_at) {
    now = *made.next_attempt_at;
    note_attempt(made, "status 500", now, 0);
    if (made.next_attempt_at)
      waits.push_back(std::chrono::duration_cast<std::chrono::seconds>(*made.next_attempt_at - now).count());
  }
  EXPECT_EQ(waits[0], 5);
  EXPECT_EQ(waits[1], 10);
  EXPECT_EQ(waits.back(), 3'600);
  EXPECT_GT(now, kNow + 22h);
  EXPECT_LE(now, kNow + 24h);
  EXPECT_EQ(status_of(made), "failed");
  EXPECT_EQ(made.last_error, "status 500");
}

TEST(AlertDelivery, JitterTakesUpToAQuarter) {
  auto made = delivery();
  note_attempt(made, "no", kNow, 1);
  EXPECT_EQ(made.next_attempt_at, kNow + 3'750ms);
  EXPECT_EQ(status_of(made), "pending");
}

TEST(AlertDelivery, EndsWhenItWasTaken) {
  auto made = delivery();
  note_attempt(made, "no", kNow, 0);
  note_attempt(made, {}, kNow + 5s, 0);
  EXPECT_EQ(made.attempts, 2);
  EXPECT_FALSE(made.next_attempt_at);
  EXPECT_EQ(made.delivered_at, kNow + 5s);
  EXPECT_TRUE(made.last_error.empty());
  EXPECT_EQ(status_of(made), "delivered");
}

TEST(AlertWebhook, WantsWhatItNamesOrEverything) {
  domain::AlertWebhook webhook;
  EXPECT_TRUE(wants(webhook, "key.expired"));
  EXPECT_FALSE(wants(webhook, "test"));
  webhook.events = {"replica.lost"};
  EXPECT_TRUE(wants(webhook, "replica.lost"));
  EXPECT_FALSE(wants(webhook, "key.expired"));
  webhook.enabled = false;
  EXPECT_FALSE(wants(webhook, "replica.lost"));
}

}  // namespace
}  // namespace relayna::control
